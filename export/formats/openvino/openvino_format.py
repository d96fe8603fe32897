"""The row of OpenVINO."""

from __future__ import annotations

from pathlib import Path

from keras_ae.export.formats.file_format import FileFormat
from keras_ae.export.formats.openvino.rules import OPENVINO_RULES
from keras_ae.export.formats.precisions import FLOAT16, FLOAT32, INT8_STATIC
from keras_ae.export.formats.snippet import Snippet

_README = """## OpenVINO

```python
import numpy
import openvino

{inputs}
core = openvino.Core()
for file in ({files}):
    # Some processors compute in bfloat16 unless they are told not to.
    compiled = core.compile_model(file, "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})
    outputs = compiled({feeds})
    {outputs}
```
"""


class OpenVINOFormat(FileFormat):
    """OpenVINO's intermediate representation: an .xml and a .bin an endpoint, run on the CPU.

    The graph is in the .xml, the weights are in the .bin of the same name.
    """

    name = "openvino"
    title = "OpenVINO"
    keras_name = "openvino"
    kind = "an .xml file with its .bin"
    suffix = ".xml"
    by_default = False
    precisions = (FLOAT32, FLOAT16, INT8_STATIC)
    converter = "keras_ae.export.formats.openvino.write"
    contents = "keras_ae.export.formats.openvino.graph"
    reader = "keras_ae.export.formats.openvino.openvino_reader:OpenVINOReader"
    packages = (("openvino", "openvino"),)
    extra = "openvino"
    quantizers = (("nncf", "nncf", "openvino-int8"),)
    lacks = ("string", "complex64", "complex128", "uint64")
    rules = OPENVINO_RULES
    harmless = frozenset({"ScatterUpdate"})  # of a copy, not of a variable
    reserved = frozenset({"compiled", "core", "file", "openvino"})

    def side_files(self, path: Path) -> tuple[Path, ...]:
        """Return the file of the weights."""
        return (path.with_suffix(".bin"),)

    def readme(self, snippet: Snippet) -> str:
        """Return the lines that run an endpoint in OpenVINO."""
        feeds = ", ".join(f'"{name}": {array}' for name, array in snippet.inputs.items())
        return _README.format(
            inputs=snippet.load_inputs,
            files=snippet.listed_files,
            feeds="{" + feeds + "}",
            outputs=snippet.unpack(),
        )
