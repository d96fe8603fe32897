"""A plain PyTorch training loop: the data a tensor, batches by shuffled index, Adam."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from workloads import EPSILON, LEARNING_RATE, WORKLOADS, load

from contestants import _torch_networks as networks


class TorchLoop:
    """Hand-written; no DataLoader, which would collate images one by one and be slower."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what runs."""
        return networks.versions()

    def threads(self) -> str:
        """Say how many threads are used."""
        return networks.threads()

    def train(
        self, gate: Any, workload: str, batch: int, examples: int, data: str | None, seed: int
    ) -> None:
        """Train until the gate ends it."""
        shape = WORKLOADS[workload]
        torch.manual_seed(seed)
        x = networks.channels_first(load(data, examples, shape), shape)
        encoder = networks.encoder(shape, heads=2 if shape.variational else 1)
        decoder = networks.decoder(shape)
        parameters = [*encoder.parameters(), *decoder.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=EPSILON)
        mean_loss = None
        while True:
            gate(mean_loss)
            total = torch.zeros(())
            order = torch.randperm(examples)
            for start in range(0, examples, batch):
                rows = x[order[start : start + batch]]
                if shape.variational:
                    mean, log_var = encoder(rows).chunk(2, dim=1)
                    latent = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
                    entropy = functional.binary_cross_entropy_with_logits(
                        decoder(latent), rows, reduction="sum"
                    )
                    kl = -0.5 * torch.sum(1 + log_var - mean.square() - log_var.exp())
                    loss = (entropy + kl) / len(rows)
                else:
                    error = functional.mse_loss(decoder(encoder(rows)), rows, reduction="sum")
                    loss = 0.5 * error / len(rows)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
            mean_loss = total.item() / examples


def make(variant: str) -> TorchLoop:
    """Return the contestant; it has no variants."""
    if variant:
        raise ValueError(f"the PyTorch loop has no variants. Received: {variant}")
    return TorchLoop()
