"""The networks in PyTorch, for the plain loop and for Pythae."""

from __future__ import annotations

import importlib.metadata
import math
from typing import Any

import torch
from torch import nn
from workloads import Workload


def encoder(workload: Workload, heads: int) -> nn.Sequential:
    """Return the network from an example to `heads` * latent_dim numbers."""
    layers: list[nn.Module] = []
    channels = 1
    for filters in workload.filters:
        layers += [nn.Conv2d(channels, filters, 3, stride=2, padding=1), nn.ReLU()]
        channels = filters
    size = workload.features
    if workload.convolutional:
        layers.append(nn.Flatten())
        size = math.prod(workload.start)
    for units in workload.units:
        layers += [nn.Linear(size, units), nn.ReLU()]
        size = units
    layers.append(nn.Linear(size, heads * workload.latent_dim))
    return initialized(nn.Sequential(*layers))


def decoder(workload: Workload, activation: nn.Module | None = None) -> nn.Sequential:
    """Return the network from latent to logits or means, then `activation`."""
    layers: list[nn.Module] = []
    size = workload.latent_dim
    if workload.convolutional:
        height, width, channels = workload.start
        layers += [nn.Linear(size, math.prod(workload.start)), nn.ReLU()]
        layers.append(nn.Unflatten(1, (channels, height, width)))
        for filters in reversed(workload.filters):
            step = nn.ConvTranspose2d(channels, filters, 3, 2, padding=1, output_padding=1)
            layers += [step, nn.ReLU()]
            channels = filters
        layers.append(nn.ConvTranspose2d(channels, 1, 3, padding=1))
    else:
        for units in reversed(workload.units):
            layers += [nn.Linear(size, units), nn.ReLU()]
            size = units
        layers.append(nn.Linear(size, workload.features))
    if activation is not None:
        layers.append(activation)
    return initialized(nn.Sequential(*layers))


def initialized(network: nn.Sequential) -> nn.Sequential:
    """Start as Keras does: Glorot uniform kernels, zero biases."""
    for layer in network:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def channels_first(x: Any, workload: Workload) -> torch.Tensor:
    """Return the data as PyTorch wants it."""
    tensor = torch.from_numpy(x)
    return tensor.permute(0, 3, 1, 2).contiguous() if workload.convolutional else tensor


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of PyTorch and `packages`."""
    return {name: importlib.metadata.version(name) for name in ("torch", *packages)}


def threads() -> str:
    """Say how many threads PyTorch takes by default."""
    return f"torch's default, {torch.get_num_threads()} threads"
