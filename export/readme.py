"""The README of a bundle: what is in it, and lines that run each kind of file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.formats import FLOAT32, FORMATS, INT8_STATIC
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
{quantization}for file in ({files}):
    interpreter = Interpreter(file)
    run = interpreter.get_signature_runner("{endpoint}")
    outputs = run({arguments})
    {outputs}
```
"""

# What int8_static files take and return where nothing but int8 operations reads or makes it.
_QUANTIZATION = """
def to_file(array, tensor):
    scale, zero_point = tensor["quantization"]
    if not scale:
        return array
    limits = numpy.iinfo(tensor["dtype"])
    steps = numpy.rint(array / scale) + zero_point
    return numpy.clip(steps, limits.min, limits.max).astype(tensor["dtype"])


def from_file(array, tensor):
    scale, zero_point = tensor["quantization"]
    return scale * (array.astype("float32") - zero_point) if scale else array


"""

_ONNX = """## ONNX

```python
import numpy
import onnxruntime

{inputs}
names = [{names}]
for file in ({files}):
    session = onnxruntime.InferenceSession(file)
    outputs = dict(zip(names, session.run(names, {feeds})))
    {outputs}
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
    lines += [
        _snippet(kind, build.name, endpoints[0], [each for each in reports if each.format == kind])
        for kind in dict.fromkeys(each.format for each in reports)
    ]
    Path(directory, "README.md").write_text("\n".join(lines), "utf-8")


# What the snippets call things of their own.
_TAKEN = {"Interpreter", "artifact", "file", "from_file", "golden", "interpreter", "load_artifact"}
_TAKEN |= {"names", "numpy", "onnxruntime", "outputs", "run", "session", "to_file"}


def _variables(tensors: Sequence[Any]) -> list[str]:
    """Return what each tensor is called in a snippet: its name, where that is free."""
    return [f"{each.name}_array" if each.name in _TAKEN else each.name for each in tensors]


def _snippet(kind: str, name: str, signature: Any, reports: Sequence[ArtifactReport]) -> str:
    """Return the lines that run an endpoint in every precision of a format."""
    precisions = list(dict.fromkeys(each.precision for each in reports))
    files = [FORMATS[kind].file_name(signature.name, precision) for precision in precisions]
    inputs = [tensor.name for tensor in signature.inputs]
    outputs = [tensor.name for tensor in signature.outputs]
    arrays = dict(zip(inputs, _variables(signature.inputs), strict=True))
    arguments = [f"{each}={array}" for each, array in arrays.items()]
    values = [f'outputs["{each}"]' for each in outputs]
    quantized = kind == "tflite" and INT8_STATIC in precisions
    if quantized:
        takes, gives = "run.get_input_details()", "run.get_output_details()"
        arguments = [
            f'{each}=to_file({array}, {takes}["{each}"])' for each, array in arrays.items()
        ]
        values = [
            f'from_file({value}, {gives}["{each}"])'
            for each, value in zip(outputs, values, strict=True)
        ]
    return _SNIPPETS[kind].format(
        name=name,
        endpoint=signature.name,
        inputs=_inputs(signature),
        quantization=_QUANTIZATION if quantized else "",
        files=", ".join(f'"{file}"' for file in files) + ",",
        arguments=", ".join(arguments),
        names=", ".join(f'"{each}"' for each in outputs),
        feeds="{" + ", ".join(f'"{each}": {array}' for each, array in arrays.items()) + "}",
        outputs=f"{', '.join(_variables(signature.outputs))} = {', '.join(values)}",
    )


def _call(signature: Any) -> str:
    call = f"artifact.{signature.name}({', '.join(_variables(signature.inputs))})"
    variables = ", ".join(_variables(signature.outputs))
    if len(signature.outputs) == 1:
        return f"{variables} = {call}"
    values = ", ".join(f"outputs.{tensor.name}" for tensor in signature.outputs)
    return f"outputs = {call}\n{variables} = {values}"


def _inputs(signature: Any) -> str:
    """Return the lines that take the endpoint's inputs from the golden vectors."""
    loads = [f'golden["sample/inputs/{tensor.name}"]' for tensor in signature.inputs]
    taken = f"{', '.join(_variables(signature.inputs))} = {', '.join(loads)}"
    return f'with numpy.load("golden.npz") as golden:\n    {taken}'


def _precision(report: ArtifactReport) -> str:
    return "" if report.precision == FLOAT32 else f', precision="{report.precision}"'


def _row(report: ArtifactReport) -> str:
    found = report.found if report.quality else f"{report.found} at most"
    return f"| `{report.path}` | {report.precision} | {report.size:,} | {found} |"
