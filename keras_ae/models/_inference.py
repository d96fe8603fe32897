"""What a trained model answers: latents, reconstructions, scores."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.execution import arguments, device_data, grain_data, processes, sharing
from keras_ae.execution.endpoint import Endpoints, TensorFunction
from keras_ae.layers.preprocessing import check_adapted, inverse
from keras_ae.models import _data_checks
from keras_ae.models._functions import judged, model_functions
from keras_ae.models._generation import Generation
from keras_ae.models._part_checks import check_comes_back
from keras_ae.probability.densities import sum_event


class Inference(Generation):
    """The methods of an autoencoder that take arrays and return arrays."""

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
            Array of shape (examples, *code_shape).

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        self._check_inputs("x", x)
        return self._run("encode", batch_size, x)["latent"]

    def reconstruct(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return the reconstruction of each example, without noise, as `predict` does.

        Args:
            x: Array of shape (examples, ...).
            batch_size: As in `encode`.

        Returns:
            Array of x's shape.

        Raises:
            ValueError: As in `encode`.
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
            ValueError: As in `reconstruct`.
        """
        options = arguments.checked(
            batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks
        )
        x = _data_checks.in_memory(x)
        if device_data.is_array(x):
            self._check_inputs("x", x)
        else:
            _data_checks.check_stream("x", x)
            batch, x = _data_checks.first_batch(x)
            if batch is not None:
                given, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
                self._check_inputs("first batch of x", given)
        if processes.distributed():
            return sharing.predict(self.reconstruct, x, options)
        return super().predict(**grain_data.counted({"x": x, **options}, "x", "steps"))

    def score_terms(self, x: Any, epsilon: Any = None) -> tuple[Any, Any]:
        """Return what makes an example strange, by the numbers of the example and beside them.

            anomaly score = sum over outputs of contributions + rest

        The contributions are each output's share of the nll at the latent without noise; the rest
        is what the code adds: the KL, where the loss has one, else 0.

        Args:
            x: Tensor of shape (batch, ...), in the data's own units.
            epsilon: Noise of shape (batch, *code_shape) at which a KL without a closed form is
                estimated; None for the bottleneck's `score_noise`, the same for all examples.

        Returns:
            Tensors of x's shape and of shape (batch,), in nats; higher is stranger.
        """
        target, parameters, rest = judged(self, x, epsilon)
        terms = -self.likelihood.log_prob_each(target, parameters)
        return terms, keras.ops.zeros_like(sum_event(terms)) if rest is None else rest

    def anomaly_score(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return how strange each example is to the model: the sum of its `score_terms`.

        A score and not a bound. It doesn't depend on the other examples: noise is fixed.

        Args:
            x: Array of shape (examples, ...).
            batch_size: As in `encode`.

        Returns:
            Array of shape (examples,), in nats; higher is stranger.

        Raises:
            ValueError: As in `encode`, or `x` is out of the likelihood's range.
        """
        self._check_examples("x", x)
        noise = self.bottleneck.score_noise
        epsilon = () if noise is None else (np.tile(noise, (len(x), *[1] * noise.ndim)),)
        return self._run("score", batch_size, x, *epsilon)["score"]

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, for exporters.

        A function takes tensors named in its `input_names` (`x`, `latent`, `noise`, `epsilon`,
        ...), and returns a dict of named outputs, each with the batch axis first. None draws
        noise. Its `kind` says what it returns: "code", "data" or "score".

        Returns:
            Dict from name to function: encode, decode, reconstruct and score (`anomaly_score`;
            with epsilon where the KL has no closed form), and what the bottleneck has: posterior,
            sample_posterior, and generate from noise as `prior.draw_noise` draws it.

        Example:
            >>> import keras_ae
            >>> model = keras_ae.create_model("vae", (4,), latent_dim=2)
            >>> list(model.functions())  # doctest: +NORMALIZE_WHITESPACE
            ['encode', 'decode', 'reconstruct', 'score', 'posterior', 'sample_posterior',
             'generate']
        """
        return model_functions(self)

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
        return self._endpoints.get(name, lambda: function, self._parts)

    def _preprocessed(self, x: Any) -> Any:
        return x if self.preprocessor is None else self.preprocessor(x)

    def _to_data(self, parameters: Any) -> Any:
        return inverse(self.preprocessor, self.likelihood.mean(parameters))

    def _check_inputs(self, name: str, x: Any) -> None:
        missing = self.likelihood.takes_missing
        _data_checks.check_array(name, x, self.example_shape, missing=missing)
        self._check_size(name, x)
        _data_checks.warn_of_rounding(name, x, self.encoder)

    def _check_examples(self, name: str, x: Any) -> None:
        check_adapted(self.preprocessor)
        _data_checks.check_examples(
            name, x, self.example_shape, self.likelihood, self.preprocessor
        )
        self._check_size(name, x)
        _data_checks.warn_of_rounding(name, x, self.encoder)

    def _check_size(self, name: str, x: Any) -> None:
        if self._is_of_any_size:
            check_comes_back(name, x, self.encoder, self.bottleneck, self.decoder)

    def _check_targets(self, name: str, y: Any) -> None:
        if self.example_shape is not None:
            _data_checks.check_target_shape(_arrays.numbers(name, y), (None, *self.example_shape))
        self._check_examples(name, y)
