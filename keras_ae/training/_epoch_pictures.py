"""What callbacks that draw have in common: when, and where the pictures go."""

from __future__ import annotations

import abc
import os
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_ae import _checks, _extras
from keras_ae.models import Autoencoder


class EpochPictures(keras.callbacks.Callback, abc.ABC):
    """Draw a picture at the ends of epochs.

    Args:
        directory: String or path of the folder for `epoch_0001.png`, ...; it is made if it is
            missing.
        every: Integer >= 1: draw each so many epochs.
        log_dir: String or path of TensorBoard's folder; None for files only.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        every: int = 1,
        log_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        _extras.require("matplotlib")  # now, not after an epoch
        self.directory = _checks.path("directory", directory)
        self.every = _checks.integer("every", every, minimum=1)
        self.log_dir: str | None = None
        if log_dir is not None:
            _checks.path("log_dir", log_dir)
            self.log_dir = os.fspath(log_dir)  # unchanged, as TensorFlow takes URLs too
            _image_summary()
        self._writer: Any = None

    @abc.abstractmethod
    def draw(self, title: str) -> Any:
        """Return the figure of the model as it is now."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the model."""
        del logs
        if not isinstance(self.model, Autoencoder):
            raise TypeError(
                f"`{type(self).__name__}` needs an Autoencoder. "
                f"Received: a model of type {type(self.model).__name__}"
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw, where it is time for it."""
        del logs
        if (epoch + 1) % self.every:
            return
        from keras_ae import plotting

        figure = self.draw(f"after epoch {epoch + 1}")
        self.directory.mkdir(parents=True, exist_ok=True)
        plotting.save(figure, self.directory / f"epoch_{epoch + 1:04d}.png")
        if self.log_dir is not None:
            self._log(figure, epoch)

    def on_train_end(self, logs: Any = None) -> None:
        """Close TensorBoard's file."""
        del logs
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _log(self, figure: Any, epoch: int) -> None:
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.log_dir)
        figure.canvas.draw()
        pixels: NDArray[np.uint8] = np.asarray(figure.canvas.buffer_rgba())[..., :3]
        with self._writer.as_default():
            # Keras' own TensorBoard callback counts epochs from 0 too.
            _image_summary()(type(self).__name__, pixels[np.newaxis], step=epoch)
        self._writer.flush()


def _image_summary() -> Any:
    """Return TensorFlow's function that writes a picture for TensorBoard.

    Raises:
        ValueError: The backend isn't TensorFlow.
        ImportError: The package tensorboard, which has that function, is missing.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            "`log_dir` must be None unless the backend is TensorFlow, which writes TensorBoard's "
            f"files. Received: a log_dir, backend={backend}"
        )
    import tensorflow as tf

    if not hasattr(tf.summary, "image"):
        raise ImportError("`log_dir` needs the package tensorboard: pip install tensorboard")
    return tf.summary.image
