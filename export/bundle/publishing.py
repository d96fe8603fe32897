"""Write beside the destination, and move what is complete into its place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from keras_ae.export.bundle.manifest import MANIFEST
from keras_ae.training.output_directory import OutputDirectory


@contextlib.contextmanager
def published(directory: str | Path, overwrite: bool) -> Iterator[Path]:
    """Give an empty folder to write in; what is in it at the end becomes the directory.

    After an error nothing is left of it, and a directory that was there is as it was. What a
    killed export left behind is removed by the next one.

    Args:
        directory: The destination.
        overwrite: Whether a bundle that is there may be replaced; nothing else ever is.

    Raises:
        ValueError: The destination is there and must not be replaced, or can't be written.
    """
    output = OutputDirectory(directory, record=MANIFEST)
    output.create(overwrite)
    try:
        yield output.start_complete()
        output.publish(overwrite)
    except BaseException:
        with contextlib.suppress(OSError):
            output.discard()
        raise
    finally:
        output.release()
