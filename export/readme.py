"""The README of a bundle: what is in it, and five lines that run each kind of file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.formats import FLOAT32, FORMATS
from keras_ae.export.report import ArtifactReport

_SAVED_MODEL = """## SavedModel

For TensorFlow Serving, with the kit in `serving/`:

```bash
docker compose -f serving/docker-compose.yml up
curl -d @serving/rest/{endpoint}.row.json http://localhost:8501/v1/models/{name}:predict
```
"""

_TFLITE = """## TFLite

```python
import numpy
from ai_edge_litert.interpreter import Interpreter

{inputs}
interpreter = Interpreter("{file}")
run = interpreter.get_signature_runner("{endpoint}")
{output} = run({arguments})["{output}"]
```
"""

_ONNX = """## ONNX

```python
import numpy
import onnxruntime

{inputs}
session = onnxruntime.InferenceSession("{file}")
({output},) = session.run(["{output}"], {feeds})
```
"""

_SNIPPETS = {"saved_model": _SAVED_MODEL, "tflite": _TFLITE, "onnx": _ONNX}


def write_readme(directory: Path, build: Any, reports: Sequence[ArtifactReport]) -> None:
    """Write README.md beside the artifacts."""
    endpoints = [each.signature for each in build.endpoints.values()]
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
        _inputs(endpoints[0]),
        f'artifact = load_artifact(".", format="{reports[0].format}"{_precision(reports[0])})',
        _call(endpoints[0]),
        "```",
        "",
    ]
    first = endpoints[0]
    names = [tensor.name for tensor in first.inputs]
    for kind in dict.fromkeys(each.format for each in reports):
        precision = next(each.precision for each in reports if each.format == kind)
        lines.append(
            _SNIPPETS[kind].format(
                name=build.name,
                endpoint=first.name,
                output=first.outputs[0].name,
                inputs=_inputs(first),
                file=FORMATS[kind].file_name(first.name, precision),
                arguments=", ".join(f"{name}={name}" for name in names),
                feeds="{" + ", ".join(f'"{name}": {name}' for name in names) + "}",
            )
        )
    Path(directory, "README.md").write_text("\n".join(lines), "utf-8")


def _call(signature: Any) -> str:
    arguments = ", ".join(tensor.name for tensor in signature.inputs)
    return f"{signature.outputs[0].name} = artifact.{signature.name}({arguments})"


def _inputs(signature: Any) -> str:
    """Return the line that takes the endpoint's inputs from the golden vectors."""
    names = [tensor.name for tensor in signature.inputs]
    loads = [f'golden["sample/inputs/{name}"]' for name in names]
    return f'golden = numpy.load("golden.npz")\n{", ".join(names)} = {", ".join(loads)}'


def _precision(report: ArtifactReport) -> str:
    return "" if report.precision == FLOAT32 else f', precision="{report.precision}"'


def _row(report: ArtifactReport) -> str:
    found = report.found if report.quality else f"{report.found} at most"
    return f"| `{report.path}` | {report.precision} | {report.size:,} | {found} |"
