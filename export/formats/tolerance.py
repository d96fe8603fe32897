"""How far an artifact's outputs may be from the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.export.formats.precisions import FLOAT16, FLOAT32


@dataclass(frozen=True)
class Tolerance:
    """What each number of an output is allowed.

        |received - expected| <= absolute + relative * |expected| + of_spread * spread

    `spread` is the largest minus the smallest finite value of the output over all that it is
    compared on: Keras' own float32 misses a bound that knows single values only, where a network
    computes in [0, 1] and its last layer multiplies by 255.

    Args:
        absolute: Float >= 0.
        relative: Float >= 0.
        of_spread: Float >= 0.
        share: Float from 0 to 1. Of integers and truth values that come from floats, how many may
            differ: where two numbers are all but equal, either place of the largest is right. One
            may always differ.
    """

    absolute: float = 1e-5
    relative: float = 1e-4
    of_spread: float = 1e-5
    share: float = 1e-4

    def allowed(self, truth: np.ndarray, spread: float) -> np.ndarray:
        """Return what each of the expected numbers is allowed."""
        return self.absolute + self.relative * np.abs(truth) + self.of_spread * spread


OF_FLOAT16 = Tolerance(relative=0.0, of_spread=1e-3, share=0.01)
# int8 on another machine, from what was recorded.
_RECORDED = Tolerance(relative=0.0, of_spread=0.02, share=0.05)
_EVERYBODY_S = {FLOAT32: Tolerance(), FLOAT16: OF_FLOAT16}
_NAMES = [field.name for field in fields(Tolerance)]
Given = Mapping[str, Mapping[str, float]]


def tolerance_of(
    precision: str, own: Mapping[str, Tolerance], given: Given | None = None
) -> Tolerance:
    """Return what an artifact's outputs are allowed.

    Args:
        precision: String; of int8 it is what they are allowed on another machine.
        own: Dict from precision to a format's own tolerance, where it has one.
        given: The user's own, dict from precision to dict from name to number, or None.

    Example:
        >>> tolerance_of("float32", {}, {"float32": {"absolute": 0.1}}).absolute
        0.1
    """
    found = own.get(precision, _EVERYBODY_S.get(precision, _RECORDED))
    return replace(found, **(given or {}).get(precision, {}))


def read_tolerances(tolerances: Any) -> dict[str, dict[str, float]]:
    """Return the user's tolerances, checked.

    Raises:
        TypeError: It isn't a dict of dicts of numbers, or None.
        ValueError: There is no such precision or name, or a number is out of range.
    """
    if tolerances is None:
        return {}
    expected = "a dict such as {'float32': {'absolute': 1e-4}} or None"
    _checks.instance("tolerances", tolerances, Mapping, expected)
    found: dict[str, dict[str, float]] = {}
    for precision, given in tolerances.items():
        if precision not in (FLOAT32, FLOAT16):
            raise ValueError(
                f"`tolerances` must be of {FLOAT32} and {FLOAT16}; what int8 may lose, `limits` "
                f"say. Received: {_checks.shown(precision)}"
            )
        what = f"tolerances[{precision!r}]"
        _checks.instance(what, given, Mapping, "a dict from name to number")
        if unknown := [name for name in given if name not in _NAMES]:
            raise ValueError(
                f"`{what}` must be among {', '.join(_NAMES)}. "
                f"Received: {_checks.shown(unknown[0])}"
            )
        found[precision] = {
            name: float(
                _checks.number(name, value, minimum=0.0, maximum=1.0 if name == "share" else None)
            )
            for name, value in given.items()
        }
    return found
