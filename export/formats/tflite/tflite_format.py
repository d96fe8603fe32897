"""The row of TFLite."""

from __future__ import annotations

from keras_ae.export.formats.file_format import FileFormat
from keras_ae.export.formats.precisions import INT8_STATIC, PRECISIONS
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.formats.tflite.rules import TFLITE_RULES

_README = """## TFLite

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


class TFLiteFormat(FileFormat):
    """TFLite: a file an endpoint, and one with them all, run by LiteRT's interpreter."""

    name = "tflite"
    title = "TFLite"
    keras_name = "litert"
    scoring_place = 1
    kind = "a .tflite file"
    suffix = ".tflite"
    precisions = PRECISIONS
    converter = "keras_ae.export.formats.tflite.write"
    contents = "keras_ae.export.formats.tflite.contents"
    reader = "keras_ae.export.formats.tflite.tflite_reader:TFLiteReader"
    packages = (("ai_edge_litert", "ai-edge-litert"),)
    lacks = ("string", "uint64")
    rules = TFLITE_RULES
    leaves_float = "its converter leaves kernels under 1,024 numbers as they are in int8_dynamic"
    joins = True
    reserved = frozenset({"Interpreter", "file", "from_file", "interpreter", "run", "to_file"})

    def readme(self, snippet: Snippet) -> str:
        """Return the lines that run an endpoint in the interpreter, in real units."""
        argument, value = "{name}={array}", 'outputs["{}"]'
        quantized = INT8_STATIC in snippet.precisions
        if quantized:
            argument = '{name}=to_file({array}, run.get_input_details()["{name}"])'
            value = 'from_file(outputs["{0}"], run.get_output_details()["{0}"])'
        arguments = [
            argument.format(name=name, array=each) for name, each in snippet.inputs.items()
        ]
        return _README.format(
            endpoint=snippet.signature.name,
            inputs=snippet.load_inputs,
            quantization=_QUANTIZATION if quantized else "",
            files=snippet.listed_files,
            arguments=", ".join(arguments),
            outputs=snippet.unpack(value),
        )
