"""Networks that suit the data, and a model of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae import _checks, layers


def default_likelihood(input_shape: tuple[int, ...]) -> layers.Likelihood:
    """Return Bernoulli for images in [0, 1], else a Gaussian with a learned scale.

    Vectors and windows of a series, of shape (steps, channels), aren't images.

    Args:
        input_shape: Tuple, an example's shape.

    Returns:
        A new `Likelihood`.

    Example:
        >>> type(default_likelihood((28, 28, 1))).__name__
        'BernoulliLikelihood'
    """
    if len(_checks.shape("input_shape", input_shape)) > 2:
        return layers.BernoulliLikelihood()
    return layers.GaussianLikelihood(layers.SharedScale())


def compose(
    model: Any,
    input_shape: tuple[int, ...],
    bottleneck: layers.Bottleneck,
    likelihood: layers.Likelihood | None = None,
    preprocessor: Any = None,
    units: Sequence[int] | None = None,
    filters: Sequence[int] | None = None,
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    corruption: layers.Corruption | None = None,
    redraw: layers.Corruption | None = None,
    spatial: bool = False,
    **unknown: Any,
) -> Any:
    """Return a model with networks that suit the input: dense or convolutional.

    Its parts are named "encoder", "bottleneck" and "decoder", where the recipe names that one so,
    and their variables' paths with them, as a `keras.distribution.LayoutMap` addresses them.

    Args:
        model: The class: `Autoencoder`, `DenoisingAutoencoder` or `VariationalAutoencoder`.
        input_shape: Tuple, an example's shape.
        bottleneck: A `Bottleneck`.
        likelihood: A `Likelihood`; None for `default_likelihood(input_shape)`.
        preprocessor: As in `Autoencoder`.
        units: Sizes of the encoder's dense layers, mirrored in the decoder. None gives (400, 200)
            for vectors, none beside the convolutions for images.
        filters: Filters of the encoder's convolutions, mirrored in the decoder, for inputs of
            shape (height, width, channels); None gives (32, 64), and () dense layers instead.
        activation: Keras activation of the hidden layers.
        seed: Integer >= 0 or None, seed of the initial weights.
        dtype: Keras dtype policy of the networks.
        corruption: A `Corruption` for a `DenoisingAutoencoder`.
        redraw: As in `Autoencoder`.
        spatial: Whether the code is a map: convolutions without dense layers, for images.
        **unknown: Must be empty.

    Returns:
        The model, built.

    Raises:
        TypeError: An option is of the wrong type or unknown.
        ValueError: An option is out of range.

    Example:
        >>> from keras_ae.layers import DenseBottleneck
        >>> from keras_ae.models import Autoencoder
        >>> compose(Autoencoder, (4,), DenseBottleneck(2), units=(8,)).example_shape
        (4,)
    """
    if unknown:
        raise TypeError(
            "Options must be among likelihood, preprocessor, units, filters, activation, seed, "
            "dtype, redraw and the "
            f"recipe's own. Received: {', '.join(sorted(unknown))}"
        )
    input_shape = _checks.shape("input_shape", input_shape)
    likelihood = default_likelihood(input_shape) if likelihood is None else likelihood
    _checks.instance("likelihood", likelihood, layers.Likelihood, "a Likelihood or None")
    if filters is None:
        filters = (32, 64) if len(input_shape) == 3 and units is None else ()
    if spatial and not filters:
        raise ValueError(
            "A spatial code is of images and convolutions: `input_shape` must be (height, width, "
            "channels) and `filters` not empty. "
            f"Received: input_shape={input_shape}, filters={_checks.shown(filters)}"
        )
    if units is None:
        units = () if filters else (400, 200)
    units = _checks.integers("units", units, empty=True)
    filters = _checks.integers("filters", filters, empty=True)
    latent_dim = _checks.instance(
        "bottleneck", bottleneck, layers.Bottleneck, "a Bottleneck"
    ).latent_dim
    if not callable(model):  # a class, or a partial call of one
        raise TypeError(
            f"`model` must be a class of autoencoders. Received: model={_checks.shown(model)}"
        )
    shared: dict[str, Any] = {"activation": activation, "dtype": dtype}
    up: dict[str, Any] = {
        "parameters_per_output": likelihood.parameters_per_output,
        "units": tuple(reversed(units)),
        "seed": seed,
        "name": "decoder",
        **shared,
    }
    if filters:
        encoder = layers.conv_encoder(
            input_shape,
            filters,
            units=units,
            seed=seed,
            spatial=spatial,
            name="encoder",
            **shared,
        )
        decoder = layers.conv_decoder(
            input_shape, latent_dim, tuple(reversed(filters)), spatial=spatial, **up
        )
    else:
        encoder = layers.dense_encoder(input_shape, units, seed=seed, name="encoder", **shared)
        decoder = layers.dense_decoder(input_shape, latent_dim, **up)
    bottleneck.build(encoder.output_shape)  # here: its variables' paths start with its name
    parts: dict[str, Any] = {} if corruption is None else {"corruption": corruption}
    parts |= {"preprocessor": preprocessor, "redraw": redraw, "dtype": dtype}
    return model(encoder, bottleneck, decoder, likelihood, **parts)
