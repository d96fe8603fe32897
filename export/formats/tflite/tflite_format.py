"""The row of TFLite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from keras_ae.export.formats.file_format import FileFormat
from keras_ae.export.formats.format import Place
from keras_ae.export.formats.precisions import PRECISIONS
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.formats.tflite.rules import TFLITE_RULES
from keras_ae.export.formats.weight import Weight


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
    reader = "keras_ae.export.formats.tflite.tflite_reader:TFLiteReader"
    packages = (("ai_edge_litert", "ai-edge-litert"),)
    lacks = ("string", "uint64")
    rules = TFLITE_RULES
    leaves_float = "its converter leaves kernels under 1,024 numbers as they are in int8_dynamic"
    joins = True
    reserved = frozenset({"Interpreter", "file", "from_file", "interpreter", "run", "to_file"})

    def operations(self, path: Place) -> Counter[str]:
        """Count the operations of all subgraphs: `CONV_2D` or, custom ones, `FlexErf`."""
        from keras_ae.export.formats.tflite.operations import tflite_operations

        return tflite_operations(path)

    def forbids(self, operation: str, precision: str) -> str | None:
        """Return why an operation must not be there: no stock interpreter runs it."""
        from keras_ae.export.formats.tflite.operations import forbidden_in_tflite

        del precision
        return forbidden_in_tflite(operation)

    def weights(self, path: Place) -> Iterator[Weight]:
        """Yield what products multiply with, and other stored matrices."""
        from keras_ae.export.formats.tflite.weights import tflite_weights

        return tflite_weights(path)

    def products(self, path: Place) -> Iterator[bool]:
        """Yield for each product whether its kernel is int8 and goes to it directly."""
        from keras_ae.export.formats.tflite.weights import tflite_products

        return tflite_products(path)

    def readme(self, snippet: Snippet) -> str:
        """Return the lines that run an endpoint in the interpreter."""
        from keras_ae.export.formats.tflite.readme import tflite_readme

        return tflite_readme(snippet)
