"""Pythae with the same networks: its models, its trainer's epochs, its `get_nll`."""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, VAE, AEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from workloads import EPSILON, LEARNING_RATE, WORKLOADS, Workload, load

from contestants import _torch_networks as networks


class Encoder(BaseEncoder):
    """The workload's encoder as Pythae wants it."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        self.variational = workload.variational
        self.network = networks.encoder(workload, heads=2 if workload.variational else 1)

    def forward(self, x: Any) -> Any:
        """Return mean and log-variance, or the code."""
        output = self.network(x)
        if not self.variational:
            return ModelOutput(embedding=output)
        mean, log_var = output.chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_var)


class Decoder(BaseDecoder):
    """The workload's decoder as Pythae wants it: to probabilities for a VAE."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        activation = torch.nn.Sigmoid() if workload.variational else None
        self.network = networks.decoder(workload, activation)

    def forward(self, latent: Any) -> Any:
        """Return the reconstruction."""
        return ModelOutput(reconstruction=self.network(latent))


class PythaeTrainer:
    """Pythae; its progress bar is off (TQDM_DISABLE)."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what runs."""
        return networks.versions("pythae")

    def threads(self) -> str:
        """Say how many threads are used."""
        return networks.threads()

    def train(
        self, gate: Any, workload: str, batch: int, examples: int, data: str | None, seed: int
    ) -> None:
        """Train until the gate ends it: `train_step` is the trainer's own loop over one epoch."""
        shape = WORKLOADS[workload]
        trainer = make_trainer(shape, batch, load(data, examples, shape), seed)
        # Pythae's squared error isn't halved.
        to_nats = 1.0 if shape.variational else 0.5
        loss, epoch = None, 0
        while True:
            gate(loss)
            epoch += 1
            loss = trainer.train_step(epoch) * to_nats

    def log_likelihood(
        self, gate: Any, data: str, train: int, images: int, compared: int, samples: int, seed: int
    ) -> None:
        """Train a little, then `get_nll` of `images` with `samples` importance samples a round."""
        if compared != images:
            raise ValueError("get_nll returns the mean of all images: `compared` must be `images`")
        shape = WORKLOADS["dense_vae"]
        x = load(data, train, shape)
        trainer = make_trainer(shape, 128, x, seed)
        for epoch in (1, 2, 3):
            trainer.train_step(epoch)
        model = trainer.model.eval()
        tensor = networks.channels_first(x[:images], shape)
        value = None
        while True:
            gate(value)
            with torch.no_grad():
                value = -float(model.get_nll(tensor, n_samples=samples, batch_size=100))


def make_trainer(workload: Workload, batch: int, x: Any, seed: int) -> Any:
    """Return a trainer that is ready to train a new model."""
    torch.manual_seed(seed)
    sizes = {"input_dim": workload.input_shape, "latent_dim": workload.latent_dim}
    parts = {"encoder": Encoder(workload), "decoder": Decoder(workload)}
    if workload.variational:
        model: Any = VAE(VAEConfig(**sizes, reconstruction_loss="bce"), **parts)
    else:
        model = AE(AEConfig(**sizes), **parts)
    config = BaseTrainerConfig(
        output_dir=tempfile.mkdtemp(dir="."),
        per_device_train_batch_size=batch,
        num_epochs=1,
        learning_rate=LEARNING_RATE,
        optimizer_params={"eps": EPSILON},
        seed=seed,
        no_cuda=True,
    )
    data = BaseDataset(networks.channels_first(x, workload), torch.ones(len(x)))
    trainer = BaseTrainer(model, data, training_config=config)
    trainer.prepare_training()
    return trainer


def make(variant: str) -> PythaeTrainer:
    """Return the contestant; it has no variants."""
    if variant:
        raise ValueError(f"Pythae has no variants. Received: {variant}")
    return PythaeTrainer()
