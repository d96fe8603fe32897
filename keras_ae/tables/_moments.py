"""Mean, variance and skewness of numbers that come in pieces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Moments:
    """Central moments of numbers, float64, merged piece by piece without cancellation.

    All is measured from the first piece's mean, as numbers far from 0 have no digits to spare. Of
    one piece the moments are NumPy's, bit for bit; of several they differ in the last digits.

    Example:
        >>> moments = Moments()
        >>> for piece in ([1.0, 2.0], [6.0]):
        ...     moments.see(np.array(piece))
        >>> moments.mean, round(moments.deviation**2, 6)
        (3.0, 4.666667)

    Reference:
        Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances and
        Arbitrary-Order Statistical Moments, 2008, equations 1.5, 2.1 and 2.2.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._start = 0.0
        self._shift = 0.0  # of the mean, from the start
        self._second = self._third = 0.0  # sums of powers of what differs from the mean

    def see(self, values: np.ndarray[Any, Any]) -> None:
        """Take more numbers in: an array of float64, at least one."""
        before, count = self.count, len(values)
        if not before:
            self._start = self.mean = float(values.mean())
        centred = values - self._start
        shift = float(centred.mean())
        if before:
            centred -= shift
        squares = centred * centred
        second = float(squares.sum())
        with np.errstate(over="ignore"):
            third = float((squares * centred).sum())
        both = self.count = before + count
        if before:
            apart, share = shift - self._shift, count / both
            third += self._third + 3 * apart * (before * second - count * self._second) / both
            third += apart**3 * before * share * (before - count) / both
            second += self._second + apart**2 * before * share
            shift = self._shift + apart * share
            self.mean = self._start + shift
        self._shift, self._second, self._third = shift, second, third

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self._second / self.count)

    @property
    def skewness(self) -> float:
        """The third moment of what is standardized; 0 of equal numbers."""
        deviation = self.deviation
        return self._third / self.count / deviation**3 if deviation > 0 else 0.0
