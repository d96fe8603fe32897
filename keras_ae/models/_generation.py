"""What a trained model makes of latents: reconstructions and new examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution import processes
from keras_ae.execution.batch_sizes import batch_size as fitting_batch_size
from keras_ae.execution.endpoint import Endpoint, Endpoints, TensorFunction
from keras_ae.models import _data_checks, _tiles
from keras_ae.models._trainable import Base


class Generation(Base):
    """The methods of an autoencoder that take latents, or draw them."""

    example_shape: tuple[int, ...] | None
    preprocessor: Any
    encoder: Any
    bottleneck: Any
    decoder: Any
    likelihood: Any
    _endpoints: Endpoints

    def decode(
        self, latent: Any, batch_size: int | None = None, tile: int | None = None
    ) -> np.ndarray:
        """Return the reconstruction of each latent, in the data's own units.

        By tiles, each of which overlaps the next by as far as the decoder's layers look, the
        result is that of the whole map to within rounding, and memory doesn't grow with it.

        Args:
            latent: Array of shape (examples, *code_shape).
            batch_size: As in `encode`; of tiles, where there are any.
            tile: Integer, height and width of the pieces of the map that are decoded by
                themselves, in places of the code; None for the whole map at once. For models of
                images of any size, (None, None, channels), whose decoder has neither attention
                nor normalization over the whole image.

        Returns:
            Array of shape (examples, ...).

        Raises:
            TypeError: `tile` is not an integer.
            ValueError: `latent` has another shape, is empty or isn't finite; or the model can't
                decode by tiles, or not by ones as small.
        """
        shape = self.bottleneck.code_shape if self.bottleneck.built else None
        _data_checks.check_array("latent", latent, shape)
        if tile is None:
            return self._run("decode", batch_size, latent)["reconstruction"]
        tile = _checks.integer("tile", tile, minimum=1)
        return _tiles.decode(self, np.asarray(latent), batch_size, tile)

    def generate(
        self, n: int, seed: int | None = None, batch_size: int | None = None
    ) -> np.ndarray:
        """Return new examples: the likelihood's mean at latents drawn from the prior.

        Args:
            n: Integer >= 1, number of examples.
            seed: Integer >= 0 or None; one seed gives the same examples again.
            batch_size: As in `encode`.

        Returns:
            Array of shape (n, ...).

        Raises:
            TypeError: `n` or `seed` is not an integer.
            ValueError: `n` is less than 1, `seed` is negative, the bottleneck has no prior, or
                the model is of images of any size.
        """
        n, seed = _checks.integer("n", n, minimum=1), _checks.seed("seed", seed)
        if self.prior is None:
            raise ValueError(
                "`generate` needs a model whose bottleneck has a prior (see `fit_code_prior`). "
                f"Received: a {type(self).__name__} with a {type(self.bottleneck).__name__}"
            )
        self._check_one_size("generate")
        with processes.alone():  # a variable under a distribution waits for the others
            latent = self.bottleneck.draw(n, keras.random.SeedGenerator(seed), self._run)
            latent = self.bottleneck.scaled(latent)
        return self.decode(keras.ops.convert_to_numpy(latent), batch_size)

    def interpolate(
        self, start: Any, end: Any, steps: int = 10, batch_size: int | None = None
    ) -> np.ndarray:
        """Return reconstructions along the straight line between the latents of two examples.

        Args:
            start: Array of shape (pairs, ...).
            end: Array of the same shape.
            steps: Integer >= 2, points on each line, both ends included.
            batch_size: As in `encode`.

        Returns:
            Array of shape (pairs, steps, ...).

        Raises:
            TypeError: `steps` is not an integer.
            ValueError: It is less than 2, or the examples don't fit the model or each other.
        """
        steps = _checks.integer("steps", steps, minimum=2)
        self._check_inputs("start", start)
        self._check_inputs("end", end)
        first, last = (self._run("encode", batch_size, x)["latent"] for x in (start, end))
        if first.shape[1:] != last.shape[1:]:
            received = f"Received: images of {np.shape(start)[1:]} and {np.shape(end)[1:]}"
            raise ValueError(f"`start` and `end` must be of one size. {received}")
        if first.shape != last.shape:
            received = f"Received: {len(first)} and {len(last)} examples"
            raise ValueError(f"`start` and `end` must have as many examples. {received}")
        share = np.linspace(0.0, 1.0, steps, dtype="float32")
        share = share.reshape(1, steps, *[1] * (first.ndim - 1))
        latent = (1.0 - share) * first[:, None] + share * last[:, None]
        decoded = self.decode(latent.reshape(-1, *first.shape[1:]), batch_size)
        return decoded.reshape(len(first), steps, *decoded.shape[1:])

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute: declared here, given by `Inference`."""
        raise NotImplementedError

    @property
    def prior(self) -> Any:
        """The `Prior` of the latent, what `generate` draws from; None without one."""
        return self.bottleneck.prior

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.preprocessor, self.encoder, self.bottleneck, self.decoder, self.likelihood

    def _run(self, name: str, batch_size: int | None, *inputs: Any) -> Any:
        """Run one of `functions` over arrays, batch by batch, compiled."""
        shapes = [np.shape(inputs[0])[1:]]
        if name == "decode":
            shapes.append(self._decoded_shape(shapes[0]))
        return self._endpoint(name).predict(inputs, self._batch_size(batch_size, *shapes))

    def _endpoint(self, name: str) -> Endpoint:
        return self._endpoints.get(name, lambda: self.functions()[name], self._parts)

    def _batch_size(self, given: int | None, *shapes: Sequence[int]) -> int:
        """Return how many examples are computed together, of which shapes are known."""
        # Layers of a model of any size tell what they return for one pixel.
        places = max(math.prod(shape[:-1]) for shape in shapes) if self._is_of_any_size else 1
        return fitting_batch_size(given, self._parts, places)

    def _decoded_shape(self, code_shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of what the decoder returns for one code, where that isn't known."""
        if not self._is_of_any_size:
            return ()
        return tuple(self.decoder.compute_output_shape((None, *code_shape))[1:])

    @property
    def _is_of_any_size(self) -> bool:
        return self.example_shape is not None and None in self.example_shape

    def _check_one_size(self, name: str) -> None:
        if self._is_of_any_size:
            raise ValueError(
                f"`{name}` needs a model of images of one size; build it with one and copy the "
                f"weights by set_weights. Received: a model of images {self.example_shape}"
            )
