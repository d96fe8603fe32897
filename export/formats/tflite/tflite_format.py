"""The row of TFLite."""

from __future__ import annotations

from keras_ae.export.formats.file_format import FileFormat
from keras_ae.export.formats.precisions import PRECISIONS
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.formats.tflite.rules import TFLITE_RULES


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
        """Return the lines that run an endpoint in the interpreter."""
        from keras_ae.export.formats.tflite.readme import tflite_readme

        return tflite_readme(snippet)
