"""The pictures that a training run leaves beside its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.training import Run

_ROW = 10  # reconstructions
_CLASSES = 10  # that a latent map can tell apart


def draw_pictures(run: Run, folder: Path) -> None:
    """Write training curves, and for data that can be drawn reconstructions, samples, latents.

    Args:
        run: The trained `Run`.
        folder: Path of the folder to write in.
    """
    data, model = run.examples.dataset, run.model
    penalties = [each.metric_name for each in model.penalties]
    curves = plotting.training_curves(run.state.history, penalties=penalties)
    plotting.save(curves, folder / "training_curves.png")
    shape = data.example_shape
    if not (len(shape) == 1 or is_image(shape)):
        return
    x, labels = data.x_test, label_names(data, data.y_test)
    if not len(x):
        x, labels = data.x_train[:2000], label_names(data, data.y_train)
        labels = None if labels is None else labels[:2000]
    shown = first_of_each(x, labels, _ROW)
    figure = draw_reconstructions(model, x[shown], None if labels is None else labels[shown])
    plotting.save(figure, folder / "reconstructions.png")
    if model.prior is not None:
        images = model.generate(64, seed=run.config.seed)
        plotting.save(plotting.samples(images), folder / "samples.png")
    if len(x) > 1:
        named = None if labels is None else few_classes(labels)
        figure = plotting.latent_map(model.encode(x, 256), named)
        plotting.save(figure, folder / "latent_map.png")


def draw_reconstructions(model: Any, x: Any, labels: Any = None, corrupt: bool = True) -> Any:
    """Return the figure of examples and what a model makes of them.

    Args:
        model: The model.
        x: Array of shape (examples, ...).
        labels: Their labels, or None.
        corrupt: Whether a denoising model is given them corrupted, as in training.
    """
    corrupted = corrupted_by(model, x) if corrupt else None
    given = x if corrupted is None else corrupted
    n = len(x)
    return plotting.reconstructions(
        x, model.reconstruct(given), n=n, labels=labels, corrupted=corrupted
    )


def corrupted_by(model: Any, x: Any, seed: int = 0) -> Any:
    """Return examples with the noise that a denoising model was trained on; None without one."""
    import keras

    if getattr(model, "corruption", None) is None:
        return None
    if model.preprocessor is not None:
        return None  # the noise is added to what the preprocessor returns, which can't be drawn
    return keras.ops.convert_to_numpy(model.corruption.corrupt(x, seed))


def is_image(shape: Any) -> bool:
    """Whether examples of a shape are images that can be drawn: grey or RGB."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))


def few_classes(labels: Any) -> Any:
    """Return labels if a latent map can show them: not more names than it has colours."""
    few = len(np.unique(labels)) <= _CLASSES
    return labels if few or labels.dtype.kind != "U" else None


def label_names(data: Any, labels: Any) -> Any:
    """Return labels by their classes' names, where they have names."""
    if labels is None or data.class_names is None:
        return labels
    return np.array(data.class_names)[labels]


def first_of_each(x: Any, labels: Any, n: int) -> Any:
    """Return the places of n examples: the first of each label, then the first others."""
    if labels is None:
        return np.arange(min(n, len(x)))
    _, first = np.unique(labels, return_index=True)
    rest = np.setdiff1d(np.arange(len(x)), first)
    return np.concatenate([first, rest])[:n].astype(int)
