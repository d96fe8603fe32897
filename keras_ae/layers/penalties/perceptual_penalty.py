"""A distance between images as another network sees them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.reconstruction_penalty import (
    ReconstructionPenalty,
    checked_network,
)

MIN_SQUARED_LENGTH = 1e-10  # of a feature vector, where it is normalized


@keras.saving.register_keras_serializable(package="keras_ae")
class PerceptualPenalty(Configured, ReconstructionPenalty):
    """Add the distance of target and reconstruction in the features of a network of one's own.

        d(x, y) = sum over maps of features of
            mean over positions of sum over channels of (unit(f(x)) - unit(f(y)))**2
        penalty = weight * d(target, reconstruction)

    where unit(v) = v / |v| normalizes the channels of each position. That is LPIPS with all of its
    weights 1; without `normalize` unit(v) = v. The network sees what the likelihood judges, data
    after the model's `preprocessor`: if it wants other units or three channels, start it with
    layers that make them.

    Args:
        features: Built Keras model of one input that returns one map of features or several, of
            shapes (batch, ..., channels). It is never trained (its variables are made
            untrainable), works as in inference, is saved with the model, and is in no export.
        weight: Number >= 0.
        normalize: Whether the features of each position are normalized along the channels.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `weight` is negative, the features have no channels, or, when the model is
            built, they take another shape than the data have.

    Example:
        >>> import keras_ae
        >>> features = keras.Sequential(
        ...     [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu")]
        ... )
        >>> penalty = [keras_ae.layers.KLPenalty(), PerceptualPenalty(features)]
        >>> model = keras_ae.create_model("vae", (8, 8, 1), 2, filters=(4,), penalty=penalty)
        >>> [each.metric_name for each in model.penalties]
        ['kl', 'perceptual']

    Reference:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, 2018,
        equation 1 (LPIPS); Johnson, Alahi and Fei-Fei, Perceptual Losses for Real-Time Style
        Transfer and Super-Resolution, 2016, equation 2 (not normalized, with a mean over
        channels).
    """

    metric_name = "perceptual"

    def __init__(
        self, features: Any, weight: float = 1.0, normalize: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.features = checked_network("features", features)
        shapes = [tuple(each.shape) for each in keras.tree.flatten(features.outputs)]
        if any(len(shape) < 2 for shape in shapes):
            raise ValueError(
                "`features` must return maps of features, of shape (batch, ..., channels). "
                f"Received: features that returns {', '.join(map(str, shapes))}"
            )
        self.weight = _checks.number("weight", weight, minimum=0)
        self.normalize = _checks.boolean("normalize", normalize)
        self._withhold()

    @property
    def network(self) -> tuple[str, Any]:
        """The features."""
        return "features", self.features

    def cost(self, target: Any, reconstruction: Any, sample_weight: Any, training: bool) -> Any:
        """Return the weighted distance of each example, of shape (batch,)."""
        del sample_weight, training
        distances = [
            _distance(one, other)
            for one, other in zip(self._maps(target), self._maps(reconstruction), strict=True)
        ]
        return self.weight * sum(distances[1:], distances[0])

    def _maps(self, x: Any) -> list[Any]:
        """Return the maps of features, float32, normalized if they shall be."""
        maps = keras.tree.flatten(self.features(x, training=False))
        maps = [ops.cast(each, "float32") for each in maps]
        if not self.normalize:
            return maps
        # The root of 0 has no gradient, and features of 0 everywhere have no direction.
        return [
            each * ops.rsqrt(ops.sum(ops.square(each), -1, keepdims=True) + MIN_SQUARED_LENGTH)
            for each in maps
        ]


def _distance(one: Any, other: Any) -> Any:
    """Return the squared distance of the vectors at a position, its mean, of shape (batch,)."""
    squares = ops.sum(ops.square(one - other), axis=-1)
    axes = tuple(range(1, len(squares.shape)))
    return ops.mean(squares, axis=axes) if axes else squares
