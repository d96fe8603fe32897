"""Stream data that don't fit in memory."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae._untuned import untuned
from keras_ae.datasets._sources import Source, batches, open_source, row_order

MAX_BATCHES_READ_AT_ONCE = 8  # a core reads one
BATCHES_AHEAD = 2  # batches that wait to be taken, beside those that are being read


def stream_dataset(
    path: str | Path, batch_size: int = 128, shuffle: bool = True, seed: int = 0
) -> Any:
    """Return batches of a file or folder that are read while the model trains on those before.

    For data larger than the memory: `model.fit(stream_dataset("train.npy"),
    validation_data=stream_dataset("test.npy", shuffle=False))`. Images are decoded in parallel; an
    .npy file is mapped and read where the batch's rows are. The order is drawn anew for each pass
    over the stream, from the seed and the pass's number; `fit` makes a pass an epoch, and one
    before them to check the first batch. All rows of an .npy file up to 256 MB, and all files of a
    folder, are one random permutation. Of a larger file, blocks of 256 KB come in random order,
    and the rows of as many blocks as 256 MB hold are mixed with each other.

    Args:
        path: String or path: an .npy file of shape (n, d), (n, height, width) or
            (n, height, width, channels), or a folder of images as `read_images` takes it. uint8
            images are divided by 255; other values are kept as far as float32 can, with a warning
            where different ones become one.
        batch_size: Integer >= 1; the last batch may be shorter.
        shuffle: Whether to shuffle.
        seed: Integer >= 0.

    Returns:
        A `tf.data.Dataset` of arrays float32 (batch, ...), which reads ahead; where TensorFlow
        isn't installed a `keras.utils.PyDataset` of them, with which `fit` does.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.
        DataError: The file or folder can't be read. An image that can't be read, or differs in
            size or mode from the first one, is found when its turn comes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/rows.npy", np.arange(10.0).reshape(5, 2))
        ...     stream = stream_dataset(f"{folder}/rows.npy", batch_size=2, shuffle=False)
        ...     [batch.shape for batch in stream.as_numpy_iterator()]
        [(2, 2), (2, 2), (1, 2)]
    """
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    shuffle = _checks.boolean("shuffle", shuffle)
    seed = _checks.integer("seed", seed, minimum=0)
    source = open_source(path)
    if not _extras.installed("tensorflow") or _distributed():
        _extras.require("keras")
        from keras_ae.datasets._streamed_batches import StreamedBatches

        return StreamedBatches(source, batch_size, shuffle, seed)
    return pipeline(source, batch_size, shuffle, seed)


def _distributed() -> bool:
    """Whether several devices train together, each process on rows of its own."""
    if "keras" not in sys.modules:
        return False
    from keras_ae.execution import processes

    return processes.distributed()


def pipeline(source: Source, batch_size: int, shuffle: bool, seed: int, ahead: bool = True) -> Any:
    """Return the `tf.data.Dataset` of `stream_dataset`.

    Args:
        source: A `Source`.
        batch_size: As in `stream_dataset`.
        shuffle: As in `stream_dataset`.
        seed: As in `stream_dataset`.
        ahead: Whether batches are read before they are asked for, and several at a time.
    """
    import tensorflow as tf

    passes = itertools.count()

    def rows() -> Iterator[np.ndarray[Any, Any]]:
        yield from batches(row_order(source, shuffle, seed, next(passes)), batch_size)

    def read(numbers: Any) -> Any:
        batch = tf.numpy_function(source.read, [numbers], tf.float32, stateful=False)
        return tf.ensure_shape(batch, (None, *source.example_shape))

    steps = -(-source.examples // batch_size)
    kind = row_order(source, False, seed, 0).dtype
    stream = tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec((None,), kind))
    stream = stream.apply(tf.data.experimental.assert_cardinality(steps))
    if not ahead:
        return untuned(stream.map(read))
    at_once = min(os.cpu_count() or 1, MAX_BATCHES_READ_AT_ONCE)
    stream = stream.map(read, num_parallel_calls=at_once, deterministic=True)
    return untuned(stream.prefetch(BATCHES_AHEAD))
