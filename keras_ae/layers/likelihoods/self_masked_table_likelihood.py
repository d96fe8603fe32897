"""The likelihood of a table whose cells are missing because of what they are."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae.layers.likelihoods.table_likelihood import FILLED, TableLikelihood
from keras_ae.probability._tensors import missing


@keras.saving.register_keras_serializable(package="keras_ae")
class SelfMaskedTableLikelihood(TableLikelihood):
    """A table's likelihood, and that of which of its cells are missing.

        log p(x, what is missing) = sum over the cells that are there of
            log p(cell) + log(1 - miss(cell))
        + sum over missing cells of log of the mean of miss(value) over p(value)
        miss(value) = sigmoid(slope * value + offset), two trained numbers a column

    A cell may be missing because of its own value. The mean over what a missing cell could be is
    computed by `Likelihood.quadrature`, and not drawn: the bound is tighter than with one draw,
    and has no noise. Where a likelihood has no quadrature, its cells are missing at random, at a
    trained rate.

    Args:
        columns: As in `TableLikelihood`.
        sizes: As in `TableLikelihood`.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: As in `TableLikelihood`.

    Returns:
        As in `TableLikelihood`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: There is no likelihood, or not a size for each.

    Example:
        >>> from keras_ae.layers import GaussianLikelihood
        >>> likelihood = SelfMaskedTableLikelihood([GaussianLikelihood(1.0)])
        >>> likelihood.build((None, 1))
        >>> round(float(likelihood.log_prob([[float("nan")]], [[0.0]])[0]), 4)  # log(1 / 2)
        -0.6931

    Reference:
        Ipsen, Mattei and Frellsen, not-MIWAE, 2021, equation 5 and section 2.3 (self-masking).
    """

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        shared = {"shape": (self.width,), "initializer": "zeros", "autocast": False}
        self.slope = self.add_weight(name="slope", dtype="float32", **shared)
        self.offset = self.add_weight(name="offset", dtype="float32", **shared)

    def log_prob_each(self, x: Any, parameters: Any) -> Any:
        """Return each cell's log-likelihood, and that it is there or not: (batch, columns)."""
        x = ops.cast(x, "float32")
        nothing = missing(x)
        filled = ops.where(nothing, FILLED * ops.ones_like(x), x)
        slope, offset = (ops.convert_to_tensor(each) for each in (self.slope, self.offset))
        present = -ops.softplus(slope * filled + offset)
        absent = []
        for part, columns, own in self._with_parameters(parameters):
            quadrature = part.quadrature(own)
            if quadrature is None:
                rate = -ops.softplus(-offset[columns])
                absent.append(rate + ops.zeros_like(filled[..., columns]))
                continue
            values, log_weights = quadrature
            chance = slope[columns][:, None] * values + offset[columns][:, None]
            absent.append(ops.logsumexp(log_weights - ops.softplus(-chance), axis=-1))
        absent = ops.concatenate(absent, axis=-1) if len(absent) > 1 else absent[0]
        of_cells = super().log_prob_each(x, parameters)
        return of_cells + ops.where(nothing, absent, present)
