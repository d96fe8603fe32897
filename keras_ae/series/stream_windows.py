"""Windows of a series, batch by batch."""

from __future__ import annotations

from typing import Any

from keras_ae import _checks, _extras
from keras_ae.series._reading import check_length, check_window, read_all
from keras_ae.series._window_source import WindowSource


def stream_windows(
    data: Any,
    length: int,
    stride: int = 1,
    batch_size: int = 128,
    shuffle: bool = True,
    seed: int = 0,
) -> Any:
    """Return batches of windows that are cut from the series while the model trains.

    For series whose windows don't fit in memory: `model.fit(stream_windows(series, 128))`. The
    series itself is neither copied nor, as `numpy.load(path, mmap_mode="r")` gives it, read whole
    at once; a batch is all that is copied. The order is drawn anew for each epoch.

    Args:
        data: One series or a sequence of several, as `windows` takes them.
        length: Integer >= 1, points of a window.
        stride: Integer >= 1, points from one window's beginning to the next one's.
        batch_size: Integer >= 1; the last batch may be shorter.
        shuffle: Whether to shuffle.
        seed: Integer >= 0.

    Returns:
        A `keras.utils.PyDataset` of tuples of one array float32 (batch, length, channels).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or the data are as `windows` refuses them.

    Example:
        >>> import numpy as np
        >>> stream = stream_windows(np.zeros((10, 2)), length=4, batch_size=5, shuffle=False)
        >>> [stream[number][0].shape for number in range(stream.num_batches)]
        [(5, 4, 2), (2, 4, 2)]
    """
    length, stride = check_window(length, stride)
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    shuffle = _checks.boolean("shuffle", shuffle)
    seed = _checks.integer("seed", seed, minimum=0)
    series = read_all("data", data)
    check_length("data", series, length)
    _extras.require("keras")
    from keras_ae.datasets._streamed_batches import StreamedBatches

    source = WindowSource([each.values for each in series], length, stride)
    return StreamedBatches(source, batch_size, shuffle, seed)
