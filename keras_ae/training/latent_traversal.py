"""Watch latent dimensions take on a meaning."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from keras_ae import _arrays
from keras_ae.training._epoch_pictures import EpochPictures

TRAVERSAL_VALUES = (-3.0, -2.25, -1.5, -0.75, 0.0, 0.75, 1.5, 2.25, 3.0)


class LatentTraversal(EpochPictures):
    """Draw at each epoch's end what becomes of an example when its latent is changed.

    A row for each dimension: there it has the value above the column, and the other dimensions are
    those of the example's latent, as the model of that epoch encodes it.

    Args:
        x: Array of one example, (1, ...) or without the batch axis.
        directory: String or path of the folder for the pictures `epoch_0001.png`, ...; it is made
            if it is missing.
        dimensions: Sequence of integers from 0 to latent_dim - 1, which to change; None for the
            first ten.
        values: Sequence of at least 2 numbers.
        every: Integer >= 1, draw at the end of each so many epochs.
        log_dir: String or path of the folder that TensorBoard shows, with the TensorFlow backend
            only; None for no pictures there.

    Raises:
        TypeError: An argument is of the wrong type; or, when training begins, the model isn't an
            Autoencoder.
        ValueError: `every` is less than 1, or `log_dir` is given with another backend than
            TensorFlow; or, when training begins, `x`, `dimensions` or `values` doesn't suit the
            model.
        ImportError: `log_dir` is given and the package tensorboard is missing.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(64, 4))
        >>> model = create_model("vae", (4,), latent_dim=2, units=(8,), seed=0)
        >>> model.compile("adam")
        >>> folder = tempfile.mkdtemp()
        >>> _ = model.fit(x, epochs=1, verbose=0, callbacks=[LatentTraversal(x[0], folder)])
        >>> sorted(path.name for path in pathlib.Path(folder).iterdir())
        ['epoch_0001.png']
    """

    def __init__(
        self,
        x: Any,
        directory: str | os.PathLike[str],
        dimensions: Sequence[int] | None = None,
        values: Sequence[float] = TRAVERSAL_VALUES,
        every: int = 1,
        log_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(directory, every, log_dir)
        self.x = _arrays.numbers("x", x)
        self.dimensions = dimensions
        self.values = values

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the model, and that the example and the dimensions suit it."""
        super().on_train_begin(logs)
        shape = tuple(self.model.example_shape or ())
        if self.x.shape not in (shape, (1, *shape)):
            raise ValueError(
                f"`x` must be one example of the model's shape {shape}. "
                f"Received: shape={self.x.shape}"
            )
        self.draw("before training")

    def draw(self, title: str) -> Any:
        """Return the figure of the model as it is now.

        Args:
            title: String, when that is.
        """
        from keras_ae import plotting
        from keras_ae.plotting._windows import numbered_channels

        x = self.x.reshape(1, *(self.model.example_shape or ()))
        return plotting.latent_traversals(
            self.model.decode,
            self.model.encode(x)[0],
            self.dimensions,
            self.values,
            title=f"Latent traversals {title}",
            channels=numbered_channels(self.model.example_shape),
        )
