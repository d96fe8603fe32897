"""The reparameterization."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._seeded import Seeded
from keras_ae.layers.posteriors import FullNormalPosterior, NormalPosterior, Posterior


@keras.saving.register_keras_serializable(package="keras_ae")
class Sampling(Seeded, Configured, keras.layers.Layer):
    """Draw a latent from a normal distribution so that gradients reach its mean and scale.

    The reparameterization:

        latent = mean + scale * epsilon,    epsilon ~ N(0, I)

    In training each call draws a new epsilon; in inference the latent is the mean, so that
    predictions are deterministic. A given epsilon is used in both.

    Args:
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        mean: Tensor of shape (batch, ...).
        scale: Tensor of the mean's shape, standard deviations.
        epsilon: Tensor of the mean's shape, or None to draw it (in training) or to return the
            mean.
        training: Whether to draw. Keras sets it in `fit` and `predict`.
        scale_tril: In place of scale: tensor of shape (batch, latent_dim, latent_dim), lower
            triangular Cholesky factors. The latent has covariance scale_tril @ scale_tril'.
        posterior: In place of both: the `Posterior` that mean belongs to, which says how a latent
            is made of noise.

    Returns:
        The latent, a tensor of the mean's shape.

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `seed` is negative; or, when called, the scale isn't of the mean's shape, or
            not exactly one of scale, scale_tril and posterior is given.

    Example:
        >>> import numpy as np
        >>> sampling = Sampling(seed=0)
        >>> latent = sampling(
        ...     np.array([[1.0, 2.0]]), np.array([[0.5, 3.0]]), epsilon=np.array([[2.0, -1.0]])
        ... )
        >>> [float(value) for value in latent[0]]
        [2.0, -1.0]

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, section 2.4.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._init_seed(seed)

    def call(
        self,
        mean: Any,
        scale: Any = None,
        epsilon: Any = None,
        training: bool | None = None,
        scale_tril: Any = None,
        posterior: Posterior | None = None,
    ) -> Any:
        posterior = posterior_of(mean, scale, scale_tril, posterior)
        if epsilon is None:
            if not training:
                return mean
            epsilon = keras.random.normal(
                ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator
            )
        return posterior.transform(epsilon)

    def compute_output_shape(self, mean_shape: Any, *_: Any, **__: Any) -> Any:
        return mean_shape


def posterior_of(
    mean: Any, scale: Any = None, scale_tril: Any = None, posterior: Posterior | None = None
) -> Posterior:
    """Return the posterior of a mean and of what comes beside it.

    Raises:
        ValueError: Not exactly one of the others is given, or the scale isn't of the mean's shape.
    """
    given = {"scale": scale, "scale_tril": scale_tril, "posterior": posterior}
    names = [name for name, each in given.items() if each is not None]
    if len(names) != 1:
        raise ValueError(
            "One of `scale`, `scale_tril` and `posterior` must be given. "
            f"Received: {', '.join(names) or 'none of them'}"
        )
    if posterior is not None:
        return _checks.instance("posterior", posterior, Posterior, "a Posterior")
    if scale_tril is not None:
        return FullNormalPosterior(mean, scale_tril)
    if len(scale.shape) != len(mean.shape):
        raise ValueError(
            "`scale` must have the mean's shape; Cholesky factors are given as scale_tril=. "
            f"Received: mean.shape={tuple(mean.shape)}, scale.shape={tuple(scale.shape)}"
        )
    return NormalPosterior(mean, scale)
