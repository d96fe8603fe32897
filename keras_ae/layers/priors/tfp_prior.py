"""Priors from TensorFlow Probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks, _extras
from keras_ae._config import plain
from keras_ae.layers.priors.prior import Prior
from keras_ae.probability._tensors import as_float32


@dataclass(frozen=True)
class _Family:
    """The parameters of a class of `tfp.distributions`, by what they may be."""

    real: tuple[str, ...] = ("loc",)
    positive: tuple[str, ...] = ("scale",)
    lower_triangular: tuple[str, ...] = ()
    multivariate: bool = False

    @property
    def parameters(self) -> list[str]:
        return [*self.real, *self.positive, *self.lower_triangular]


# Only families whose support is all real numbers: elsewhere the KL of a normal posterior is
# infinite.
FAMILIES = {
    "Cauchy": _Family(),
    "ExponentiallyModifiedGaussian": _Family(positive=("scale", "rate")),
    "GeneralizedNormal": _Family(positive=("scale", "power")),
    "Gumbel": _Family(),
    "JohnsonSU": _Family(real=("skewness", "loc"), positive=("tailweight", "scale")),
    "LambertWNormal": _Family(positive=("scale", "tailweight")),
    "Laplace": _Family(),
    "Logistic": _Family(),
    "Moyal": _Family(),
    "MultivariateNormalDiag": _Family(positive=("scale_diag",), multivariate=True),
    "MultivariateNormalTriL": _Family(
        positive=(), lower_triangular=("scale_tril",), multivariate=True
    ),
    "Normal": _Family(),
    "SinhArcsinh": _Family(real=("loc", "skewness"), positive=("scale", "tailweight")),
    "StudentT": _Family(positive=("df", "scale")),
    "TwoPieceNormal": _Family(positive=("scale", "skewness")),
    "TwoPieceStudentT": _Family(positive=("df", "scale", "skewness")),
}


@keras.saving.register_keras_serializable(package="keras_ae")
class TFPPrior(Prior):
    """A frozen prior from TensorFlow Probability, for the TensorFlow backend only.

    It is saved with the model as the name of a class and plain numbers. Its KL is estimated at a
    latent drawn from the posterior. It makes no latents from noise (`noise_shape` is None):
    `sample` draws them.

    The distributions, with the parameters that each needs; in the first group the latent
    dimensions are independent:

        Cauchy, Gumbel, Laplace, Logistic, Moyal, Normal: loc, scale
        ExponentiallyModifiedGaussian: loc, scale, rate
        GeneralizedNormal: loc, scale, power
        JohnsonSU, SinhArcsinh: loc, scale, skewness, tailweight
        LambertWNormal: loc, scale, tailweight
        StudentT: df, loc, scale
        TwoPieceNormal: loc, scale, skewness
        TwoPieceStudentT: df, loc, scale, skewness

        MultivariateNormalDiag: loc, scale_diag
        MultivariateNormalTriL: loc, scale_tril (a list of latent_dim rows)

    Args:
        distribution: String, one of the names above.
        parameters: Dict from parameter name to a number, the same for all latent dimensions, or to
            a list of latent_dim numbers.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        latent: Tensor of shape (batch, latent_dim).

    Returns:
        The log-density, of shape (batch,), in nats.

    Raises:
        TypeError: `distribution` is not a string, `parameters` not a dict, or a value not a number
            or a list of numbers.
        ValueError: An unknown distribution or parameter, a missing parameter, or a value out of
            bounds.
        RuntimeError: Keras' backend is not TensorFlow.

    Example:
        >>> if keras.backend.backend() == "tensorflow":
        ...     prior = TFPPrior("Laplace", {"loc": 0.0, "scale": [0.5, 0.5]})
        ...     prior.build((None, 2))
        ...     assert float(prior.log_prob([[0.0, 1.0]])[0]) == -2.0
    """

    def __init__(self, distribution: str, parameters: Mapping[str, Any], **kwargs: Any) -> None:
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                "TFPPrior needs the TensorFlow backend: set KERAS_BACKEND=tensorflow before Keras "
                "is imported, or use StandardNormalPrior or MixturePrior. "
                f"Received: KERAS_BACKEND={keras.backend.backend()}"
            )
        super().__init__(**kwargs)
        _checks.instance("distribution", distribution, str, "the name of a distribution")
        if distribution not in FAMILIES:
            raise ValueError(
                f"`distribution` must be one of {', '.join(FAMILIES)}. "
                f"Received: distribution={_checks.shown(distribution)}"
            )
        self.distribution = distribution
        self.parameters = _checked(distribution, parameters)

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2:
            raise ValueError(
                "TFPPrior must be the prior of a code of one axis, (batch, latent_dim). "
                f"Received: a code of shape {tuple(input_shape)}"
            )
        size = int(input_shape[-1])
        for name, value in self.parameters.items():
            if isinstance(value, list) and len(value) != size:
                raise ValueError(
                    f"`parameters[{name!r}]` must have latent_dim = {size} entries. "
                    f"Received: {_checks.shown(plain(value))}"
                )
        super().build(input_shape)

    def log_prob(self, latent: Any) -> Any:
        """Return the log-density of each latent, of shape (batch,), in nats."""
        return self.to_tfp().log_prob(*as_float32(latent=latent))

    def sample(self, n: int, seed: Any = None) -> Any:
        """Draw latents, of shape (n, latent_dim)."""
        # A pair of integers is what TensorFlow Probability takes as the seed of a draw without
        # hidden state.
        pair = keras.random.randint(
            (2,), 0, 2**31 - 1, dtype="int32", seed=_checks.noise_seed(seed)
        )
        return self.to_tfp().sample(n, seed=pair)

    def to_tfp(self) -> Any:
        """Return the distribution, of event shape (latent_dim,)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        family = FAMILIES[self.distribution]
        tensors = {
            name: ops.broadcast_to(
                ops.convert_to_tensor(value, dtype="float32"),
                (self.latent_dim,) * (2 if name in family.lower_triangular else 1),
            )
            for name, value in plain(self.parameters).items()
        }
        distribution = getattr(tfp.distributions, self.distribution)(**tensors)
        return (
            distribution if family.multivariate else tfp.distributions.Independent(distribution, 1)
        )


def _checked(distribution: str, parameters: Any) -> dict[str, Any]:
    """Return the parameters as plain numbers and lists if they are what the distribution needs."""
    family = FAMILIES[distribution]
    if not isinstance(parameters, Mapping):
        raise TypeError(
            "`parameters` must be a dict of numbers and lists of numbers. "
            f"Received: parameters={_checks.shown(parameters)}"
        )
    if set(parameters) != set(family.parameters):
        raise ValueError(
            f"`parameters` of {distribution} must be {', '.join(family.parameters)}. "
            f"Received: {', '.join(map(str, parameters)) or 'none'}"
        )
    checked = {}
    for name, value in parameters.items():
        label = f"parameters[{name!r}]"
        if name in family.lower_triangular:
            checked[name] = _cholesky_factor(label, value)
        else:
            checked[name] = _numbers(label, value, above=0 if name in family.positive else None)
    return checked


def _numbers(label: str, value: Any, above: float | None = None) -> Any:
    """Return a number, or a list of numbers, as plain Python floats."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [
            float(_checks.number(f"{label}[{index}]", item, above=above))
            for index, item in enumerate(value)
        ]
    return float(_checks.number(label, value, above=above))


def _cholesky_factor(label: str, value: Any) -> list[list[float]]:
    """Return the rows of a lower triangular matrix with a positive diagonal."""
    given = value if isinstance(value, list | tuple | np.ndarray) else []
    rows = [_numbers(f"{label}[{index}]", row) for index, row in enumerate(given)]
    square = bool(rows) and all(isinstance(row, list) and len(row) == len(rows) for row in rows)
    if not square or (np.triu(rows, 1) != 0).any() or (np.diag(rows) <= 0).any():
        raise ValueError(
            f"`{label}` must be the rows of a lower triangular matrix with a positive diagonal. "
            f"Received: {label}={_checks.shown(value)}"
        )
    return rows
