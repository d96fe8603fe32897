"""The row of ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from keras_ae import _checks
from keras_ae.export.formats.file_format import FileFormat
from keras_ae.export.formats.format import Place
from keras_ae.export.formats.onnx.rules import ONNX_RULES
from keras_ae.export.formats.precisions import FLOAT16, PRECISIONS
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.formats.tolerance import OF_FLOAT16, Tolerance

# Below 11 tf2onnx has neither resizing nor layer normalization as Keras means them; above 18 it
# has nothing.
LOWEST_OPSET, HIGHEST_OPSET = 11, 18
_README = """## ONNX

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


class OnnxFormat(FileFormat):
    """ONNX: a file an endpoint, run by ONNX Runtime."""

    name = "onnx"
    title = "ONNX"
    keras_name = "onnx"
    scoring_place = 0
    kind = "an .onnx file"
    suffix = ".onnx"
    precisions = PRECISIONS
    options: ClassVar[Mapping[str, Any]] = {"opset": HIGHEST_OPSET}
    converter = "keras_ae.export.formats.onnx.write"
    contents = "keras_ae.export.formats.onnx.contents"
    reader = "keras_ae.export.formats.onnx.onnx_reader:OnnxReader"
    packages = (("tf2onnx", "tf2onnx"), ("onnx", "onnx"), ("onnxruntime", "onnxruntime"))
    lacks = ("string", "complex64", "complex128")
    rules = ONNX_RULES
    tolerances: ClassVar[Mapping[str, Tolerance]] = {FLOAT16: replace(OF_FLOAT16, of_spread=2e-3)}
    reserved = frozenset({"file", "names", "onnxruntime", "session"})

    def wrong_option(self, options: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the opset.

        Raises:
            TypeError: It is not an integer.
        """
        opset = options.get("opset", HIGHEST_OPSET)
        if LOWEST_OPSET <= _checks.integer("opset", opset) <= HIGHEST_OPSET:
            return None
        return (
            f"`opset` must be an integer >= {LOWEST_OPSET} and <= {HIGHEST_OPSET}, which is what "
            f"tf2onnx converts right. Received: opset={opset}"
        )

    def facts(self, path: Place) -> dict[str, Any]:
        """Return the versions that a file is of."""
        import onnx

        model = onnx.load(str(path))
        opset = next(each.version for each in model.opset_import if not each.domain)
        return {"opset": int(opset), "ir_version": int(model.ir_version)}

    def readme(self, snippet: Snippet) -> str:
        """Return the lines that run an endpoint in ONNX Runtime."""
        feeds = ", ".join(f'"{name}": {array}' for name, array in snippet.inputs.items())
        return _README.format(
            inputs=snippet.load_inputs,
            names=", ".join(f'"{name}"' for name in snippet.outputs),
            files=snippet.listed_files,
            feeds="{" + feeds + "}",
            outputs=snippet.unpack(),
        )
