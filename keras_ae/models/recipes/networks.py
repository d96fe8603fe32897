"""The networks that recipes choose from: one row each."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from keras_ae import _checks
from keras_ae.layers import networks

OWN = {"input_shape", "activation", "seed", "dtype", "name", "spatial"}  # set by the recipe


@dataclasses.dataclass(frozen=True)
class Network:
    """A pair of builders, and what recipes pass to them.

    Args:
        name: String, what a recipe's `network` calls it.
        encoder: Function that builds the encoder.
        decoder: Function that builds the decoder.
        sizes: Dict from the name of an argument of sizes, which the decoder has in reverse, to
            what it is by default.
        rank: Integer, the axes of an example; None for any.
        activated: Whether the builders take an activation.
        maps: Whether the builders take `spatial`, and keep maps if it is True.
        options: Dict of further arguments.
    """

    name: str
    encoder: Callable[..., Any]
    decoder: Callable[..., Any]
    sizes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    rank: int | None = None
    activated: bool = True
    maps: bool = False
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def further(self) -> list[str]:
        """The names of the arguments that `network_options` may have."""
        names = inspect.signature(self.encoder).parameters
        return [name for name in names if name not in OWN | {*self.sizes, *self.options}]


IMAGE, WINDOW = 3, 2  # axes of an example
NETWORKS = (
    Network("dense", networks.dense_encoder, networks.dense_decoder, {"units": (400, 200)}),
    Network(
        "conv",
        networks.conv_encoder,
        networks.conv_decoder,
        {"filters": (32, 64), "units": ()},
        IMAGE,
        maps=True,
    ),
    Network(
        "resnet",
        networks.resnet_encoder,
        networks.resnet_decoder,
        {"filters": (32, 64), "units": ()},
        IMAGE,
        maps=True,
    ),
    Network(
        "conv",
        networks.conv1d_encoder,
        networks.conv1d_decoder,
        {"filters": (32, 64), "units": ()},
        WINDOW,
    ),
    *(
        Network(
            cell,
            networks.recurrent_encoder,
            networks.recurrent_decoder,
            {"units": (64,)},
            WINDOW,
            activated=False,
            options={"cell": cell},
        )
        for cell in ("lstm", "gru")
    ),
    Network("tcn", networks.tcn_encoder, networks.tcn_decoder, {"filters": (32, 32, 32)}, WINDOW),
    Network("attention", networks.attention_encoder, networks.attention_decoder, rank=WINDOW),
)


def find_network(name: Any, input_shape: tuple[int, ...], argument: str = "network") -> Network:
    """Return the network of a name for examples of a shape; `argument` is whose name it is.

    Raises:
        ValueError: There is none.
    """
    rows = {row.name: row for row in NETWORKS if row.rank in (None, len(input_shape))}
    return rows[_checks.choice(argument, name, rows, f" for input_shape={input_shape}")]


def chosen_sizes(network: Network, **given: Any) -> dict[str, tuple[int, ...]]:
    """Return the sizes of a network's layers: those that are given, else its own.

    Raises:
        TypeError: They are no sequence of integers.
        ValueError: The network has none of that name.
    """
    for name, value in given.items():
        if value is not None and name not in network.sizes and len(value):
            takes = " and ".join(network.sizes) or "`network_options`"
            raise ValueError(
                f"`{name}` must be None for the network {network.name}, which takes {takes}. "
                f"Received: {name}={_checks.shown(value)}"
            )
    return {
        name: default if given[name] is None else given[name]
        for name, default in network.sizes.items()
    }


def further_options(network: Network, options: Any) -> dict[str, Any]:
    """Return `network_options`, checked by name; the builders check the values.

    Raises:
        TypeError: They are no dict, or the builders don't take one.
    """
    if options is None:
        return {}
    known = network.further
    if not isinstance(options, Mapping) or not set(options) <= set(known):
        among = ", ".join(known) or "none"
        raise TypeError(
            f"`network_options` must be a dict of options of the network {network.name}: {among}. "
            f"Received: network_options={_checks.shown(options)}"
        )
    return dict(options)
