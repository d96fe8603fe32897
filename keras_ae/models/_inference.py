"""What a trained model answers: latents, reconstructions, scores."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.layers.preprocessing import check_adapted, inverse
from keras_ae.models import _data_checks, _training_options
from keras_ae.models._batch_sizes import batch_size as fitting_batch_size
from keras_ae.models._endpoint import Endpoints, TensorFunction
from keras_ae.models._objective import Objective


class Inference(Objective):
    """The methods of an autoencoder that take arrays and return arrays.

    A subclass has `preprocessor`, `encoder`, `bottleneck`, `decoder` and `likelihood`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._endpoints = Endpoints()

    def encode(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return the latent of each example, without noise: the code, or the posterior's mean.

        Args:
            x: Array of shape (examples, ...).
            batch_size: Integer, examples at a time; None for as many as fit in 64 MB (1 GB on
                an accelerator) with all that the layers make of them, at most 2048.

        Returns:
            Array of shape (examples, latent_dim).

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        self._check_inputs("x", x)
        return self._run("encode", batch_size, x)["latent"]

    def decode(self, latent: Any, batch_size: int | None = None) -> np.ndarray:
        """Return the reconstruction of each latent, in the data's own units.

        Args:
            latent: Array of shape (examples, latent_dim).
            batch_size: Integer, examples at a time; None for as many as fit in 64 MB (1 GB on
                an accelerator) with all that the layers make of them, at most 2048.

        Returns:
            Array of shape (examples, ...).

        Raises:
            ValueError: `latent` has another shape, is empty or isn't finite.
        """
        _data_checks.check_array("latent", latent, (self.bottleneck.latent_dim,))
        return self._run("decode", batch_size, latent)["reconstruction"]

    def reconstruct(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return the reconstruction of each example, without noise, as `predict` does.

        Args:
            x: Array of shape (examples, ...).
            batch_size: Integer, examples at a time; None for as many as fit in 64 MB (1 GB on
                an accelerator) with all that the layers make of them, at most 2048.

        Returns:
            Array of x's shape.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        self._check_inputs("x", x)
        return self._run("reconstruct", batch_size, x)["reconstruction"]

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Return what `reconstruct` does, by `keras.Model.predict`, which takes streams too.

        Args:
            x: Array of shape (examples, ...), or any stream of batches that Keras takes.
            batch_size: As in Keras.
            verbose: As in Keras.
            steps: As in Keras.
            callbacks: As in Keras.

        Returns:
            Array of x's shape.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        options = _training_options.checked(
            batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks
        )
        x = _data_checks.in_memory(x)
        if _data_checks.is_array(x):
            self._check_inputs("x", x)
        else:
            _data_checks.check_stream("x", x)
            batch, x = _data_checks.first_batch(x)
            if batch is not None:
                given, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
                self._check_inputs("first batch of x", given)
        return super().predict(x, **options)

    def anomaly_score(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return how strange each example is to the model: its nll, at the latent without noise.

        Args:
            x: Array of shape (examples, ...).
            batch_size: Integer, examples at a time; None for as many as fit in 64 MB (1 GB on
                an accelerator) with all that the layers make of them, at most 2048.

        Returns:
            Array of shape (examples,), in nats; higher is stranger.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty, isn't finite or out of the
                likelihood's range.
        """
        self._check_examples("x", x)
        return self._run("score", batch_size, x)["score"]

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, for exporters.

        A function's parameters are named for its inputs (`x`, `latent`, `noise`, `epsilon`), and
        it returns a dict of named outputs, each with the batch axis first. None draws noise.

        Returns:
            Dict from name to function: encode, decode, reconstruct and score (`anomaly_score`); a
            variational model has more.

        Example:
            >>> import keras_ae
            >>> model = keras_ae.create_model("vae", (4,), latent_dim=2)
            >>> list(model.functions())  # doctest: +NORMALIZE_WHITESPACE
            ['encode', 'decode', 'reconstruct', 'score', 'posterior', 'sample_posterior',
             'generate']
        """

        def encode(x: Any) -> Any:
            return {"latent": self.bottleneck.encode(self._features(x))}

        def decode(latent: Any) -> Any:
            return {"reconstruction": self._to_data(self.decoder(latent))}

        def reconstruct(x: Any) -> Any:
            return decode(encode(x)["latent"])

        def score(x: Any) -> Any:
            return {"score": self._score(x)}

        return {each.__name__: each for each in (encode, decode, reconstruct, score)}

    def endpoint(self, name: str, function: Any) -> Any:
        """Return a function of tensors that uses this model's parts, compiled, once a name.

        Weights that change later are seen.

        Args:
            name: String; another call with this name returns the same.
            function: Function of tensors that returns a tensor or a structure of them.

        Returns:
            An object with `predict(arrays, batch_size)` and `predict_on_batch(arrays)`, from
            lists of arrays to the function's outputs as arrays.
        """
        name = _checks.text("name", name)
        if not callable(function):
            raise TypeError(
                "`function` must be a function of tensors. "
                f"Received: function={_checks.shown(function)}"
            )
        return self._endpoints.get(name, function, self._parts)

    def _run(self, name: str, batch_size: int | None, *inputs: Any) -> Any:
        """Run one of `functions` over arrays, batch by batch, compiled."""
        size = fitting_batch_size(batch_size, self._parts)
        return self.endpoint(name, self.functions()[name]).predict(inputs, size)

    @property
    def _parts(self) -> tuple[Any, ...]:
        return self.preprocessor, self.encoder, self.bottleneck, self.decoder, self.likelihood

    def _preprocessed(self, x: Any) -> Any:
        return x if self.preprocessor is None else self.preprocessor(x)

    def _features(self, x: Any) -> Any:
        return self.encoder(self._preprocessed(x))

    def _to_data(self, parameters: Any) -> Any:
        return inverse(self.preprocessor, self.likelihood.mean(parameters))

    def _log_likelihood(self, target: Any, parameters: Any) -> Any:
        return self.likelihood.log_prob(self._preprocessed(target), parameters)

    def _score(self, x: Any) -> Any:
        parameters = self.decoder(self.bottleneck.encode(self._features(x)))
        return -self._log_likelihood(x, parameters)

    def _check_inputs(self, name: str, x: Any) -> None:
        _data_checks.check_array(name, x, self.example_shape)
        _data_checks.warn_of_rounding(name, x, self.encoder)

    def _check_examples(self, name: str, x: Any) -> None:
        check_adapted(self.preprocessor)
        _data_checks.check_array(
            name,
            x,
            self.example_shape,
            support=self.likelihood.support,
            preprocess=self.preprocessor,
        )
        _data_checks.warn_of_rounding(name, x, self.encoder)

    def _check_targets(self, name: str, y: Any) -> None:
        if self.example_shape is not None:
            _data_checks.check_target_shape(_arrays.numbers(name, y), (None, *self.example_shape))
        self._check_examples(name, y)
