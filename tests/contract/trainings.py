"""One trained and saved model of each recipe, for all promises about learning and files."""

import dataclasses
import pathlib

import keras
import numpy as np

from tests.contract.rows import Recipe, array


@dataclasses.dataclass(frozen=True)
class Trained:
    """A model trained by `compile("adam")` and `fit(x)`, and saved; what it was before and after.

    The tests leave `model` alone: it is a few steps past its file, with the weights `after`.
    `prediction` and `evaluation` are what it said when it was saved.
    """

    row: Recipe
    model: keras.Model
    x: np.ndarray
    y: np.ndarray | None
    history: dict[str, list[float]]
    initial: list[np.ndarray]
    saved: list[np.ndarray]
    initial_noise: list[np.ndarray]
    saved_noise: list[np.ndarray]
    optimizer: list[np.ndarray]
    prediction: np.ndarray
    evaluation: dict[str, float]
    path: pathlib.Path
    after: list[np.ndarray]


def noise_states(model):
    """Return the state of the noise of each layer that draws some in training."""
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "seed_generator")]
    return [array(layer.seed_generator.state) for layer in layers]


def scheduled(model):
    """Return the penalties that have a variable which schedules write."""
    return [penalty for penalty in model.penalties if hasattr(penalty, "beta_weight")]


def without_xla(model):
    """Leave XLA's seconds to the tests of it: on TensorFlow steps are graphs; JAX has XLA only.

    The model's file still says "auto", so that a process which loads it has the default.
    """
    model.jit_compile = keras.backend.backend() == "jax"
    return model


def eagerly(model):
    """Leave tracing to the training above: on TensorFlow all that follows is eager."""
    if keras.backend.backend() == "tensorflow":
        model.run_eagerly = True
        model.train_function = model.test_function = None
    return model


def go_on(model, x, y=None):
    """Train for a few steps more."""
    y = None if y is None else y[:12]
    eagerly(model).fit(x[:12], y, batch_size=4, shuffle=False, verbose=0)


def train(row, folder):
    """Train a recipe for a few steps, save it, and train the same model for a few more."""
    keras.utils.set_random_seed(0)
    model, x = row.new(), row.data()
    y = row.target(x)
    initial, noise = model.get_weights(), noise_states(model)
    model.compile("adam")
    without_xla(model)
    history = model.fit(x, y, epochs=4, batch_size=4, validation_data=(x, y), verbose=0).history
    for penalty in scheduled(model):
        penalty.beta_weight.assign(0.625 * penalty.beta_weight)
    path = folder / f"{row.id}.keras"
    model.save(path)
    np.save(folder / f"{row.id}.npy", x)
    if y is not None:
        np.save(folder / f"{row.id}.target.npy", y)
    saved = Trained(
        row=row,
        model=model,
        x=x,
        y=y,
        history=history,
        initial=initial,
        saved=model.get_weights(),
        initial_noise=noise,
        saved_noise=noise_states(model),
        optimizer=[array(variable) for variable in model.optimizer.variables],
        prediction=eagerly(model).predict(x, verbose=0),
        evaluation=model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True),
        path=path,
        after=[],
    )
    go_on(model, x, y)
    saved.after.extend(model.get_weights())
    return saved


class Trainings:
    """The trained models by recipe; each is made when it is first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self._made = {}

    def __getitem__(self, row):
        if row.id not in self._made:
            self._made[row.id] = train(row, self.folder)
        return self._made[row.id]
