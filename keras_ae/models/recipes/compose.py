"""Networks that suit the data, and a model of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras_ae import _checks, layers
from keras_ae.models.recipes.networks import (
    Network,
    chosen_sizes,
    find_network,
    further_options,
)

AUTO = "auto"  # the activation of a network's builders


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
    if len(_checks.shape("input_shape", input_shape, any_size=True)) > 2:
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
    activation: Any = AUTO,
    seed: int | None = None,
    dtype: Any = None,
    corruption: layers.Corruption | None = None,
    redraw: layers.Corruption | None = None,
    spatial: bool | None = False,
    network: str | None = None,
    network_options: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> Any:
    """Return a model with networks that suit the input, or that are asked for.

    Its parts are named "encoder", "bottleneck" and "decoder", where the recipe names that one so,
    and their variables' paths with them, as a `keras.distribution.LayoutMap` addresses them.

    Args:
        model: The class: `Autoencoder`, `DenoisingAutoencoder` or `VariationalAutoencoder`.
        input_shape: Tuple, an example's shape.
        bottleneck: A `Bottleneck`.
        likelihood: A `Likelihood`; None for `default_likelihood(input_shape)`.
        preprocessor: As in `Autoencoder`.
        units: Sizes of the encoder's dense or recurrent layers, mirrored in the decoder. None
            gives (400, 200) for dense networks, (64,) for recurrent ones, and none beside
            convolutions.
        filters: Filters of the encoder's convolutions, mirrored in the decoder, for images and
            windows; None gives (32, 64), () dense layers instead.
        activation: Keras activation of the hidden layers; "auto" for the network's own: swish of
            a resnet, relu of all others.
        seed: Integer >= 0 or None, seed of the initial weights.
        dtype: Keras dtype policy of the networks.
        corruption: A `Corruption` for a `DenoisingAutoencoder`.
        redraw: As in `Autoencoder`.
        spatial: Whether the code is a map: convolutions without dense layers, for images. None:
            where the network is of convolutions and no `units` are given.
        network: String: dense; conv, for images and windows (steps, channels); resnet, for
            images; lstm, gru, tcn or attention, for windows. None gives conv for images, and where
            `filters` are given, and dense for the rest.
        network_options: Dict of what else the network's builders take, such as {"causal": True};
            None for none.
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
    refuse_unknown(
        unknown,
        "likelihood, preprocessor, network, network_options, units, filters, activation, seed, "
        "dtype, redraw",
    )
    input_shape = _checks.shape("input_shape", input_shape, any_size=True)
    likelihood = default_likelihood(input_shape) if likelihood is None else likelihood
    _checks.instance("likelihood", likelihood, layers.Likelihood, "a Likelihood or None")
    chosen, given = suited_network(input_shape, network, units, filters)
    if spatial is None:
        spatial = chosen.maps and not given["units"]
    if _checks.boolean("spatial", spatial) and not chosen.maps:
        raise ValueError(
            "A spatial code is of images and convolutions: `input_shape` must be (height, width, "
            "channels), `filters` not empty and `network` conv or resnet. Received: input_shape="
            f"{input_shape}, filters={_checks.shown(filters)}, network={_checks.shown(network)}"
        )
    sizes = chosen_sizes(chosen, **given)
    width = _checks.instance("bottleneck", bottleneck, layers.Bottleneck, "a Bottleneck").width
    if not callable(model):  # a class, or a partial call of one
        raise TypeError(
            f"`model` must be a class of autoencoders. Received: model={_checks.shown(model)}"
        )
    shared = {"seed": seed, "dtype": dtype}
    shared |= builder_options(chosen, network_options, activation)
    if spatial:
        shared["spatial"] = True
    encoder = chosen.encoder(input_shape, **sizes, name="encoder", **shared)
    decoder = chosen.decoder(
        input_shape,
        width,
        parameters_per_output=likelihood.parameters_per_output,
        **{name: tuple(reversed(each)) for name, each in sizes.items()},
        name="decoder",
        **shared,
    )
    bottleneck.build(encoder.output_shape)  # here: its variables' paths start with its name
    parts: dict[str, Any] = {} if corruption is None else {"corruption": corruption}
    parts |= {"preprocessor": preprocessor, "redraw": redraw, "dtype": dtype}
    return model(encoder, bottleneck, decoder, likelihood, **parts)


def suited_network(
    input_shape: tuple[int, ...], network: Any, units: Any, filters: Any
) -> tuple[Network, dict[str, Any]]:
    """Return the network that is named, else one that suits, and the sizes given, checked."""
    given = {
        "units": None if units is None else _checks.integers("units", units, empty=True),
        "filters": None if filters is None else _checks.integers("filters", filters, empty=True),
    }
    if network is None:
        network = _suited(input_shape, **given)
    return find_network(network, input_shape), given


def builder_options(network: Network, further: Any, activation: Any) -> dict[str, Any]:
    """Return a network's own options, further ones and, unless it is AUTO, the activation."""
    options = {**network.options, **further_options(network, further)}
    if network.activated and not _checks.is_word(activation, AUTO):
        options["activation"] = activation
    return options


def _suited(input_shape: tuple[int, ...], units: Any, filters: Any) -> str:
    """Return the network where none is named: convolutions for filters, and for images.

    Windows of a series get dense layers unless filters are given: where a code has tens of numbers
    a window, no other network reconstructs better for its time (docs/series.md).
    """
    axes = len(input_shape)
    image = axes == 3 and units is None and filters is None
    return "conv" if image or (filters and axes in (2, 3)) else "dense"


def refuse_unknown(unknown: Mapping[str, Any], known: str) -> None:
    """Raise a TypeError that lists the known options of recipes if there are unknown ones."""
    if unknown:
        raise TypeError(
            f"Options must be among {known} and the recipe's own. "
            f"Received: {', '.join(sorted(unknown))}"
        )
