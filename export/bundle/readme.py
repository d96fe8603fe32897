"""The README of a bundle: what is in it, and lines that run each kind of file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.bundle.report import ArtifactReport
from keras_ae.export.formats import FORMATS
from keras_ae.export.formats.format import Format
from keras_ae.export.formats.precisions import FLOAT32
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.signature import Signature


def write_readme(directory: Path, build: Any, reports: Sequence[ArtifactReport]) -> None:
    """Write README.md beside the artifacts."""
    endpoints = [each.signature for each in build.endpoints.values()]
    whole = Snippet(build.name, endpoints[0])
    lines = [
        f"# {build.name}",
        "",
        "Files that were opened in their own runtimes and compared with the model that was "
        "trained.",
        "`keras-ae verify .` proves them again, on any machine.",
        "",
        "| endpoint | takes | returns |",
        "|---|---|---|",
        *(
            f"| `{each.name}` | {'; '.join(t.text for t in each.inputs)} "
            f"| {'; '.join(t.text for t in each.outputs)} |"
            for each in endpoints
        ),
        "",
        "| file | precision | bytes | error or loss |",
        "|---|---|---|---|",
        *(_row(each) for each in reports),
        "",
        "Any of them, from Python, in real units also where a file holds int8:",
        "",
        "```python",
        "import numpy",
        "from keras_ae.export import load_artifact",
        "",
        whole.load_inputs,
        f'artifact = load_artifact(".", format="{reports[0].format}"{_precision(reports[0])})',
        _call(whole),
        "```",
        "",
    ]
    lines += [
        FORMATS[name].readme(_snippet(FORMATS[name], build.name, endpoints[0], reports))
        for name in dict.fromkeys(each.format for each in reports)
    ]
    Path(directory, "README.md").write_text("\n".join(lines), "utf-8")


def _snippet(
    format: Format, name: str, signature: Signature, reports: Sequence[ArtifactReport]
) -> Snippet:
    """Return what a format's section is made of: the files that hold the endpoint alone."""
    mine = [each for each in reports if each.format == format.name]
    return Snippet(
        model=name,
        signature=signature,
        files=tuple(each.path for each in mine if each.endpoints == (signature.name,)),
        precisions=tuple(dict.fromkeys(each.precision for each in mine)),
        reserved=format.reserved,
    )


def _call(snippet: Snippet) -> str:
    call = f"artifact.{snippet.signature.name}({', '.join(snippet.inputs.values())})"
    if len(snippet.outputs) == 1:
        return f"{next(iter(snippet.outputs.values()))} = {call}"
    return f"outputs = {call}\n{snippet.unpack('outputs.{}')}"


def _precision(report: ArtifactReport) -> str:
    return "" if report.precision == FLOAT32 else f', precision="{report.precision}"'


def _row(report: ArtifactReport) -> str:
    found = report.found if report.quality else f"{report.found} at most"
    return f"| `{report.path}` | {report.precision} | {report.size:,} | {found} |"
