"""Open pages in headless Chromium and fail on whatever a reader would complain about.

    python -m tests.browser.check_pages saved_models/mnist_vae/report.html

At 400 and 1400 px width, light and dark: no error on the console, nothing asked of the network,
every image loaded, whole and described, no horizontal overflow, text that is large enough and
stands out from its ground. Then the same, as the page is printed. `--screenshots DIRECTORY` keeps
what was seen.

Where there is no Chromium it is installed if that is possible (apt, as root); else this fails.
Before the pages it opens one with every fault, and fails unless it finds them all.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.browser.chromium import BrowserError, Chromium, find_chromium

WIDTHS = (400, 1400)
SCHEMES = ("light", "dark")
PAPER = 700  # px between the margins of A4
FACTS = Path(__file__).with_name("page_facts.js")
COMPLAINTS = {
    "broken": "an image that did not load",
    "stretched": "an image out of proportion",
    "tiny": "an image that is too small to read",
    "silent": "an image without alt text",
    "overflow": "horizontal overflow",
    "outside": "something outside the window",
    "clipped": "a table or code that must be scrolled on a wide screen",
    "small": "text below 12 px",
    "faint": "text with a contrast below 4.5:1",
}
FAULTY = """<!doctype html><title>Faults</title>
<style>body { margin: 0; background: #fff; } div { width: 2000px; }</style>
<img src="data:image/png;base64,AAAA"><img src="https://192.0.2.1/picture.png" alt="elsewhere">
<img width="20" height="90" alt="stretched" src="data:image/svg+xml,
%3Csvg xmlns='http://www.w3.org/2000/svg' width='900' height='90'/%3E">
<div>wide</div>
<pre style="overflow-x: auto; width: 50px">much too wide for it</pre>
<p style="font-size: 7px">small</p><p style="color: #ccc">faint</p>
<script>console.error("on purpose"); throw new Error("on purpose");</script>
"""


def main() -> int:
    """Check the pages that are named on the command line; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("pages", nargs="+", type=Path)
    options.add_argument("--screenshots", type=Path, help="directory for a PNG of each view")
    given = options.parse_args()
    if given.screenshots is not None:
        given.screenshots.mkdir(parents=True, exist_ok=True)
    try:
        with Chromium(_program()) as browser:
            _check_the_check(browser)
            found = []
            for page in given.pages:
                found += check_page(browser, page, given.screenshots)
    except BrowserError as error:
        found = [str(error)]
    for line in found:
        _say(line)
    views = len(WIDTHS) * len(SCHEMES)
    _say(f"{len(given.pages)} pages, {views} views each: {len(found)} complaints")
    return 1 if found else 0


def check_page(browser: Chromium, page: Path, screenshots: Path | None = None) -> list[str]:
    """Return a line for each complaint about a page."""
    found, sources = [], {}
    for width in WIDTHS:
        for scheme in SCHEMES:
            browser.show_as(width, scheme)
            events, facts = _opened(browser, page)
            sources[scheme] = facts["sources"]
            lines = [*_complaints(facts, scheme), *_events(events)]
            found += [f"{page.name}, {width} px, {scheme}: {line}" for line in lines]
            if screenshots is not None:
                browser.screenshot(screenshots / f"{page.stem}_{width}_{scheme}.png")
    if facts["images"] and set(sources["light"]) & set(sources["dark"]):
        found.append(f"{page.name}: an image is the same, light and dark")
    browser.show_as(PAPER, "dark", media="print")
    _, facts = _opened(browser, page)
    found += [f"{page.name}, printed: {line}" for line in _complaints(facts, "light")]
    return found


def _opened(browser: Chromium, page: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    events = browser.open(page.resolve().as_uri())
    return events, browser.evaluate(FACTS.read_text("utf-8"))


def _complaints(facts: dict[str, Any], scheme: str) -> Iterator[str]:
    for kind, words in COMPLAINTS.items():
        for what in facts[kind][:5]:
            yield f"{words}: {what}"
    dark = facts["ground"] < 0.2
    if dark != (scheme == "dark"):
        yield f"the ground is {'dark' if dark else 'light'}"


def _events(events: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what the console and the network log tell."""
    for event in events:
        about = event["params"]
        if event["method"] == "Runtime.exceptionThrown":
            yield f"an exception: {about['exceptionDetails']['text']}"
        elif event["method"] == "Log.entryAdded" and about["entry"]["level"] == "error":
            yield f"an error: {about['entry']['text']}"
        elif event["method"] == "Runtime.consoleAPICalled" and about["type"] == "error":
            yield f"an error on the console: {about['args'][0].get('value')}"
        elif event["method"] == "Network.requestWillBeSent":
            address = about["request"]["url"]
            if not address.startswith(("file:", "data:", "about:")):
                yield f"something from outside: {address}"


def _check_the_check(browser: Chromium) -> None:
    """Raise unless each kind of complaint is made about a page that deserves it."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "faulty.html")
        page.write_text(FAULTY, "utf-8")
        said = "\n".join(check_page(browser, page))
    others = ("an exception", "on the console", "from outside", "the ground is", "is the same")
    expected = (*COMPLAINTS.values(), *others)
    missing = [words for words in expected if words not in said]
    if missing:
        raise BrowserError(f"the check misses what is wrong: {', '.join(missing)}")


def _program() -> str:
    program = find_chromium()
    if program is None and hasattr(os, "geteuid") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ("update -qq", "install -y -qq --no-install-recommends chromium"):
            try:
                subprocess.run(["apt-get", *command.split()], env=quiet, check=True, timeout=170)
            except (OSError, subprocess.SubprocessError) as error:
                words = f"Chromium is missing and can't be installed: {error}"
                raise BrowserError(words) from error
        program = find_chromium()
    if program is None:
        raise BrowserError("Chromium is missing: install the package `chromium`")
    return program


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
