"""What the penalties of a code that was chosen share: the distance to what it stands for."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae.layers.penalties.penalty import Code, Penalty


class DistancePenalty(Penalty):
    """A penalty by the squared distance of features and latent, whichever side it moves."""

    def call(self, latent: Any, features: Any) -> Any:  # type: ignore[override]  # both
        self.penalize(Code(latent, features=features))
        return latent

    def compute_output_shape(self, latent_shape: Any, *_: Any, **__: Any) -> Any:
        return latent_shape


def features_of(code: Code) -> Any:
    """Return what the latent stands for, float32.

    Raises:
        ValueError: There is nothing of its shape.
    """
    shape = None if code.features is None else tuple(code.features.shape)
    if shape is None or shape[1:] != tuple(code.latent.shape)[1:]:
        raise ValueError(
            "`features` must be of the latent's shape, as those of a VectorQuantizer. "
            f"Received: {shape}, with a latent of shape {tuple(code.latent.shape)}"
        )
    return ops.cast(code.features, "float32")
