"""The kinds of rows that the descriptors are made of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from keras_ae import models

BACKENDS = ("tensorflow", "jax")
VECTOR, IMAGE = (6,), (5, 7, 1)
SCALAR = None  # the shape of an output that has no batch axis


@dataclasses.dataclass(frozen=True)
class Bad:
    """A value that an argument must refuse, and words that the error says of what was expected.

    `received` is what the error says of the value, where that isn't its repr; `error` is its type,
    where the row holds it to one of the two.
    """

    argument: str
    value: Any
    expected: str
    received: str | None = None
    error: type[Exception] | tuple[type[Exception], ...] = (TypeError, ValueError)

    @property
    def id(self):
        """The end of the test's name."""
        plain = isinstance(self.value, (bool, int, float, str, tuple, type(None)))
        return f"{self.argument}={self.value if plain else type(self.value).__name__}"


@dataclasses.dataclass(frozen=True)
class Part:
    """A public class or function that makes a layer.

    Shapes are without the batch axis; no `outputs` are those of the inputs. `arguments` returns
    new ones with each call, because layers among them have state. `mixed` is what the part
    returns under a mixed policy: always "float32", or its "own" compute dtype. `prepare` is what
    must be done before the first call. `averages`: whether training calls move weights that no
    gradient moves: averages, and counts. `dtype` is the inputs'.
    """

    make: Callable[..., Any]
    arguments: Callable[[], dict[str, Any]]
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...] | None, ...] = ()
    bad: tuple[Bad, ...] = ()
    note: str = ""
    mixed: str = "float32"
    prepare: Callable[[Any], None] | None = None
    averages: bool = False
    dtype: str = "float32"
    backends: tuple[str, ...] = BACKENDS

    @property
    def id(self):
        """The row's name in the tests' names."""
        return f"{self.make.__name__}-{self.note}" if self.note else self.make.__name__

    def new(self, **changes):
        """Make the part, with some arguments changed."""
        return self.make(**{**self.arguments(), **changes})

    def ready(self, **changes):
        """Make the part and prepare it for its first call."""
        layer = self.new(**changes)
        if self.prepare is not None:
            self.prepare(layer)
        return layer

    def batch(self, size):
        """Return inputs in (0, 1), so that they may be data, scales, codes or features.

        Those of integers are 0 and 1.
        """
        random = np.random.default_rng(size)
        if self.dtype == "int32":
            return [random.integers(0, 2, (size, *shape), self.dtype) for shape in self.inputs]
        return [
            random.uniform(0.1, 0.9, (size, *shape)).astype("float32") for shape in self.inputs
        ]

    def shapes(self, size):
        """Return the outputs' shapes for a batch of some size."""
        outputs = self.outputs or self.inputs
        return [() if shape is SCALAR else (size, *shape) for shape in outputs]


@dataclasses.dataclass(frozen=True)
class Posterior:
    """A public posterior, made of two arrays; a value, not a layer."""

    make: Callable[..., Any]
    arrays: tuple[np.ndarray, np.ndarray]
    backends: tuple[str, ...] = BACKENDS

    @property
    def id(self):
        """The row's name in the tests' names."""
        return self.make.__name__

    def new(self):
        """Make the posterior."""
        return self.make(*(keras.ops.convert_to_tensor(a, "float32") for a in self.arrays))


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A model by its name, made small.

    `logs` are the names beside loss and nll; `weight` is what the logged penalty counts in the
    loss, None where the loss isn't a multiple of it. `metrics` are the names of what is logged and
    isn't part of the loss. `noisy`: whether training draws noise; `drawing`: whether it does for
    its weights alone, so that no output is noisy; `batchwise`: whether training judges an example
    by its batch, as `BatchNormalization` does.
    `output` is the shape of the target that training needs; None where that is the input itself.
    `alike`: whether another row trains what this one does, so that the slow tests train it, once,
    and each other way of training needn't. `elsewhere`: whether default tests of its own train
    it, so that these are slow.
    """

    name: str
    shape: tuple[int, ...]
    options: Callable[[], dict[str, Any]] = dict
    logs: tuple[str, ...] = ()
    weight: float | None = 1.0
    metrics: tuple[str, ...] = ()
    noisy: bool = False
    drawing: bool = False
    batchwise: bool = False
    output: tuple[int, ...] | None = None
    alike: bool = False
    elsewhere: bool = False
    bad: tuple[Bad, ...] = ()
    note: str = ""
    backends: tuple[str, ...] = BACKENDS

    @property
    def id(self):
        """The row's name in the tests' names, and its file's."""
        kind = "image" if len(self.shape) == 3 else "vector"
        return "-".join(filter(None, (self.name, kind, self.note)))

    def new(self, **changes):
        """Make the model, of one hidden layer."""
        dense = self.name == "stacked" or len(self.shape) == 1
        small = {"units": (8,)} if dense else {"filters": (4,)}
        options = {**small, "seed": 1, **self.options(), **changes}
        shape = options.pop("input_shape", self.shape)
        latent_dim = options.pop("latent_dim", 2)
        return models.create_model(self.name, shape, latent_dim, **options)

    def data(self, size=32):
        """Return examples that are easy to learn: two patterns of 0 and 1, with a few flips."""
        random = np.random.default_rng(0)
        patterns = random.random((2, *self.shape)) > 0.5
        flips = random.random((size, *self.shape)) < 0.05
        return (patterns[np.arange(size) % 2] ^ flips).astype("float32")

    def target(self, x):
        """Return what examples are mapped to: a known linear map of them; None for themselves."""
        if self.output is None:
            return None
        shape = math.prod(self.shape), math.prod(self.output)
        known = np.random.default_rng(1).uniform(-1, 1, shape)
        return (x.reshape(len(x), -1) @ known).reshape(len(x), *self.output).astype("float32")


def runnable(rows):
    """Return the rows for the backend that the tests run on."""
    return [row for row in rows if keras.backend.backend() in row.backends]


def of_each_kind(recipes):
    """Return the recipes but those that another is like, which run no code of their own."""
    return [row for row in recipes if not row.alike]


def to_train(recipes):
    """Return the recipes for this backend as parameters; what others train by default is slow."""
    slow = {True: [pytest.mark.slow], False: []}
    return [
        pytest.param(row, id=row.id, marks=slow[row.alike or row.elsewhere])
        for row in runnable(recipes)
    ]


def each(rows):
    """Run a test for each of these rows, as its argument `row`."""
    return pytest.mark.parametrize("row", runnable(rows), ids=lambda row: row.id)


def array(tensor):
    """Return a tensor or variable as a NumPy array."""
    return keras.ops.convert_to_numpy(tensor)


def assert_equal(actual, expected, **tolerance):
    """Fail unless two lists of arrays are the same: to within a tolerance, or bit for bit."""
    compare = np.testing.assert_allclose if tolerance else np.testing.assert_array_equal
    for one, other in zip(actual, expected, strict=True):
        compare(array(one), array(other), **tolerance)
