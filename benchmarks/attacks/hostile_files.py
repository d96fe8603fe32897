"""Files that were damaged, or made to do harm, and what is asked to read them."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.attacks.hostile_bundles import changed_bundle, damaged_artifact, hostile_manifest
from benchmarks.attacks.mutations import mutated
from benchmarks.attacks.outcome import ACCEPTED, DEEP, REFUSED, outcome
from keras_ae import cli, datasets, estimators, plotting, training

SCRIPT = "<script>alert(1)</script>"
NAMES = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "$\\frac{1}{$",
    "a\nb",
    "%s %n {0}",
    "\u202egnp.exe",
    "&lt;b&gt;",
    "name" * 500,
)
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML = (
    LAUGHS,
    "epochs: !!float x\n",
    "epochs: !!python/object/apply:os.system [true]\n",
    "epochs: " + "[" * 3000 + "\n",
    "? {a: 1}\n: 2\n",
    "epochs: 1\nepochs: 2\n",
    "model: \x00\n",
    "<<: [*x]\n",
)


@functools.cache
def originals() -> Path:
    """Return a folder with one good file of each kind, made once in a process."""
    import keras_ae

    folder = Path(tempfile.mkdtemp())
    x = np.random.default_rng(0).uniform(0.1, 0.9, (40, 6)).astype("float32")
    model = keras_ae.create_model("autoencoder", (6,), 2, units=(3,), seed=0)
    model.compile("adam")
    model.save(folder / "model.keras")
    np.save(folder / "x.npy", x)
    np.savez_compressed(folder / "x.npz", x_train=x, y_train=np.arange(40) % 2)
    rows = "\n".join(",".join(f"{value:.4f}" for value in row) for row in x)
    (folder / "x.csv").write_text(f"a,b,c,d,e,f\n{rows}\n", "utf-8")
    (folder / "options.yaml").write_text("model: vae\nepochs: 3\nunits: [8, 4]\n", "utf-8")
    _picture(folder / "picture.png")
    detector = estimators.AnomalyDetector(members=1, steps=1, options={"units": (3,)})
    detector.fit(x).save(folder / "detector.kae")
    return folder


def _picture(path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.arange(64, dtype="uint8").reshape(8, 8)).save(path)


READERS: dict[str, Callable[[Path], Any]] = {
    "x.npz": datasets.load_dataset,
    "x.npy": datasets.load_dataset,
    "x.csv": datasets.load_dataset,
    "picture.png": lambda path: datasets.load_dataset(path.parent),
    "options.yaml": lambda path: training.TrainingConfig.from_options(training.read_options(path)),
    "detector.kae": estimators.AnomalyDetector.load,
}


def damaged_file(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with a damaged file of data, options or a detector."""
    name = chance.choice([*READERS])
    path = folder / name
    path.write_bytes(mutated((originals() / name).read_bytes(), chance))
    return name, *outcome(lambda: READERS[name](path))


def damaged_model(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack the command line with a damaged model, or damaged data."""
    name = chance.choice(("model.keras", "model.keras", "x.npy", "x.npz"))
    paths = {each: originals() / each for each in ("model.keras", "x.npy", "x.npz")}
    paths[name] = folder / name
    paths[name].write_bytes(mutated((originals() / name).read_bytes(), chance))
    data = paths["x.npy"] if name == "model.keras" else paths[name]
    command = ["reconstruct", str(paths["model.keras"]), "--data", str(data)]
    return f"reconstruct {name}", *command_line([*command, "--output", str(folder / "out.npz")])


def hostile_options(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with YAML that nests, has tags or characters that don't belong there."""
    content = chance.choice(YAML)
    if chance.random() < 0.5:
        content = content[: chance.randrange(len(content))]
    path = folder / "options.yaml"
    path.write_text(content, "utf-8")
    return "hostile options", *outcome(lambda: READERS["options.yaml"](path))


def not_a_file(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with a pipe, a folder, a link to itself or nothing in the place of a file."""
    name = chance.choice([*READERS, "model.keras"])
    path = folder / name
    kind = chance.choice(("pipe", "folder", "loop", "nothing", "empty"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "empty":
        path.touch()
    if name == "model.keras":
        command = ["reconstruct", str(path), "--data", str(originals() / "x.npy")]
        return f"{kind} {name}", *command_line([*command, "--output", str(folder / "o.npz")])
    what, text = outcome(lambda: READERS[name](path))
    empty = kind == "empty" and name == "options.yaml"  # no options: the defaults
    return f"{kind} {name}", (DEEP if what == ACCEPTED and not empty else what), text


def bomb(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with a small zip file that unpacks to gigabytes."""
    name, member = chance.choice(
        (("x.npz", "x.npy"), ("detector.kae", "detector.json"), ("model.keras", "config.json"))
    )
    path = folder / name
    path.write_bytes(_bomb(member))
    if name == "model.keras":
        command = ["reconstruct", str(path), "--data", str(originals() / "x.npy")]
        what, text = command_line([*command, "--output", str(folder / "o.npz")])
    else:
        what, text = outcome(lambda: READERS[name](path))
    return f"bomb {name}", (what if "unpacked" in text else DEEP), text


@functools.cache
def _bomb(member: str) -> bytes:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(member, "w", force_zip64=True) as file,
    ):
        for _ in range(1200):
            file.write(bytes(2**20))
    return content.getvalue()


def hostile_names(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack a report with names that are markup, templates or formulas."""
    first, second = chance.sample(NAMES, 2)

    def report() -> None:
        latent = np.random.default_rng(0).normal(size=(8, 2))
        figure = plotting.latent_map(latent, labels=[first, second] * 4, title=first)
        section = plotting.ReportSection(
            first,
            second,
            [plotting.ReportPicture(figure, first, second)],
            [plotting.ReportTable((first, second), [(second, first)], caption=first)],
            code=first,
        )
        page = plotting.write_report(
            folder / "page.html", second, [section], first, [(first, second, first)]
        )
        text = page.read_text("utf-8")
        for markup in (SCRIPT, "<img src=x", "<b>"):
            if markup in text:
                raise AssertionError(f"{markup} is markup on the page")

    return f"names {first[:20]!r}, {second[:20]!r}", *outcome(report)


def command_line(arguments: list[str]) -> tuple[str, str]:
    """Run a command; it is refused if it ends with code 2 or 1 and one line that tells why."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    lines = [line for line in err.getvalue().splitlines() if line.startswith("keras-ae: ")]
    text = " ".join(err.getvalue().split())
    if code == 0:
        return ACCEPTED, ""
    clear = len(lines) == 1 and "KERAS_AE_TRACEBACK" not in text and "Traceback" not in text
    return (REFUSED if clear else DEEP), text


ATTACKS = (
    *[damaged_file] * 8,
    *[damaged_model] * 2,
    hostile_options,
    not_a_file,
    bomb,
    *[changed_bundle] * 2,
    *[hostile_manifest] * 2,
    *[damaged_artifact] * 2,
    hostile_names,
)


def attack(seed: int, index: int) -> tuple[str, str, str, str]:
    """Make one attack; return its kind, the case, what came of it and the error's text."""
    chance = random.Random(f"{seed} {index}")
    kind = ATTACKS[index % len(ATTACKS)]
    folder = Path(tempfile.mkdtemp())
    try:
        return kind.__name__, *kind(chance, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
