"""Stream data that don't fit in memory."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae._untuned import untuned
from keras_ae.datasets._open_source import open_source
from keras_ae.datasets._sources import Source, batches, number_type, row_order

MAX_BATCHES_READ_AT_ONCE = 8  # a core reads one
BATCHES_AHEAD = 2  # batches that wait to be taken, beside those that are being read


def stream_dataset(
    path: str | Path,
    batch_size: int = 128,
    shuffle: bool = True,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    feature: str | None = None,
    initial_epoch: int = 0,
) -> Any:
    """Return batches of a file or folder that are read while the model trains on those before.

    For data larger than the memory: `model.fit(stream_dataset("train.npy"),
    validation_data=stream_dataset("test.npy", shuffle=False))`. It takes

    - an .npy file, which is mapped and read where the batch's rows are,
    - a folder of images, which are decoded in parallel,
    - a .parquet file or a folder of them: their columns of numbers, read a row group at a time,
    - a .tfrecord file or a folder of them: a feature of floats of `tf.train.Example` records.
      TensorFlow isn't needed. The checksums of records aren't compared.

    The order is drawn anew for each pass over the stream, from the seed and the pass's number;
    `fit` makes a pass an epoch. All that fits in 256 MB as arrays, and all files of a folder of
    images, are one random permutation. Of a larger .npy or TFRecord file, blocks of 256 KB come in
    random order, and the rows of as many blocks as 256 MB hold are mixed with each other. Of
    larger Parquet files, whole row groups come in random order, and so many as 256 MB hold are
    mixed: a row group that is larger is mixed with itself alone, so write row groups of a few MB.
    Up to 512 MB of row groups are kept, and always two.

    Args:
        path: String or path. An .npy file has shape (n, d), (n, height, width) or
            (n, height, width, channels); a folder of images is as `read_images` takes it; Parquet
            and TFRecord files become (n, d). uint8 images are divided by 255; other values are
            kept as far as float32 can, with a warning where different ones become one.
        batch_size: Integer >= 1; the last batch may be shorter.
        shuffle: Whether to shuffle.
        seed: Integer >= 0.
        columns: Sequence of names, optional: columns of Parquet files, in the order that they
            shall have. None for all, in the first file's order, which must be numbers.
        feature: String, optional: the feature of TFRecord files. None for the only one of floats.
        initial_epoch: Integer >= 0, the number of the first pass: of a training that goes on, the
            `initial_epoch` of `fit`.

    Returns:
        A `tf.data.Dataset` of arrays float32 (batch, ...), which reads ahead; where TensorFlow
        isn't installed a `keras.utils.PyDataset` of them, with which `fit` does.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.
        ImportError: The path is that of Parquet files, and pyarrow isn't installed.
        DataError: The file or folder can't be read, as far as names, headers and footers tell: the
            columns of all Parquet files are compared before the first batch. An image that can't
            be read, or differs in size or mode from the first one, is found when its turn comes,
            and so are nulls that a footer doesn't count, and a record without the feature.

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
    initial_epoch = _checks.integer("initial_epoch", initial_epoch, minimum=0)
    source = open_source(path, columns, feature)
    if not _extras.installed("tensorflow") or _distributed():
        _extras.require("keras")
        from keras_ae.datasets._streamed_batches import StreamedBatches

        return StreamedBatches(source, batch_size, shuffle, seed, initial_epoch)
    return pipeline(source, batch_size, shuffle, seed, initial_epoch)


def _distributed() -> bool:
    """Whether several devices train together, each process on rows of its own."""
    if "keras" not in sys.modules:
        return False
    from keras_ae.execution import processes

    return processes.distributed()


def pipeline(
    source: Source,
    batch_size: int,
    shuffle: bool,
    seed: int,
    initial_epoch: int = 0,
    ahead: bool = True,
) -> Any:
    """Return the `tf.data.Dataset` of `stream_dataset`.

    Args:
        source: A `Source`.
        batch_size: As in `stream_dataset`.
        shuffle: As in `stream_dataset`.
        seed: As in `stream_dataset`.
        initial_epoch: As in `stream_dataset`.
        ahead: Whether batches are read before they are asked for, and several at a time.
    """
    import tensorflow as tf

    passes = itertools.count(initial_epoch)

    def rows() -> Iterator[np.ndarray[Any, Any]]:
        order = row_order(source, shuffle, seed, next(passes), batch_size)
        yield from batches(order, batch_size)

    def read(numbers: Any) -> Any:
        batch = tf.numpy_function(source.read, [numbers], tf.float32, stateful=False)
        return tf.ensure_shape(batch, (None, *source.example_shape))

    steps = -(-source.examples // batch_size)
    kind = number_type(source.examples)
    stream = tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec((None,), kind))
    stream = stream.apply(tf.data.experimental.assert_cardinality(steps))
    if not ahead:
        return untuned(stream.map(read))
    at_once = min(os.cpu_count() or 1, MAX_BATCHES_READ_AT_ONCE)
    stream = stream.map(read, num_parallel_calls=at_once, deterministic=True)
    stream = untuned(stream.prefetch(BATCHES_AHEAD))
    # What looks at the first batch takes this, and leaves the first pass to the first epoch.
    stream.first_batch = lambda: source.read(
        row_order(source, shuffle, seed, initial_epoch, batch_size)[:batch_size]
    )
    return stream
