"""Casts of arrays that lose nothing: what a model or a file takes is what it was given."""

from __future__ import annotations

import numpy as np


def is_exact(array: np.ndarray, dtype: str) -> bool:
    """Whether an array's numbers can be had in another type.

    Integers must come out as the same integers. Floats may be rounded to a narrower float, as
    they are wherever data enter a model, but none may become infinite; and a float is never taken
    for an integer that it isn't.

    Example:
        >>> is_exact(np.array([3, 2**24]), "float32"), is_exact(np.array([2**24 + 1]), "float32")
        (True, False)
        >>> is_exact(np.array([0.1]), "float32"), is_exact(np.array([0.1]), "int32")
        (True, False)
    """
    target = np.dtype(dtype)
    # NumPy calls int64 to float64 safe, which it isn't: only a wider type of one kind is.
    if not array.size or (
        array.dtype.kind == target.kind and np.can_cast(array.dtype, target, "safe")
    ):
        return True
    with np.errstate(all="ignore"):
        cast = array.astype(target)
        if array.dtype.kind == "f" and target.kind == "f":
            return bool((np.isfinite(cast) == np.isfinite(array)).all())
        back = cast.astype(array.dtype)
    same_sign = (back < 0) == (array < 0)  # of an unsigned number beyond the signed range
    return bool(((back == array) & same_sign).all()) and _in_range(array, target)


def _in_range(array: np.ndarray, target: np.dtype) -> bool:
    """Whether integers lie in an integer type's range: a cast would wrap around, and back."""
    if target.kind not in "iu":
        return True
    limits = np.iinfo(target)
    return bool(array.min() >= limits.min and array.max() <= limits.max)


def extremes(array: np.ndarray) -> str:
    """Return the smallest and the largest number in words, for errors."""
    return f"{array.dtype} from {array.min()} to {array.max()}" if array.size else "nothing"
