"""Likelihoods by name: the one place where a name becomes an object."""

from __future__ import annotations

from collections.abc import Callable

from keras_ae import _checks, layers

NAMED: dict[str, Callable[[], layers.Likelihood]] = {
    "bernoulli": layers.BernoulliLikelihood,
    "continuous_bernoulli": layers.ContinuousBernoulliLikelihood,
    "gaussian": lambda: layers.GaussianLikelihood(layers.SharedScale()),
    "gaussian_unit": lambda: layers.GaussianLikelihood(1.0),
    "gaussian_per_output": lambda: layers.GaussianLikelihood(layers.PredictedScale()),
    "laplace": lambda: layers.LaplaceLikelihood(layers.SharedScale()),
}


def named_likelihood(name: str) -> layers.Likelihood:
    """Return a new likelihood.

    Args:
        name: String, one of the keys of `NAMED`.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.

    Example:
        >>> named_likelihood("gaussian").parameters_per_output
        1
        >>> named_likelihood("gaussian_per_output").parameters_per_output
        2
    """
    if name not in NAMED:
        raise ValueError(
            f"`likelihood` must be one of {', '.join(NAMED)}. "
            f"Received: likelihood={_checks.shown(name)}"
        )
    return NAMED[name]()
