"""The same networks in PyTorch: a plain loop, and Pythae's models, trainer and `get_nll`.

On a GPU where PyTorch finds one. The loop holds the data as one tensor and takes batches by
shuffled index; a DataLoader would collate images one by one and be slower.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from workloads import EPSILON, LEARNING_RATE, WORKLOADS, Workload, load

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cuda":
    torch.set_float32_matmul_precision("high")  # TF32, which JAX and TensorFlow use there too


class Loop:
    """A training loop as one writes it by hand, its loss compiled or not."""

    def __init__(self, compiled: bool = False) -> None:
        self._compiled = compiled

    def train(
        self, workload: str, batch: int, examples: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Train an epoch a round."""
        shape = WORKLOADS[workload]
        torch.manual_seed(0)
        x = tensor(load(shape, examples, data)).to(DEVICE)
        encoder, decoder = make_encoder(shape).to(DEVICE), make_decoder(shape).to(DEVICE)
        parameters = [*encoder.parameters(), *decoder.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=EPSILON)
        mixed = torch.autocast(DEVICE, torch.bfloat16, enabled=precision == "bfloat16")

        def batch_loss(rows: torch.Tensor) -> torch.Tensor:
            with mixed:
                return mean_loss(shape, encoder, decoder, rows)

        if self._compiled:
            batch_loss = torch.compile(batch_loss)
        yield
        while True:
            total = torch.zeros((), device=DEVICE)
            order = torch.randperm(examples, device=DEVICE)
            for start in range(0, examples, batch):
                rows = x[order[start : start + batch]]
                loss = batch_loss(rows)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
            yield {"loss": total.item() / examples}


class Pythae:
    """Pythae; its progress bar is off (TQDM_DISABLE)."""

    def train(
        self, workload: str, batch: int, examples: int, data: str, precision: str
    ) -> Iterator[Any]:
        """Train an epoch a round: `train_step` is the trainer's own loop over one."""
        shape = WORKLOADS[workload]
        trainer = pythae_trainer(shape, batch, load(shape, examples, data), precision)
        to_nats = 1.0 if shape.variational else 0.5  # Pythae's squared error isn't halved
        epoch = 0
        yield
        while True:
            epoch += 1
            yield {"loss": float(trainer.train_step(epoch)) * to_nats}

    def log_likelihood(
        self, train: int, samples: int, data: str, precision: str, images: int = 20
    ) -> Iterator[Any]:
        """Train a little, then `get_nll` of `images` with `samples` importance samples a round."""
        shape = WORKLOADS["dense_vae"]
        x = load(shape, train, data)
        trainer = pythae_trainer(shape, 128, x, precision)
        for epoch in (1, 2, 3):
            trainer.train_step(epoch)
        model, compared = trainer.model.eval(), tensor(x[:images]).to(DEVICE)
        yield
        while True:
            with torch.no_grad():
                nll = -float(model.get_nll(compared, n_samples=samples, batch_size=100))
            yield {"nll": nll, "images": images, "work": images * samples}


def mean_loss(shape: Workload, encoder: nn.Module, decoder: nn.Module, x: Any) -> Any:
    """Return a batch's mean loss: cross-entropy plus KL, or half the squared error."""
    if not shape.variational:
        error = functional.mse_loss(decoder(encoder(x)).float(), x, reduction="sum")
        return 0.5 * error / len(x)
    mean, log_var = encoder(x).float().chunk(2, dim=1)
    logits = decoder(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)).float()
    entropy = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mean.square() - log_var.exp())
    return (entropy + kl) / len(x)


def tensor(x: Any) -> torch.Tensor:
    """Return the data as PyTorch wants it, images with their channels first."""
    made = torch.from_numpy(x)
    return made.permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else made


def make_encoder(shape: Workload) -> nn.Sequential:
    """Return the network from an example to mean and log-variance, or to the code."""
    layers: list[nn.Module] = []
    channels, size = 1, shape.features
    for filters in shape.filters:
        layers += [nn.Conv2d(channels, filters, 3, stride=2, padding=1), nn.ReLU()]
        channels = filters
    if shape.filters:
        layers.append(nn.Flatten())
        size = math.prod(shape.start)
    for units in shape.units:
        layers += [nn.Linear(size, units), nn.ReLU()]
        size = units
    heads = 2 if shape.variational else 1
    return initialized([*layers, nn.Linear(size, heads * shape.latent_dim)])


def make_decoder(shape: Workload) -> nn.Sequential:
    """Return the network from latent to logits or means."""
    layers: list[nn.Module] = []
    size = shape.latent_dim
    for units in reversed(shape.units):
        layers += [nn.Linear(size, units), nn.ReLU()]
        size = units
    if not shape.filters:
        return initialized([*layers, nn.Linear(size, shape.features)])
    height, width, channels = shape.start
    layers += [nn.Linear(size, math.prod(shape.start)), nn.ReLU()]
    layers.append(nn.Unflatten(1, (channels, height, width)))
    for filters in reversed(shape.filters):
        step = nn.ConvTranspose2d(channels, filters, 3, 2, padding=1, output_padding=1)
        layers += [step, nn.ReLU()]
        channels = filters
    return initialized([*layers, nn.ConvTranspose2d(channels, 1, 3, padding=1)])


def initialized(layers: list[nn.Module]) -> nn.Sequential:
    """Return the network as Keras starts it: Glorot uniform kernels, zero biases."""
    for layer in layers:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def pythae_trainer(shape: Workload, batch: int, x: Any, precision: str) -> Any:
    """Return a trainer that is ready to train a new model."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import AE, VAE, AEConfig, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = make_encoder(shape)

        def forward(self, x: Any) -> Any:
            output = self.network(x)
            if not shape.variational:
                return ModelOutput(embedding=output)
            mean, log_var = output.chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_var)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = make_decoder(shape)

        def forward(self, latent: Any) -> Any:
            output = self.network(latent)
            return ModelOutput(reconstruction=output.sigmoid() if shape.variational else output)

    if precision != "float32":
        raise ValueError("Pythae takes part in float32 only")
    torch.manual_seed(0)
    sizes = {"input_dim": shape.input_shape, "latent_dim": shape.latent_dim}
    if shape.variational:
        model: Any = VAE(VAEConfig(**sizes, reconstruction_loss="bce"), Encoder(), Decoder())
    else:
        model = AE(AEConfig(**sizes), Encoder(), Decoder())
    config = BaseTrainerConfig(
        output_dir=tempfile.mkdtemp(dir="."),
        per_device_train_batch_size=batch,
        num_epochs=1,
        learning_rate=LEARNING_RATE,
        optimizer_params={"eps": EPSILON},
        seed=0,
        no_cuda=DEVICE == "cpu",
    )
    data = BaseDataset(tensor(x), torch.ones(len(x)))
    trainer = BaseTrainer(model, data, training_config=config)
    trainer.prepare_training()
    return trainer
