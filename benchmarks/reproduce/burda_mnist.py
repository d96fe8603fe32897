"""Row 1: Burda et al., one stochastic layer, MNIST drawn anew for each batch, in nats.

Published test negative log-likelihood, by 5,000 importance samples: 86.76 for the variational
autoencoder with one sample (--objective vae --k 1), 85.54 for the importance-weighted autoencoder
with five (--objective iwae --k 5). Their set-up: tanh networks 784-200-200-50 and back, batch 20,
Adam with epsilon 1e-4 and learning rate 1e-3 * 10**(-i / 7) in stage i of 3**i epochs, i = 0 ... 7
(3,280 epochs), biases of the output from the training means. Test pixels are drawn once.

    python -m benchmarks.reproduce.burda_mnist --data mnist.npz --objective vae --k 1 --stages 6

Stages 0 ... 5 are 364 epochs. At the end of each stage, and every 20 epochs within one, the first
2,000 test images are estimated with 500 samples, the result is written, and a checkpoint: a run
that was killed goes on from there when it is started again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._runs import load_digits, parser, report, with_machine, write
from keras_ae.datasets import Dataset, binarize

PUBLISHED = {("vae", 1): 86.76, ("iwae", 5): 85.54}
NAMES = {"vae": "VAE", "iwae": "importance-weighted autoencoder"}
RESULTS = Path(__file__).parents[1] / "results" / "reproduce"
EVERY = 20  # epochs from one point of the curve to the next
IMAGES = 2000  # of the curve's estimates


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train stage by stage, from the checkpoint if there is one; return the result."""
    arguments = _arguments(argv)
    started = time.time()
    data = load_digits(arguments.data, arguments.quick)
    data.x_train.setflags(write=False)
    settings = {
        "objective": arguments.objective,
        "k": arguments.k,
        "batch_size": arguments.batch_size,
        "seed": arguments.seed,
        "sha256": data.sha256,
        "examples": len(data.x_train),
    }
    checkpoint = Checkpoint(arguments.checkpoint, settings)
    model, state = checkpoint.load() or (make(data, arguments), {"epoch": 0, "curve": []})
    before = state.get("minutes", 0.0)  # those of earlier parts of this run
    fixed = binarize(data.x_test, seed=arguments.seed)
    for stage, first, last in segments(arguments.stages):
        if last <= state["epoch"]:
            continue
        history = train(model, data, arguments, stage, first, last)
        nats, _ = estimate(model, fixed[:IMAGES], arguments.curve_samples)
        point = {"epoch": last, "stage": stage, "train_loss": history["loss"][-1], "nll": nats}
        state = {"epoch": last, "curve": [*state["curve"], point]}
        state["minutes"] = before + (time.time() - started) / 60
        checkpoint.save(model, state)
        _report(arguments, settings, state, None, data, started, before)
    final = estimate(model, fixed, arguments.samples)
    return _report(arguments, settings, state, final, data, started, before)


def segments(stages: int) -> list[tuple[int, int, int]]:
    """Return (stage, first epoch, last epoch) of each piece from one evaluation to the next.

    >>> segments(4)
    [(0, 0, 1), (1, 1, 4), (2, 4, 13), (3, 13, 33), (3, 33, 40)]
    """
    pieces, epoch = [], 0
    for stage in range(stages):
        end = epoch + 3**stage
        while epoch < end:
            pieces.append((stage, epoch, min(epoch + EVERY, end)))
            epoch = pieces[-1][2]
    return pieces


def make(data: Dataset, arguments: argparse.Namespace) -> Any:
    """Return the compiled network with the paper's initial weights."""
    import keras

    import keras_ae
    from keras_ae import layers

    keras.utils.set_random_seed(arguments.seed)
    options = {} if arguments.objective == "vae" else {"num_samples": arguments.k}
    to_scale = layers.LogVarianceScale()
    kinds = {
        "vae": keras_ae.VariationalAutoencoder,
        "iwae": keras_ae.ImportanceWeightedAutoencoder,
    }
    networks: dict[str, Any] = {"units": (200, 200), "activation": "tanh", "seed": arguments.seed}
    model = kinds[arguments.objective](
        encoder=layers.dense_encoder((784,), **networks),
        bottleneck=layers.NormalBottleneck(50, to_scale=to_scale, seed=arguments.seed),
        decoder=layers.dense_decoder((784,), 50, **networks),
        redraw=layers.StochasticBinarization(seed=arguments.seed),
        **options,
    )
    mean = np.clip(data.x_train.mean(0, dtype="float64"), 0.001, 0.999)
    model.decoder.layers[-1].bias.assign(np.log(mean / (1 - mean)))
    optimizer = keras.optimizers.Adam(1e-3, epsilon=1e-4)
    # Not "auto": a resumed run could choose another way, which has another noise.
    model.compile(optimizer, jit_compile=True, steps_per_execution=60)
    return model


def train(
    model: Any, data: Dataset, arguments: argparse.Namespace, stage: int, first: int, last: int
) -> dict[str, list[float]]:
    """Train from one epoch to another of a stage; what it draws depends on seed and epoch."""
    import keras

    keras.utils.set_random_seed(10_000 * arguments.seed + first)
    model.optimizer.learning_rate = 1e-3 * 10 ** (-stage / 7)
    return model.fit(
        data.x_train,
        batch_size=arguments.batch_size,
        initial_epoch=first,
        epochs=last,
        verbose=2,
    ).history


def estimate(model: Any, x: np.ndarray, samples: int) -> tuple[float, float]:
    """Return the mean negative log-likelihood in nats, and its standard error over images."""
    each = -model.log_likelihood(x, num_samples=samples, verbose=0).astype("float64")
    return round(float(each.mean()), 3), round(float(each.std() / np.sqrt(len(each))), 3)


class Checkpoint:
    """The last model of a run and what is known of it, in a folder; replaced as a whole."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder, self.settings = folder, settings
        self.state = folder / "state.json"

    def load(self) -> tuple[Any, dict[str, Any]] | None:
        """Return model and state, None where there is no checkpoint yet."""
        import keras

        import keras_ae  # noqa: F401 - makes the classes known

        if not self.state.exists():
            return None
        state = json.loads(self.state.read_text("utf-8"))
        if state["settings"] != self.settings:
            raise SystemExit(
                f"--checkpoint must be of a run with these settings: {self.settings}. "
                f"Received: {self.folder} with {state['settings']}"
            )
        return keras.models.load_model(self.folder / state["model"]), state

    def save(self, model: Any, state: dict[str, Any]) -> None:
        """Write the model, then the state that names it, then remove the earlier model."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"epoch_{state['epoch']:05d}.keras"
        beside = self.folder / "part.keras"
        model.save(beside)
        os.replace(beside, self.folder / name)
        write({**state, "model": name, "settings": self.settings}, self.state)
        for other in self.folder.glob("epoch_*.keras"):
            if other.name != name:
                other.unlink()


def _report(
    arguments: argparse.Namespace,
    settings: dict[str, Any],
    state: dict[str, Any],
    final: tuple[float, float] | None,
    data: Dataset,
    started: float,
    before: float,
) -> dict[str, Any]:
    epochs, point = state["epoch"], state["curve"][-1]
    here = f"{point['nll']:.2f} ({arguments.curve_samples} samples, {IMAGES:,} images)"
    if final is not None:
        here = f"{final[0]:.2f} +- {final[1]:.2f}"
    published = PUBLISHED.get((settings["objective"], settings["k"]))
    batch = "" if settings["batch_size"] == 20 else f", batch {settings['batch_size']}"
    what = (
        f"Burda et al., {NAMES[settings['objective']]}, k = {settings['k']}{batch}: "
        f"test nats, after {epochs:,} of 3,280 epochs"
    )
    result = {
        "row": 1,
        "script": "burda_mnist",
        "evidence": [{"what": what, "published": published, "here": here}],
        **settings,
        "epochs": epochs,
        "test_nll": None if final is None else final[0],
        "standard_error": None if final is None else final[1],
        "samples": arguments.samples,
        "curve_of": {"images": IMAGES, "samples": arguments.curve_samples},
        "curve": state["curve"],
    }
    began = started - 60 * before
    if final is not None:
        return report(result, data, began, arguments.output)
    print(point, flush=True)
    result = with_machine(result, data, began)
    if arguments.output is not None:
        write(result, arguments.output)
    return result


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--objective", choices=tuple(NAMES), default="vae")
    options.add_argument("--k", type=int, default=1, help="latents an image in training")
    options.add_argument("--stages", type=int, default=8, choices=range(1, 9))
    options.add_argument("--batch-size", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--samples", type=int, default=5000, help="of the last estimate")
    options.add_argument("--curve-samples", type=int, default=500)
    options.add_argument("--checkpoint", type=Path, help="folder; default: in saved_models/")
    options.add_argument("--quick", action="store_true", help="on the bundled 12,000 digits")
    arguments = options.parse_args(argv)
    if arguments.objective == "vae" and arguments.k != 1:
        options.error("--k must be 1 with --objective vae")
    name = f"burda_mnist_{arguments.objective}_k{arguments.k}"
    if arguments.checkpoint is None:
        arguments.checkpoint = Path("saved_models", name + "_quick" * arguments.quick)
    if arguments.output is None and not arguments.quick:
        arguments.output = RESULTS / f"{name}.json"
    return arguments


if __name__ == "__main__":
    main()
