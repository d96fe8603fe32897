"""The nearest vector of a codebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks.codebook import nearest
from keras_ae.layers.bottlenecks.codebook_quantizer import CodebookQuantizer
from keras_ae.layers.penalties import Code, Penalty


@keras.saving.register_keras_serializable(package="keras_ae")
class VectorQuantizer(Configured, CodebookQuantizer):
    """Replace the vector at each place by the nearest of a codebook's vectors.

        projected = features @ kernel + bias
        latent    = the vector v of the codebook with the smallest |projected - v|**2

    The codebook follows the vectors it stands for: by moving averages in training calls, as
    `BatchNormalization` has them (sample weights don't count there), or by the gradient of a
    `CodebookPenalty`. No gradient of the decoder reaches it. By its gradient, a code that nothing
    chooses stays where it is; with `learned_map` the codes are a trained matrix times frozen
    random vectors, so that each step moves all of them.

    Endpoints, logs and shapes are those of `Quantizer`.

    Args:
        latent_dim: Integer >= 1, numbers of a code.
        codes: Integer >= 2, number of vectors in the codebook.
        decay: Number > 0 and < 1, of the moving averages, a step. None for a codebook that is
            trained by its gradient, with a penalty that is logged as `codebook`.
        gradient: String, how the decoder's gradient passes to the features: "straight_through",
            unchanged; or "rotation", turned and stretched as the features are to become the
            latent.
        dead_below: Number >= 0 and < 1. In training, a code that stands for less than this share
            of features / codes, by the moving averages, is set to a random vector of the batch;
            0 for never. None for 0.05 with moving averages; without, it must be None.
        penalty: A `Penalty` of a code without a posterior, a sequence of them, or None for
            `CommitmentPenalty()`.
        seed: Integer >= 0 or None, seed of the initial weights and of the vectors drawn for dead
            codes. The state of the latter is saved with the model.
        learned_map: Whether the codes are random vectors that stay as they are, times a matrix
            that is trained, at first the identity. Needs decay=None.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim), float32.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range, `dead_below` is given without averages, or
            `learned_map` with them.

    Example:
        >>> import numpy as np
        >>> bottleneck = VectorQuantizer(3, codes=8, seed=0)
        >>> features = np.random.default_rng(0).normal(size=(2, 4, 4, 5))
        >>> bottleneck(features).shape == (2, 4, 4, 3)
        True
        >>> indices = bottleneck.choose(bottleneck.project(features))
        >>> tuple(indices.shape)
        (2, 4, 4)
        >>> np.array_equal(bottleneck.embed(indices), bottleneck(features))
        True

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, equation 3 and
        appendix A.1 (moving averages); Fifty et al., Restructuring Vector Quantization with the
        Rotation Trick, 2024; Dhariwal et al., Jukebox, 2020, section 3.1 (random restarts); Zhu et
        al., Addressing Representation Collapse in Vector Quantized Models with One Linear Layer,
        2024 (the learned map).
    """

    def __init__(
        self,
        latent_dim: int,
        codes: int = 512,
        decay: float | None = 0.99,
        gradient: str = "straight_through",
        dead_below: float | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        learned_map: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            latent_dim, codes, decay, gradient, dead_below, penalty, seed, learned_map, **kwargs
        )
        self.codebook = self.make_codebook("codebook")

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if not self.codebook.built:
            self.codebook.build()

    def call(self, features: Any, training: bool | None = None) -> Any:
        projected = self.project(features)
        indices = self._chosen.values = self.choose(projected)
        latent = self.embed(indices)
        self.penalize(Code(latent, features=projected, training=bool(training)))
        if training and self.trainable:
            self.codebook.update(projected, indices)
        return self.passed(projected, latent)

    def choose(self, features: Any) -> Any:
        """Return the index of the vector nearest to that of each place, int32."""
        return self.codebook.nearest(features)

    def embed(self, indices: Any) -> Any:
        """Return the vector of each index, of shape (batch, ..., latent_dim)."""
        return self.codebook.embedded(indices)

    def plain_code(self, features: Any) -> Any:
        """Return the codes of symbolic features, by Keras' own layers and operations."""
        projected = ops.cast(spelled_out(self.head, features), "float32")
        vectors = self.codebook.plain_vectors(projected)
        return ops.take(vectors, nearest(projected, vectors), axis=0)
