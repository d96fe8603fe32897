"""What the name of an operation says about it, in the graphs of TensorFlow, TFLite and ONNX."""

from __future__ import annotations

import re

_RANDOM = re.compile(
    r"Random|RANDOM|RNG|Rng|Multinomial|MULTINOMIAL|Bernoulli|TruncatedNormal"
    r"|SampleDistortedBoundingBox|StatelessShuffle|^Stateful(Uniform|StandardNormal)"
)
_ASSIGNS = re.compile(
    r"^(Assign|ASSIGN|ResourceScatter|ResourceApply|Scatter(Update|Add|Sub|Mul|Div|Max|Min)$)"
)
_TEXT = re.compile(
    r"String|Regex|Utf8|Unicode|Base64|Substr|HASHTABLE|Hash(?!TableV2$)|InitializeTableFromText"
    r"|Decode(Raw|CSV|Image|Jpeg|Png)|ReadFile|WriteFile|^SKIP_GRAM$|TfIdf|LabelEncoder"
)
_TABLE = re.compile(r"LookupTable|HashTable|InitializeTable")
_PYTHON = re.compile(r"PyFunc|NumpyFunction")


def unwanted(operation: str) -> str | None:
    """Return why an operation has no place in an autoencoder that is served; None if it has.

    Example:
        >>> unwanted("StatelessRandomNormalV2")
        'it draws random numbers'
        >>> unwanted("MatMul") is None
        True
    """
    for pattern, why in (
        (_RANDOM, "it draws random numbers"),
        (_PYTHON, "it calls back into the Python process that made it"),
        (_TEXT, "it works on strings, files or lookup tables"),
        (_ASSIGNS, "it changes a variable, such as the state of a seed, at every call"),
    ):
        if pattern.search(operation):
            return why
    return None


def is_table(operation: str) -> bool:
    """Whether an operation looks numbers up in a table, which only TensorFlow has.

    Example:
        >>> is_table("LookupTableFindV2"), is_table("Gather")
        (True, False)
    """
    return bool(_TABLE.search(operation))
