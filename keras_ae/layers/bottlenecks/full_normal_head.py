"""From features to the mean and Cholesky factor of a correlated normal."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks.bottleneck import Float32Outputs
from keras_ae.layers.bottlenecks.log_variance_scale import LogVarianceScale
from keras_ae.layers.bottlenecks.normal_head import projection
from keras_ae.layers.bottlenecks.softplus_scale import SoftplusScale


@keras.saving.register_keras_serializable(package="keras_ae")
class FullNormalHead(Configured, Float32Outputs):
    """Three dense projections of the features: mean, and a Cholesky factor in two parts.

    The factor is predicted, not computed: no Cholesky decomposition or triangular solve is in the
    graph, so it converts to TFLite and ONNX.

    Args:
        latent_dim: Integer >= 1.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`, makes the diagonal positive.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features).

    Returns:
        mean, float32 of shape (batch, latent_dim), and scale_tril, float32 of shape
        (batch, latent_dim, latent_dim), lower triangular with a positive diagonal.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.

    Example:
        >>> import numpy as np
        >>> mean, scale_tril = FullNormalHead(3)(np.ones((2, 5)))
        >>> tuple(mean.shape), tuple(scale_tril.shape), float(scale_tril[0, 0, 2])
        ((2, 3), (2, 3, 3), 0.0)
    """

    def __init__(
        self,
        latent_dim: int,
        to_scale: SoftplusScale | LogVarianceScale | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latent_dim = latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
        self.to_scale = SoftplusScale() if to_scale is None else to_scale
        _checks.instance(
            "to_scale", self.to_scale, keras.layers.Layer, "a layer such as SoftplusScale()"
        )
        self.seed = _checks.seed("seed", seed)
        below = latent_dim * (latent_dim - 1) // 2
        self.mean = projection(self.latent_dim, "mean", self.seed, 0, self.dtype_policy)
        self.raw_scale = projection(self.latent_dim, "raw_scale", self.seed, 1, self.dtype_policy)
        self.below = (
            projection(below, "below", self.seed, 2, self.dtype_policy) if latent_dim > 1 else None
        )

    def build(self, input_shape: Any) -> None:
        for layer in (self.mean, self.raw_scale, self.below):
            if layer is not None and not layer.built:
                layer.build(input_shape)
        if not self.to_scale.built:  # Keras on JAX wants all layers built
            self.to_scale.build((input_shape[0], self.latent_dim))

    def call(self, features: Any) -> Any:
        mean = ops.cast(self.mean(features), "float32")
        entries = spelled_out(self.to_scale, ops.cast(self.raw_scale(features), "float32"))
        if self.below is not None:
            below = ops.cast(self.below(features), "float32")
            entries = ops.concatenate([entries, below], axis=-1)
        # A product with a constant 0/1 matrix puts each entry in its place, and zeros above the
        # diagonal.
        flat = ops.matmul(entries, ops.convert_to_tensor(placement(self.latent_dim)))
        return mean, ops.reshape(flat, (-1, self.latent_dim, self.latent_dim))

    def compute_output_shape(self, input_shape: Any) -> Any:
        size = self.latent_dim
        return (input_shape[0], size), (input_shape[0], size, size)


def placement(size: int) -> np.ndarray:
    """Return the 0/1 matrix that takes diagonal and lower entries to a flat square matrix."""
    rows, columns = np.tril_indices(size, -1)
    places = np.concatenate([np.arange(size) * (size + 1), rows * size + columns])
    matrix = np.zeros((len(places), size * size), "float32")
    matrix[np.arange(len(places)), places] = 1.0
    return matrix
