"""Values that an argument may be given by mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy.sparse


class Plain:
    """An object of no kind that anything could use."""

    def __repr__(self) -> str:
        return "Plain()"


class LongRepr:
    """An object whose repr has several lines, as that of a data frame has."""

    def __repr__(self) -> str:
        return "one\ntwo\nthree " + "." * 1000


def _function(*_: Any, **__: Any) -> str:
    return "what a function returns"


def _objects(*items: Any) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def _stream() -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(np.full((4, 3), np.nan, "float32")).batch(2)


def _ragged_tensor() -> Any:
    import tensorflow as tf

    return tf.ragged.constant([[1.0], [1.0, 2.0]])


# Each is made anew, because generators end and streams are read.
VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1.5": lambda: 1.5,
    "-0.25": lambda: -0.25,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "huge": lambda: 10**40,
    "complex": lambda: 1 + 2j,
    "np.int64": lambda: np.int64(2),
    "np.float32": lambda: np.float32(0.5),
    "np.bool_": lambda: np.bool_(True),
    "text": lambda: "text",
    "empty text": lambda: "",
    "lines": lambda: "two\nlines",
    "long text": lambda: "a" * 100_000,
    "null byte": lambda: "a\0b",
    "bytes": lambda: b"bytes",
    "path": lambda: Path("nowhere/at/all"),
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set": lambda: {1, 2},
    "dict": lambda: {"a": 1},
    "dict of keys": lambda: {1: 2, None: 3},
    "list of None": lambda: [None, None],
    "list of text": lambda: ["a", "b"],
    "list of lists": lambda: [[1, 2], [3, 4]],
    "list of arrays": lambda: [np.ones((4, 2)), np.ones((4, 2))],
    "pair": lambda: (np.ones((4, 2), "float32"), np.ones((4, 2), "float32")),
    "ragged list": lambda: [[1.0], [1.0, 2.0]],
    "object": Plain,
    "object of many lines": LongRepr,
    "class": lambda: Plain,
    "function": lambda: _function,
    "generator": lambda: (each for each in range(2)),
    "range": lambda: range(3),
    "array of rank 0": lambda: np.array(1.0),
    "array of rank 1": lambda: np.linspace(0.1, 0.9, 4),
    "array of rank 2": lambda: np.full((4, 7), 0.5, "float32"),
    "array of rank 5": lambda: np.full((2, 2, 2, 2, 3), 0.5, "float32"),
    "empty array": lambda: np.empty((0,), "float32"),
    "array without examples": lambda: np.empty((0, 6), "float32"),
    "array of NaN": lambda: np.full((4, 6), np.nan),
    "array of infinity": lambda: np.full((4, 6), np.inf),
    "array of text": lambda: np.full((4, 6), "a"),
    "array of objects": lambda: _objects(None, "a", 1.0, [2]),
    "array of complex": lambda: np.full((4, 6), 1j),
    "array of dates": lambda: np.full((4, 6), "2020-01-01", "datetime64[D]"),
    "array of records": lambda: np.zeros(4, [("a", "f4"), ("b", "i4")]),
    "array of bytes": lambda: np.full((4, 6), 200, "uint8"),
    "array of truth values": lambda: np.ones((4, 6), bool),
    "masked array": lambda: np.ma.masked_all((4, 6)),
    "sparse matrix": lambda: scipy.sparse.csr_matrix(np.eye(4, 6)),
    "ragged tensor": _ragged_tensor,
    "tensor": lambda: keras.ops.ones((4, 7)),
    "symbolic tensor": lambda: keras.KerasTensor((None, 6)),
    "variable": lambda: keras.Variable(np.ones((4, 7), "float32")),
    "stream": _stream,
    "layer": lambda: keras.layers.Dense(2),
    "model": lambda: keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)]),
}
# Numbers of epochs, samples and examples may be any size: what is asked for is tried.
UNBOUNDED = {
    "huge": (
        *("epochs", "n", "num_samples", "steps", "runs", "threads", "batches", "columns"),
        *("latent_dim", "members", "components", "kernel_size", "max_examples", "bins"),
    )
}


def wrong_values(argument: str) -> list[str]:
    """Return the names of the values to try as an argument of this name."""
    return [name for name in VALUES if argument not in UNBOUNDED.get(name, ())]
