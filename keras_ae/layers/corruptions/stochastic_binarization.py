"""Black and white drawn from grey levels."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae.layers.corruptions.corruption import Corruption


@keras.saving.register_keras_serializable(package="keras_ae")
class StochasticBinarization(Corruption):
    """Draw each value as 0 or 1, its grey level the probability of a 1, in training only.

    Each element on its own:

        x_drawn ~ Bernoulli(x)

    As the `redraw` of a model it makes the dynamically binarized data that many likelihoods are
    published on: black and white images, drawn anew for each batch, input and target alike. Values
    that are 0 or 1 already stay what they are, so a model that redraws can be evaluated on a fixed
    draw, such as `keras_ae.datasets.binarize` makes. Don't compare likelihoods of one fixed draw
    for training with those of new draws: they are about 2 nats apart on MNIST.

    Args:
        seed: Integer >= 0 or None, seed of the draws. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`. In half precision the grey
            levels are rounded before they are drawn from.

    Call arguments:
        x: Tensor of shape (batch, ...), values in [0, 1].
        training: Whether to draw. Keras sets it in `fit` and `predict`.

    Returns:
        A tensor of x's shape, zeros and ones in the layer's compute dtype.

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `seed` is negative.

    Example:
        >>> import numpy as np
        >>> drawn = np.asarray(
        ...     StochasticBinarization(seed=0)(np.full((10, 1000), 0.25), training=True)
        ... )
        >>> [float(value) for value in np.unique(drawn)]
        [0.0, 1.0]
        >>> bool(abs(drawn.mean() - 0.25) < 0.02)
        True

    Reference:
        Salakhutdinov and Murray, On the Quantitative Analysis of Deep Belief Networks, 2008; drawn
        anew for each batch in Burda et al., Importance Weighted Autoencoders, 2016, section 5.
    """

    def corrupt(self, x: Any, seed: Any) -> Any:
        """Return zeros and ones drawn from `x`; see `Corruption.corrupt`."""
        x = self._converted(x)
        # float32 at any precision: bfloat16 has too few values between 0 and 1 to meet the rate.
        uniform = keras.random.uniform(ops.shape(x), dtype="float32", seed=seed)
        return ops.cast(uniform < ops.cast(x, "float32"), x.dtype)
