"""An autoencoder that is shown spoiled examples and asked for the clean ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.layers.bottlenecks import Bottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import Likelihood
from keras_ae.models.autoencoder import Autoencoder


@keras.saving.register_keras_serializable(package="keras_ae")
class DenoisingAutoencoder(Autoencoder):
    """corruption(x) -> encoder -> bottleneck -> decoder -> likelihood of the clean x.

    With a `corruption`, `fit(x)` corrupts inside, after the preprocessor, anew in each step;
    evaluation corrupts too, with noise that restarts from one seed. With `corruption=None`,
    `fit(noisy, clean)` trains on your own pairs. `predict`, `reconstruct` and `denoise` take their
    input as it is.

    Args:
        encoder: As in `Autoencoder`.
        bottleneck: As in `Autoencoder`.
        decoder: As in `Autoencoder`.
        likelihood: As in `Autoencoder`.
        corruption: A `Corruption` such as `MaskingNoise(0.3)`; None to train on pairs.
        preprocessor: As in `Autoencoder`.
        redraw: As in `Autoencoder`; the corruption then spoils what was drawn. It needs one.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A part is of the wrong type.
        ValueError: The decoder's output doesn't fit the data and the likelihood, or `redraw` comes
            without a corruption.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import DenseBottleneck, MaskingNoise, dense_decoder, dense_encoder
        >>> model = DenoisingAutoencoder(
        ...     encoder=dense_encoder((4,), units=(8,)),
        ...     bottleneck=DenseBottleneck(2),
        ...     decoder=dense_decoder((4,), latent_dim=2, units=(8,)),
        ...     corruption=MaskingNoise(0.3, seed=0),
        ... )
        >>> model.compile("adam")
        >>> history = model.fit(np.eye(4, dtype="float32"), verbose=0)
        >>> model.denoise(np.ones((1, 4), "float32")).shape
        (1, 4)

    Reference:
        Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders, 2008.
    """

    def __init__(
        self,
        encoder: Any,
        bottleneck: Bottleneck,
        decoder: Any,
        likelihood: Likelihood | None = None,
        corruption: Corruption | None = None,
        preprocessor: Any = None,
        redraw: Corruption | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(encoder, bottleneck, decoder, likelihood, preprocessor, redraw, **kwargs)
        expected = "a Corruption or None"
        self.corruption = _checks.instance("corruption", corruption, Corruption | None, expected)
        if corruption is None and redraw is not None:
            raise ValueError(
                "`redraw` must be None with pairs of your own: the target is theirs. "
                f"Received: redraw={redraw.name} and corruption=None"
            )
        self._build_if_outermost(DenoisingAutoencoder)

    @property
    def trains_on_pairs(self) -> bool:
        """Whether there is no corruption: the pairs of noisy and clean are the user's."""
        return self.corruption is None

    def denoise(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return the clean version of each example: `reconstruct`, by its name here.

        Args:
            x: Array of shape (examples, ...), noisy.
            batch_size: As in `reconstruct`.

        Returns:
            Array of x's shape.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        return self.reconstruct(x, batch_size)

    def _inputs(self, x: Any, training: bool | None) -> Any:
        inputs = super()._inputs(x, training)
        if self.corruption is None:
            return inputs
        if self._phase.testing:
            return self.corruption.corrupt(inputs, self._evaluation_noise)
        return self.corruption(inputs, training=training)

    def _check_pairing(self, name: str, paired: bool) -> None:
        if paired and self.corruption is not None:
            raise ValueError(
                f"`{name}` must come without a target: the model corrupts its input itself and "
                "the target is the "
                f"clean input. Received: a target, with corruption={self.corruption.name}"
            )
        if not paired and self.corruption is None:
            raise ValueError(
                f"`{name}` must come with its clean target, as in fit(noisy, clean), or the "
                "model needs a "
                "corruption, as in corruption=MaskingNoise(0.3). Received: no target and "
                "corruption=None"
            )
