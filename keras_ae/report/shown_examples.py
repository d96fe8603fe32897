"""Which examples a picture shows, and what a model makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.plotting._windows import numbered_channels

MAX_NAMED_CLASSES = 10  # that a latent map can tell apart


def draw_reconstructions(
    model: Any, x: Any, labels: Any = None, channels: Any = None
) -> tuple[Any, bool]:
    """Return the figure of examples and what a model makes of them, and whether it corrupts them.

    A denoising model is given them corrupted, as in training.

    Args:
        model: The model.
        x: Array of shape (examples, ...).
        labels: Their labels, or None.
        channels: The names of the channels of windows, or None.
    """
    corrupted = corrupted_by(model, x)
    given = x if corrupted is None else corrupted
    figure = plotting.reconstructions(
        x,
        model.reconstruct(given),
        n=len(x),
        labels=labels,
        corrupted=corrupted,
        channels=channels,
    )
    return figure, corrupted is not None


def corrupted_by(model: Any, x: Any, seed: int = 0) -> Any:
    """Return examples with the noise that a denoising model was trained on; None without one."""
    import keras

    corruption = getattr(model, "corruption", None)
    if corruption is None or model.preprocessor is not None:
        return None  # the noise is added to what the preprocessor returns, which can't be drawn
    return keras.ops.convert_to_numpy(corruption.corrupt(x, seed))


def is_continuous(model: Any) -> bool:
    """Whether a model's code is of numbers that can be drawn and moved, not of indices."""
    return np.dtype(model.bottleneck.code_dtype).kind == "f"


def is_drawable(model: Any) -> bool:
    """Whether a model's examples can be drawn: vectors and windows as lines, images as such."""
    return len(model.example_shape) <= 2 or is_image(model.example_shape)


def channels_of(model: Any, dataset: Any = None) -> list[str] | None:
    """Return the names of the channels of a model's windows; None where its examples are others.

    Args:
        model: The model.
        dataset: The `Dataset` that the windows come from, which may name them; or None.
    """
    numbered = numbered_channels(model.example_shape)
    named = None if dataset is None or numbered is None else dataset.feature_names
    return numbered if named is None else list(named)


def is_image(shape: Any) -> bool:
    """Whether examples of a shape are images that can be drawn: grey or RGB."""
    return len(shape) == 3 and shape[-1] in (1, 3)


def few_classes(labels: Any) -> Any:
    """Return labels if a latent map can show them: not more names than it has colours."""
    few = len(np.unique(labels)) <= MAX_NAMED_CLASSES
    return labels if few or labels.dtype.kind != "U" else None


def spread(total: int, n: int) -> Any:
    """Return the places of n examples all over the data: neighbouring windows share points."""
    return np.unique(np.linspace(0, total - 1, n).round().astype(int))


def first_of_each(x: Any, labels: Any, n: int) -> Any:
    """Return the places of n examples: the first of each label, then the first others."""
    if labels is None:
        return np.arange(min(n, len(x)))
    _, first = np.unique(labels, return_index=True)
    rest = np.setdiff1d(np.arange(len(x)), first)
    return np.concatenate([first, rest])[:n].astype(int)
