"""Write what a layer of a model returns to a file, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_ae import _checks, _extras
from keras_ae._files import written_beside
from keras_ae._progress import Progress, check_verbose
from keras_ae.datasets._npy_writer import NpyWriter

LINES = 20  # of progress, where the number of batches is known
BATCHES_A_LINE = 100  # where it isn't


def activations(
    model: Any,
    layer: Any,
    data: Any,
    output: str | Path,
    *,
    batch_size: int | None = None,
    flatten: bool = False,
    verbose: bool | Callable[[str], None] = True,
) -> tuple[int, ...]:
    """Write what a layer of any Keras model returns for each example to an .npy file.

    The data that a dictionary of sparse features is trained on. The model runs without training
    behaviour and only as far as the layer. Neither data nor activations need to fit in memory:
    one batch of them is held at a time. The file appears whole or not at all.

    Args:
        model: Functional or Sequential Keras model with known inputs, also of a class of one's
            own that is made by `super().__init__(inputs, outputs)`. A model that is only a `call`
            doesn't hold what its layers return: pass a functional part of it, such as
            `model.encoder` of an `Autoencoder`.
        layer: String, the name of one of its layers, or the layer. Of a layer that is called
            several times, the first call counts. Of a model within the model, pass that model
            and what it is called on.
        data: What the model takes: an array of shape (examples, ...); the path of an .npy file
            with such an array, which is mapped and not divided by 255; a tuple of those, one for
            each of `model.inputs`; or a stream of batches that Keras takes, such as
            `stream_dataset(path, shuffle=False)`, of whose batches (x, y) the x is used. A
            stream is read once, in its order, and must end.
        output: String or path of the .npy file to write; what is there is replaced.
        batch_size: Integer >= 1, examples at a time of arrays and files; None for as many as fit
            in 64 MB (1 GB on an accelerator) with all that the layers make of them, at most 2048.
            A stream has batches of its own.
        flatten: Whether to write (examples * positions, channels) where the layer returns
            (batch, ..., channels): each step of a sequence, each place of an image, is a row.
        verbose: Whether to show progress, or a function that gets each line of it.

    Returns:
        The shape of the array in the file, whose dtype is float32: (examples, ...).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The model's layers don't have outputs; the layer isn't the model's, or doesn't
            return one tensor of floats; the data aren't the model's; or they give activations of
            several shapes. What a stream holds is found when its turn comes.
        DataError: An .npy file can't be read.

    Example:
        >>> import tempfile
        >>> import keras, numpy as np
        >>> model = keras.Sequential(
        ...     [keras.Input((3,)), keras.layers.Dense(8, name="hidden"), keras.layers.Dense(1)]
        ... )
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/hidden.npy"
        ...     shape = activations(model, "hidden", np.ones((5, 3)), path, verbose=False)
        ...     shape == np.load(path).shape
        True
    """
    _extras.require("keras")
    from keras_ae.datasets._layer_output import LayerOutput
    from keras_ae.datasets._model_inputs import model_inputs

    run = LayerOutput(model, layer)
    output = _destination(output)
    flatten = _checks.boolean("flatten", flatten)
    check_verbose(verbose)
    batches, count = model_inputs(data, run.inputs, run.batch_size(batch_size))
    each = max(1, count // LINES) if count else BATCHES_A_LINE
    with written_beside(output) as path, NpyWriter(path) as writer, Progress(verbose) as progress:
        progress.expect(-(-count // each))
        for number, batch in enumerate(batches, 1):
            part = run(batch)
            writer.append(part.reshape(-1, part.shape[-1]) if flatten else part)
            if not number % each or number == count:
                progress.step(f"{writer.shape[0]:,} rows of {run.name}")
    return writer.shape


def _destination(output: Any) -> Path:
    """Return the path of a file that can be written."""
    path = _checks.path("output", output)
    if path.suffix.lower() != ".npy" or path.is_dir() or not path.parent.is_dir():
        raise ValueError(
            "`output` must be the path of an .npy file, in a folder that exists. "
            f"Received: output={_checks.shown(str(path))}"
        )
    return path
