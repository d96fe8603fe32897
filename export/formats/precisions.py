"""The precisions that artifacts are written in."""

FLOAT32, FLOAT16, INT8_DYNAMIC, INT8_STATIC = "float32", "float16", "int8_dynamic", "int8_static"
INT8 = (INT8_DYNAMIC, INT8_STATIC)
PRECISIONS = (FLOAT32, FLOAT16, *INT8)


def is_int8(precision: str) -> bool:
    """Whether artifacts of a precision are judged by what they lose, not by each number."""
    return precision in INT8
