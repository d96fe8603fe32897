"""Watch reconstructions become better."""

from __future__ import annotations

import os
from typing import Any

from keras_ae import _arrays
from keras_ae.training._epoch_pictures import EpochPictures


class ReconstructionGrid(EpochPictures):
    """Draw examples and their reconstructions at each epoch's end.

    Args:
        x: Array of the examples to draw, images, vectors or windows: ten are a good number.
        directory: String or path of the folder for the pictures `epoch_0001.png`, ...; it is made
            if it is missing.
        labels: Sequence of one name or number an example, written above it; or None.
        every: Integer >= 1, draw at the end of each so many epochs.
        log_dir: String or path of the folder that TensorBoard shows, with the TensorFlow backend
            only; None for no pictures there.

    Raises:
        TypeError: An argument is of the wrong type; or, when training begins, the model isn't an
            Autoencoder.
        ValueError: `x` has no examples, `every` is less than 1, or `log_dir` is given with another
            backend than TensorFlow.
        ImportError: `log_dir` is given and the package tensorboard is missing.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(64, 4))
        >>> model = create_model("vae", (4,), latent_dim=2, units=(8,), seed=0)
        >>> model.compile("adam")
        >>> folder = tempfile.mkdtemp()
        >>> _ = model.fit(x, epochs=2, verbose=0, callbacks=[ReconstructionGrid(x[:5], folder)])
        >>> sorted(path.name for path in pathlib.Path(folder).iterdir())
        ['epoch_0001.png', 'epoch_0002.png']
    """

    def __init__(
        self,
        x: Any,
        directory: str | os.PathLike[str],
        labels: Any = None,
        every: int = 1,
        log_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(directory, every, log_dir)
        self.x = _arrays.numbers("x", x)
        if self.x.ndim < 2 or not len(self.x):
            raise ValueError(
                f"`x` must be an array of at least 1 example. Received: shape={self.x.shape}"
            )
        self.labels = labels

    def draw(self, title: str) -> Any:
        """Return the figure of the model as it is now.

        Args:
            title: String, when that is.
        """
        from keras_ae import plotting
        from keras_ae.plotting._windows import numbered_channels

        return plotting.reconstructions(
            self.x,
            self.model.reconstruct(self.x),
            n=len(self.x),
            labels=self.labels,
            title=f"Reconstructions {title}",
            channels=numbered_channels(self.model.example_shape),
        )
