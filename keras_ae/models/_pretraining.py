"""Greedy layer-wise training: the stages of a stacked autoencoder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_ae import _files
from keras_ae.execution.backend import backend
from keras_ae.execution.shuffled_batches import ShuffledBatches
from keras_ae.layers.likelihoods import GaussianLikelihood, Likelihood


def pretrain_stages(
    model: Any,
    x: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    optimizer: Any,
    corruption: Any,
    restart: bool,
    checkpoint: str | None,
    verbose: Any,
) -> list[Any]:
    """Train the layers that aren't trained yet; return a History for each of them.

    What a layer sees depends on the seeds and its place, not on the layers that this call trained
    before it: a resumed pretraining equals the unbroken one.
    """
    if restart:
        model.pretrained_layers.assign(0)
    elif checkpoint is not None and Path(checkpoint).exists():
        model.load_weights(checkpoint)
    done = int(keras.ops.convert_to_numpy(model.pretrained_layers))
    seed = int(keras.ops.convert_to_numpy(keras.random.SeedGenerator(model.seed).state)[0])
    histories = []
    for index in range(done, len(model.layer_pairs)):
        if verbose and keras.config.is_interactive_logging_enabled():
            print(f"Layer {index + 1}/{len(model.layer_pairs)}", flush=True)  # noqa: T201 - progress
        codes = codes_below(model, x, index, batch_size)
        stage = make_stage(model, index, corruption)
        stage.compile(
            type(optimizer).from_config(optimizer.get_config()),
            loss=NegativeLogLikelihood(
                model.likelihood if index == 0 else GaussianLikelihood(1.0)
            ),
        )
        if corruption is not None and corruption.seed is not None:
            state = [stage_seed(corruption.seed, index), 0]
            corruption.seed_generator.state.assign(np.array(state, "uint32"))
        batches = ShuffledBatches(codes, batch_size, stage_seed(seed, index), paired=True)
        with whole_or_not_at_all(stage), backend().without_retracing_warnings():
            histories.append(
                stage.fit(
                    batches,
                    steps_per_epoch=batches.steps,
                    shuffle=False,
                    epochs=epochs,
                    verbose=verbose,
                )
            )
        model.pretrained_layers.assign(index + 1)
        if checkpoint is not None:
            with _files.written_beside(Path(checkpoint)) as beside:
                model.save_weights(beside)
    return histories


def stage_seed(seed: int, index: int) -> int:
    """Return a seed of a stage's own."""
    return int(np.random.SeedSequence((seed, index)).generate_state(1)[0])


@contextlib.contextmanager
def whole_or_not_at_all(stage: keras.Model) -> Iterator[None]:
    """Put a stage's variables back if training breaks off: JAX leaves them without values."""
    before = [(each, keras.ops.convert_to_numpy(each)) for each in stage.variables]
    try:
        yield
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def codes_below(model: Any, x: np.ndarray, index: int, batch_size: int) -> np.ndarray:
    """Return what layer `index` of the encoder sees: the input, or the code below."""
    layers = [down for down, _ in model.layer_pairs[:index]]
    steps = [keras.layers.Flatten(), *layers]
    if model.preprocessor is not None:
        steps.insert(0, model.preprocessor)
    below = keras.Sequential([keras.Input(x.shape[1:]), *steps])
    with backend().without_retracing_warnings():
        return np.asarray(below.predict(x, batch_size=batch_size, verbose=0), "float32")


def make_stage(model: Any, index: int, corruption: Any) -> keras.Sequential:
    """Return [corruption ->] encoder's layer `index` -> decoder's layer that undoes it."""
    down, up = model.layer_pairs[index]
    layers = [down, up] if corruption is None else [corruption, down, up]
    return keras.Sequential([keras.Input((down.kernel.shape[0],)), *layers])


class NegativeLogLikelihood(keras.losses.Loss):
    """-log p(target | parameters) of a likelihood, in nats per example."""

    def __init__(self, likelihood: Likelihood) -> None:
        super().__init__(name="nll", dtype="float32")
        self.likelihood = likelihood

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return -self.likelihood.log_prob(y_true, y_pred)
