"""Bundles that were changed, and files that a runtime should not open."""

from __future__ import annotations

import functools
import json
import os
import random
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np

from benchmarks.attacks.mutations import mutated
from benchmarks.attacks.outcome import ACCEPTED, DEEP, REFUSED, ROOT, outcome
from keras_ae import export
from keras_ae.export.bundle import manifest

BUNDLE = ROOT / "saved_models" / "reference"
FORMATS = ("onnx", "tflite", "saved_model")


def changed_bundle(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with a bundle in which one file was changed, or is a link or a pipe."""
    bundle = folder / "bundle"
    shutil.copytree(BUNDLE, bundle)
    files = [path for path in sorted(bundle.rglob("*")) if path.is_file()]
    path = chance.choice(files)
    before = path.read_bytes()
    kind = chance.choice(("damage", "damage", "damage", "link", "pipe", "absent", "extra"))
    if kind == "damage":
        path.write_bytes(mutated(before, chance))
        if path.read_bytes() == before:
            return "bundle as it was", ACCEPTED, ""
    elif kind == "extra":
        path.with_name(path.name + ".more").write_bytes(b"")
    else:
        path.unlink()
        if kind == "link":
            outside = folder / "outside"
            outside.write_bytes(before[:-1])
            path.symlink_to(chance.choice((outside, folder, path, "/dev/zero")))
        elif kind == "pipe":
            os.mkfifo(path)
    case = f"{kind} {path.relative_to(bundle)}"
    lines: list[str] = []
    what, text = outcome(lambda: lines.extend(_changed(bundle)))
    if what == ACCEPTED:
        what, text = (REFUSED, lines[0]) if lines else (DEEP, "accepted, though it was changed")
    opened = path.relative_to(bundle).parts[0]
    if what == REFUSED and kind in ("damage", "link", "pipe") and opened in FORMATS:
        what, text = outcome(lambda: _use(bundle, opened))
        if what == ACCEPTED and path.stem != "model" and path.is_file():
            what, text = DEEP, "opened, though it was changed"
    return case, what, text


def _changed(bundle: Path) -> list[str]:
    return manifest.changed_files(bundle, manifest.read_manifest(bundle))


def _use(bundle: Path, name: str) -> None:
    with export.load_artifact(bundle, format=name) as artifact:
        for endpoint in artifact.endpoints:
            artifact.signatures[endpoint]


def hostile_manifest(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack with a manifest that agrees with its own checksum and points elsewhere."""
    bundle = folder / "bundle"
    bundle.mkdir()
    record = json.loads((BUNDLE / "manifest.json").read_text("utf-8"))
    record.pop("sha256")
    place = chance.choice(("/etc/hostname", "../outside", "onnx/../../outside", "C:\\x", "a\0b"))
    kind = chance.choice(("file", "artifact", "absent", "type", "deep"))
    if kind == "file":
        record["files"][place] = {"size": 1, "sha256": "0" * 64}
    elif kind == "artifact":
        record["artifacts"][0]["path"] = place
    elif kind == "absent":
        record.pop(chance.choice(("files", "artifacts", "endpoints", "batch", "threshold")))
    elif kind == "type":
        key = chance.choice(("files", "artifacts", "endpoints"))
        record[key] = chance.choice((None, 1, "text", [1], {"a": 1}, [{}]))
    text = manifest._text({**record, "sha256": manifest._own_checksum(record)})
    if kind == "deep":
        text = "[" * 100_000
    (bundle / "manifest.json").write_text(text, "utf-8")
    what, text = outcome(lambda: export.verify(bundle))
    return f"manifest: {kind} {place!r}", (DEEP if what == ACCEPTED else what), text


@functools.cache
def originals() -> Path:
    """Return a folder with a lone artifact of each format, made once in a process."""
    folder = Path(tempfile.mkdtemp())
    for name in ("onnx/encode.onnx", "tflite/encode.tflite"):
        shutil.copy(BUNDLE / name, folder)
    shutil.copytree(BUNDLE / "saved_model" / "1", folder / "1")
    export.export_model(
        keras.models.load_model(BUNDLE / "model.keras"),
        folder / "bundle",
        formats=("openvino",),
        endpoints=("encode",),
        sample_data=np.zeros((4, 28, 28, 1), "float32"),
        verbose=False,
    )
    for name in ("encode.xml", "encode.bin"):
        (folder / "bundle" / "openvino" / name).rename(folder / name)
    shutil.rmtree(folder / "bundle")
    return folder


# File to damage: what is then opened.
ARTIFACTS = {
    "encode.onnx": "encode.onnx",
    "encode.tflite": "encode.tflite",
    "encode.xml": "encode.xml",
    "encode.bin": "encode.xml",
    "1/saved_model.pb": "1",
    "1/variables/variables.index": "1",
    "1/variables/variables.data-00000-of-00001": "1",
}


def damaged_artifact(chance: random.Random, folder: Path) -> tuple[str, str, str]:
    """Attack a runtime with a damaged file that no manifest lists."""
    name = chance.choice([*ARTIFACTS])
    shutil.copytree(originals(), folder, dirs_exist_ok=True)
    (folder / name).write_bytes(mutated((originals() / name).read_bytes(), chance))

    def use() -> None:
        with export.load_artifact(folder / ARTIFACTS[name]) as artifact:
            artifact.run("encode", x=np.zeros((1, 28, 28, 1), "float32"))

    return name, *outcome(use)
