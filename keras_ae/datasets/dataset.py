"""Examples to train on and examples to test on, ready for a model."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.datasets.errors import DataError

Array = np.ndarray[Any, Any]


_OPTIONAL = (np.ndarray, type(None))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training and test examples with their labels, if there are any, and where they come from.

    Images are float32 (n, height, width, channels), in [0, 1] where they came as bytes; tables are
    float32 (n, d). A table for which float32 is too coarse (metres of a map grid, unix seconds)
    has the type that it came in, so that it can be centred first. A file without a test part is
    read with an `x_test` of no examples; `split` makes one.

    Args:
        name: String, what to call the data.
        x_train: Array, the training examples.
        y_train: Array (n,), their labels, or None.
        x_test: Array, the test examples; possibly of length 0.
        y_test: Array (n,), their labels, or None.
        source: String, the file or the library that they come from.
        feature_names: Tuple of strings, the columns' names in a table that has them.
        class_names: Tuple of strings, the names of the labels 0, 1, ... where labels came as
            strings or folders.
        sha256: String, the hexadecimal digest of the file, where there is one file.
        factors_train: Array of integers (n, factors), what the training examples were made from,
            where that is known.
        factors_test: Array of integers (n, factors), the same of the test examples.
        factor_names: Tuple of strings, what each column of the factors is.
        categorical_factors: Tuple of integers, the columns whose values have no order.

    Raises:
        DataError: the parts don't fit together.

    Example:
        >>> x = np.arange(10, dtype="float32").reshape(5, 2)
        >>> data = Dataset("pairs", x, None, x[:0], None, source="here")
        >>> data.split(test_fraction=0.4, seed=0)
        Dataset(name='pairs', x_train=(3, 2), y_train=None,
                x_test=(2, 2), y_test=None, source='here')
    """

    name: str
    x_train: Array
    y_train: Array | None
    x_test: Array
    y_test: Array | None
    source: str
    feature_names: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    sha256: str | None = None
    factors_train: Array | None = None
    factors_test: Array | None = None
    factor_names: tuple[str, ...] | None = None
    categorical_factors: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("x_train", "x_test"):
            array = _checks.instance(name, getattr(self, name), np.ndarray, "an array of examples")
            if not array.ndim:
                raise ValueError(f"`{name}` must have shape (examples, ...). Received: shape=()")
        for name in ("y_train", "y_test", "factors_train", "factors_test"):
            _checks.instance(name, getattr(self, name), _OPTIONAL, "an array or None")
        for name in ("feature_names", "class_names", "factor_names", "categorical_factors"):
            _checks.instance(name, getattr(self, name), (tuple, list, type(None)), "a tuple")
        if self.x_test.shape[1:] != self.x_train.shape[1:]:
            raise DataError(
                self.source,
                f"test examples of the training examples' shape {self.x_train.shape[1:]}",
                f"{self.x_test.shape[1:]}",
            )
        for part, x, y in (
            ("train", self.x_train, self.y_train),
            ("test", self.x_test, self.y_test),
        ):
            if y is not None and y.shape[:1] != x.shape[:1]:
                received = f"{len(y)}" if y.ndim else "shape ()"
                raise DataError(self.source, f"{len(x)} labels in `y_{part}`", received)
        for part, x, factors in (
            ("train", self.x_train, self.factors_train),
            ("test", self.x_test, self.factors_test),
        ):
            expected = (len(x), len(self.factor_names or ()))
            if factors is not None and factors.shape != expected:
                raise DataError(
                    self.source, f"`factors_{part}` of shape {expected}", f"{factors.shape}"
                )
        if self.feature_names is not None and len(self.feature_names) != self.x_train.shape[-1]:
            count = f"{self.x_train.shape[-1]} feature names"
            raise DataError(self.source, count, f"{len(self.feature_names)}")

    def __repr__(self) -> str:
        parts = ("x_train", "y_train", "x_test", "y_test")
        arrays = [(part, getattr(self, part)) for part in parts]
        shapes = ", ".join(f"{part}={a if a is None else a.shape}" for part, a in arrays)
        return f"Dataset(name={self.name!r}, {shapes}, source={self.source!r})"

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of one example, without the batch axis: a model's `input_shape`."""
        return tuple(self.x_train.shape[1:])

    def split(self, test_fraction: float = 0.2, seed: int = 0) -> Dataset:
        """Return the data with a test part: this one, or a random one where there is none.

        Args:
            test_fraction: Float in [0, 1), how much of all examples becomes the test part: at
                least one example, unless it is 0.
            seed: Integer, the choice of them.

        Returns:
            A `Dataset`; both parts keep the order that the examples had.

        Raises:
            DataError: there are fewer than two examples to split.
        """
        test_fraction = _checks.number("test_fraction", test_fraction, minimum=0, below=1)
        seed = _checks.integer("seed", seed, minimum=0)
        if len(self.x_test) or test_fraction == 0:
            return self
        n = len(self.x_train)
        if n < 2:
            raise DataError(self.source, "at least 2 examples, to split into train and test", n)
        tested = min(n - 1, max(1, round(n * test_fraction)))
        order = np.random.default_rng(seed).permutation(n)
        test, train = np.sort(order[:tested]), np.sort(order[tested:])
        return dataclasses.replace(
            self,
            x_train=self.x_train[train],
            y_train=_take(self.y_train, train),
            x_test=self.x_train[test],
            y_test=_take(self.y_train, test),
            factors_train=_take(self.factors_train, train),
            factors_test=_take(self.factors_train, test),
        )

    def limited(self, max_examples: int, seed: int = 0) -> Dataset:
        """Return at most `max_examples` of each part, chosen at random and kept in their order.

        Args:
            max_examples: Integer >= 1.
            seed: Integer, the choice of them.
        """
        max_examples = _checks.integer("max_examples", max_examples, minimum=1)
        seed = _checks.integer("seed", seed, minimum=0)
        random = np.random.default_rng(seed)
        train, test = (
            np.sort(random.permutation(len(x))[:max_examples]) for x in (self.x_train, self.x_test)
        )
        return dataclasses.replace(
            self,
            x_train=self.x_train[train],
            y_train=_take(self.y_train, train),
            x_test=self.x_test[test],
            y_test=_take(self.y_test, test),
            factors_train=_take(self.factors_train, train),
            factors_test=_take(self.factors_test, test),
        )


def _take(array: Array | None, places: Array) -> Array | None:
    return None if array is None else array[places]
