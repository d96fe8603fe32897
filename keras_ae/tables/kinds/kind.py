"""What every kind of column does."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np

from keras_ae.tables._cells import Cells
from keras_ae.tables._facts import Facts

Record = dict[str, Any]
Array = np.ndarray[Any, Any]


class Kind(abc.ABC):
    """How the columns of a kind become numbers and come back.

    A column's cells become codes, float64 numbers that are NaN where a cell is missing; what that
    needs is kept in the column's record, plain values that JSON holds.
    """

    name: str
    modelled: bool = True
    """Whether models see columns of this kind."""

    @abc.abstractmethod
    def record(self, facts: Facts) -> Record:
        """Return what the codes need to know, of what was seen of a column.

        Raises:
            ValueError: The column can't be of this kind.
        """

    @abc.abstractmethod
    def encode(self, record: Record, cells: Cells) -> Array:
        """Return a code for each cell, float64, NaN where it is missing.

        Raises:
            ValueError: A cell can't be of the column.
        """

    @abc.abstractmethod
    def decode(self, record: Record, codes: Array) -> Array:
        """Return a value for each code: float64 (NaN where missing), or objects (None there)."""

    def likelihood(self, record: Record) -> Any:
        """Return a new `Likelihood` of the codes."""
        raise NotImplementedError(f"columns of kind {self.name} are not modelled: {record}")

    def log_jacobian(self, record: Record, codes: Array) -> Array:
        """Return log |d code / d value| at each code, 0 where it is missing or values are counted.

        Added to a log-density of codes, it makes that one of values in their own units.
        """
        del record
        return np.zeros(len(codes))

    @abc.abstractmethod
    def words(self, record: Record) -> str:
        """Return the record in a few words."""
