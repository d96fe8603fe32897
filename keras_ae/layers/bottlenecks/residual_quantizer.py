"""Codebooks one after another, each for what the ones before left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks.codebook import nearest
from keras_ae.layers.bottlenecks.codebook_quantizer import CodebookQuantizer
from keras_ae.layers.penalties import Code, Penalty


@keras.saving.register_keras_serializable(package="keras_ae")
class ResidualQuantizer(Configured, CodebookQuantizer):
    """Replace the vector at each place by a sum of codes: each stage's is the nearest to the rest.

        rest_1 = features @ kernel + bias
        code_s = the vector of codebook s nearest to rest_s,    rest_s+1 = rest_s - code_s
        latent = code_1 + ... + code_stages

    So `stages` indices a place tell codes**stages latents apart, with stages * codes vectors. One
    stage is a `VectorQuantizer`. Penalties see codes and rests of all stages, of shape (batch,
    ..., stages, latent_dim).

    Endpoints and logs are those of `Quantizer`, except that indices have a last axis of `stages`;
    `perplexity` and `used_share` are means over the stages.

    Args:
        latent_dim: Integer >= 1, numbers of a code.
        stages: Integer >= 1, number of codebooks.
        codes: Integer >= 2, number of vectors in each.
        decay: As in `VectorQuantizer`.
        gradient: As in `VectorQuantizer`.
        dead_below: As in `VectorQuantizer`.
        penalty: As in `VectorQuantizer`.
        seed: As in `VectorQuantizer`.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).

    Returns:
        The latent, of shape (batch, latent_dim) or (batch, height, width, latent_dim), float32.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range, or `dead_below` is given without averages.

    Example:
        >>> import numpy as np
        >>> bottleneck = ResidualQuantizer(3, stages=2, codes=8, seed=0)
        >>> features = np.random.default_rng(0).normal(size=(5, 4))
        >>> bottleneck(features).shape == (5, 3)
        True
        >>> tuple(bottleneck.choose(bottleneck.project(features)).shape)
        (5, 2)

    Reference:
        Lee et al., Autoregressive Image Generation using Residual Quantization, 2022, section 3.1;
        Zeghidour et al., SoundStream, 2021, section III-C.
    """

    def __init__(
        self,
        latent_dim: int,
        stages: int = 4,
        codes: int = 512,
        decay: float | None = 0.99,
        gradient: str = "straight_through",
        dead_below: float | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, codes, decay, gradient, dead_below, penalty, seed, **kwargs)
        self.stages = self._codebooks = _checks.integer("stages", stages, minimum=1)
        self.codebooks = [self.make_codebook(f"codebook_{s}", s) for s in range(self.stages)]

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        for codebook in self.codebooks:
            if not codebook.built:
                codebook.build()

    def call(self, features: Any, training: bool | None = None) -> Any:
        projected = self.project(features)
        rests, indices, codes = self._stages(projected)
        self._chosen.values = ops.stack(indices, axis=-1)
        stacked = Code(ops.stack(codes, axis=-2), features=ops.stack(rests, axis=-2))
        self.penalize(stacked._replace(training=bool(training)))
        if training and self.trainable:
            for codebook, rest, chosen in zip(self.codebooks, rests, indices, strict=True):
                codebook.update(rest, chosen)
        return self.passed(projected, sum(codes[1:], codes[0]))

    def choose(self, features: Any) -> Any:
        """Return the index of each stage's code at each place, int32: (batch, ..., stages)."""
        return ops.stack(self._stages(features)[1], axis=-1)

    def embed(self, indices: Any) -> Any:
        """Return the sum of the codes of each place, of shape (batch, ..., latent_dim)."""
        first, *others = self.codebooks
        latent = first.embedded(indices[..., 0])
        for stage, codebook in enumerate(others, start=1):
            latent = latent + codebook.embedded(indices[..., stage])
        return latent

    def code_of(self, features: Any) -> Any:
        """Return the sum of the codes for what `project` returns, of its shape."""
        codes = self._stages(features)[2]
        return sum(codes[1:], codes[0])

    def plain_code(self, features: Any) -> Any:
        """Return the codes of symbolic features, by Keras' own layers and operations."""
        rest = ops.cast(spelled_out(self.head, features), "float32")
        latent = ops.zeros_like(rest)
        for codebook in self.codebooks:
            vectors = codebook.plain_vectors(rest)
            code = ops.take(vectors, nearest(rest, vectors), axis=0)
            rest, latent = rest - code, latent + code
        return latent

    def _stages(self, features: Any) -> tuple[list[Any], list[Any], list[Any]]:
        """Return each stage's rest, index and code; only the rest's gradient is the features'."""
        rests, indices, codes = [features], [], []
        for codebook in self.codebooks:
            indices.append(codebook.nearest(rests[-1]))
            codes.append(codebook.embedded(indices[-1]))
            rests.append(rests[-1] - ops.stop_gradient(codes[-1]))
        return rests[:-1], indices, codes
