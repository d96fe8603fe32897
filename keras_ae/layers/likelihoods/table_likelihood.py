"""The likelihood of a table's rows: columns of several kinds, some cells missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _arrays, _checks, _extras
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.likelihood import Likelihood
from keras_ae.probability._tensors import missing

FILLED = 1.0  # stands where a cell is missing: in the support of every likelihood


@keras.saving.register_keras_serializable(package="keras_ae")
class TableLikelihood(Likelihood):
    """Rows of columns that each have a likelihood of their own; a missing cell, NaN, counts 0.

        log p(x) = sum over the cells that aren't missing of log p(cell)

    Missing cells have no gradient either. The columns of one likelihood stand side by side, and
    so do its parameters.

    Args:
        columns: Sequence of `Likelihood`s.
        sizes: Sequence of integers >= 1, how many columns in a row each is of; None for one
            each.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, parameters), as many as `parameters_shape` says.

    Returns:
        Each column's mean, of shape (batch, columns).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: There is no likelihood, or not a size for each.

    Example:
        >>> from keras_ae.layers import BernoulliLikelihood, GaussianLikelihood
        >>> likelihood = TableLikelihood([GaussianLikelihood(1.0), BernoulliLikelihood()], (2, 1))
        >>> x = [[0.0, float("nan"), 1.0]]
        >>> round(float(likelihood.log_prob(x, [[0.0, 5.0, 0.0]])[0]), 4)  # -0.9189 - 0.6931
        -1.6121

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020, section 2.
    """

    takes_missing = True

    def __init__(
        self, columns: Sequence[Likelihood], sizes: Sequence[int] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        expected = "a sequence of Likelihoods"
        self.columns = _checks.items("columns", columns, expected)
        for part in self.columns:
            _checks.instance("columns", part, Likelihood, expected)
        if not self.columns:
            raise ValueError(f"`columns` must be {expected}, not empty. Received: columns=[]")
        self.sizes = None if sizes is None else _checks.integers("sizes", sizes)
        self._sizes = (1,) * len(self.columns) if self.sizes is None else self.sizes
        if len(self._sizes) != len(self.columns):
            raise ValueError(
                f"`sizes` must have a number for each of the {len(self.columns)} likelihoods. "
                f"Received: sizes={_checks.shown(sizes)}"
            )

    def build(self, input_shape: Any) -> None:
        for part, (_, parameters) in zip(self.columns, self._blocks(), strict=True):
            if not part.built:
                part.build((*input_shape[:-1], parameters.stop - parameters.start))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(self._sizes)

    @property
    def column_categories(self) -> tuple[int, ...]:
        """Of each column, how many categories its codes stand for; 0 of numbers."""
        return self._of_columns(lambda part: part.categories)

    @property
    def column_units(self) -> tuple[float, ...]:
        """Of each column, the unit in which it counts; 0 of what doesn't."""
        return self._of_columns(lambda part: getattr(part, "unit", 0.0))

    @property
    def parameters_per_output(self) -> int:
        """The most numbers that a column needs; `parameters_shape` has their sum."""
        return max(part.parameters_per_output for part in self.columns)

    def parameters_shape(self, example_shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a row's parameters.

        Args:
            example_shape: Tuple, (columns,).

        Raises:
            ValueError: There are other columns.
        """
        if tuple(example_shape) != (self.width,):
            raise ValueError(
                f"A table's likelihood of {self.width} columns needs rows of shape "
                f"({self.width},). Received: shape {tuple(example_shape)}"
            )
        return (self._blocks()[-1][1].stop,)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.width)

    def check_data(self, name: str, x: Any) -> None:
        """Raise a ValueError if a column has values that its likelihood doesn't allow."""
        array = _arrays.numbers(name, x)
        for part, (columns, _) in zip(self.columns, self._blocks(), strict=True):
            if part.support is not None:
                own = f"{name}[:, {columns.start}:{columns.stop}]"
                _arrays.within(own, array[:, columns], *part.support)

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-likelihood of what isn't missing of each row, of shape (batch,)."""
        return ops.sum(self.log_prob_each(x, parameters), axis=-1)

    def log_prob_each(self, x: Any, parameters: Any) -> Any:
        """Return the log-likelihood of each cell, 0 where it is missing: (batch, columns)."""
        x = ops.cast(x, "float32")
        nothing = missing(x)
        # Filled before the densities, so that neither value nor gradient is ever NaN.
        filled = ops.where(nothing, FILLED * ops.ones_like(x), x)
        each = [
            part.log_prob_each(filled[..., columns], own)
            for part, columns, own in self._with_parameters(parameters)
        ]
        each = ops.concatenate(each, axis=-1) if len(each) > 1 else each[0]
        return ops.where(nothing, ops.zeros_like(each), each)

    def mean(self, parameters: Any) -> Any:
        """Return each column's mean, or its most likely code: (batch, columns)."""
        return self._joined(part.mean(own) for part, _, own in self._with_parameters(parameters))

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw rows without missing cells: (batch, columns)."""
        seeds = _draws.seeds(_checks.noise_seed(seed), len(self.columns))
        drawn = zip(self._with_parameters(parameters), seeds, strict=True)
        return self._joined(part.sample(own, each) for (part, _, own), each in drawn)

    def to_tfp(self, parameters: Any) -> Any:
        """Return a `tfp.distributions.Blockwise` of the parts' (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        made = [part.to_tfp(own) for part, _, own in self._with_parameters(parameters)]
        return tfp.distributions.Blockwise(made)

    def _with_parameters(self, parameters: Any) -> list[tuple[Likelihood, slice, Any]]:
        """Return each part with its columns and its parameters."""
        parameters = ops.cast(parameters, "float32")
        return [
            (part, columns, parameters[..., own])
            for part, (columns, own) in zip(self.columns, self._blocks(), strict=True)
        ]

    def _blocks(self) -> list[tuple[slice, slice]]:
        """Return each part's columns and its parameters."""
        found, column, parameter = [], 0, 0
        for part, size in zip(self.columns, self._sizes, strict=True):
            count = math.prod(part.parameters_shape((size,)))
            found.append((slice(column, column + size), slice(parameter, parameter + count)))
            column, parameter = column + size, parameter + count
        return found

    def _of_columns(self, ask: Any) -> tuple[Any, ...]:
        pairs = zip(self.columns, self._sizes, strict=True)
        return tuple(answer for part, size in pairs for answer in [ask(part)] * size)

    @staticmethod
    def _joined(blocks: Any) -> Any:
        blocks = list(blocks)
        return ops.concatenate(blocks, axis=-1) if len(blocks) > 1 else blocks[0]
