"""From features to the mean and scale of independent normals."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks.bottleneck import Float32Outputs
from keras_ae.layers.bottlenecks.log_variance_scale import LogVarianceScale
from keras_ae.layers.bottlenecks.softplus_scale import SoftplusScale


@keras.saving.register_keras_serializable(package="keras_ae")
class NormalHead(Configured, Float32Outputs):
    """Two dense projections of the features: mean, and scale = to_scale(raw).

    Args:
        latent_dim: Integer >= 1.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, ..., features).

    Returns:
        mean and scale, float32 tensors of shape (batch, ..., latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.

    Example:
        >>> import numpy as np
        >>> mean, scale = NormalHead(3)(np.ones((2, 5)))
        >>> tuple(mean.shape), tuple(scale.shape)
        ((2, 3), (2, 3))
    """

    def __init__(
        self,
        latent_dim: int,
        to_scale: SoftplusScale | LogVarianceScale | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
        self.to_scale = SoftplusScale() if to_scale is None else to_scale
        _checks.instance(
            "to_scale", self.to_scale, keras.layers.Layer, "a layer such as SoftplusScale()"
        )
        self.seed = _checks.seed("seed", seed)
        self.mean = projection(self.latent_dim, "mean", self.seed, 0, self.dtype_policy)
        self.raw_scale = projection(self.latent_dim, "raw_scale", self.seed, 1, self.dtype_policy)

    def build(self, input_shape: Any) -> None:
        for layer in (self.mean, self.raw_scale):
            if not layer.built:
                layer.build(input_shape)
        if not self.to_scale.built:  # Keras on JAX wants all layers built
            self.to_scale.build((*input_shape[:-1], self.latent_dim))

    def call(self, features: Any) -> Any:
        mean = ops.cast(self.mean(features), "float32")
        return mean, spelled_out(self.to_scale, ops.cast(self.raw_scale(features), "float32"))

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = (*input_shape[:-1], self.latent_dim)
        return shape, shape


def projection(units: int, name: str, seed: int | None, part: int, dtype: Any) -> Any:
    """Return a dense layer with reproducible initial weights that differ from part to part."""
    initializer = keras.initializers.GlorotUniform(None if seed is None else seed + part)
    return keras.layers.Dense(units, kernel_initializer=initializer, dtype=dtype, name=name)
