"""The model that every other one is a case of."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.execution.multi_step_model import MultiStepModel
from keras_ae.layers._plain import spelled_out
from keras_ae.layers.bottlenecks import Bottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import BernoulliLikelihood, Likelihood
from keras_ae.layers.penalties import Penalty
from keras_ae.models._decoder_end import warn_of_bounded_logits
from keras_ae.models._inference import Inference
from keras_ae.models._objective import Objective
from keras_ae.models._part_checks import check_one_shape, check_one_tensor, check_takes
from keras_ae.models._phase import HandedOn
from keras_ae.models._trainable import Trainable


@keras.saving.register_keras_serializable(package="keras_ae")
class Autoencoder(Configured, Inference, Objective, Trainable, MultiStepModel):
    """x -> encoder -> bottleneck -> decoder -> likelihood, trained to make its input likely.

        loss = mean of -log likelihood(x) + whatever the bottleneck adds with `add_loss`

    With a Gaussian likelihood of scale 1 this is the squared error (half of it, plus a constant).
    `model(x)` returns the likelihood's parameters; `predict` and `reconstruct` its mean, in the
    data's own units.

    Args:
        encoder: Keras model or layer from an example to features. With a known input shape (a
            `keras.Sequential` that starts with `keras.Input`) the model is built at once.
        bottleneck: A `Bottleneck`, from features to latent.
        decoder: Keras model or layer from latent to the likelihood's parameters: the shape of an
            example with the last axis times `likelihood.parameters_per_output`, or what else
            `likelihood.parameters_shape` says.
        likelihood: A `Likelihood`; None for `BernoulliLikelihood()`, which suits images in [0, 1].
        preprocessor: `keras.layers.Rescaling`, an adapted `keras.layers.Normalization`, a
            `keras.Sequential` of those, a layer with a method `inverse(x)`, or None. Applied
            before the encoder and inverted on the reconstruction. Nats are those of the
            preprocessed space.
        redraw: A `Corruption` that draws the preprocessed data anew for each batch, input and
            target alike, such as `StochasticBinarization()`; or None. Evaluation draws from a
            seed that restarts; all other methods take the data as they are, and so do the metrics
            of `compile`.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A part is of the wrong type.
        ValueError: The decoder's output doesn't fit the data and the likelihood.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import DenseBottleneck, dense_decoder, dense_encoder
        >>> model = Autoencoder(
        ...     encoder=dense_encoder((4,), units=(8,)),
        ...     bottleneck=DenseBottleneck(2),
        ...     decoder=dense_decoder((4,), latent_dim=2, units=(8,)),
        ... )
        >>> model.compile("adam")
        >>> x = np.eye(4, dtype="float32")
        >>> sorted(model.fit(x, verbose=0).history)
        ['loss', 'nll']
        >>> model.encode(x).shape, model.reconstruct(x).shape
        ((4, 2), (4, 4))

    Reference:
        Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, 2006.
    """

    def __init__(
        self,
        encoder: Any,
        bottleneck: Bottleneck,
        decoder: Any,
        likelihood: Likelihood | None = None,
        preprocessor: Any = None,
        redraw: Corruption | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        layer = "a Keras layer or model"
        self.encoder = _checks.instance("encoder", encoder, keras.layers.Layer, layer)
        self.bottleneck = _checks.instance("bottleneck", bottleneck, Bottleneck, "a Bottleneck")
        self.decoder = _checks.instance("decoder", decoder, keras.layers.Layer, layer)
        for name, part in (("encoder", encoder), ("decoder", decoder)):
            check_one_tensor(name, part)
        self.likelihood = BernoulliLikelihood() if likelihood is None else likelihood
        _checks.instance("likelihood", self.likelihood, Likelihood, "a Likelihood or None")
        self.preprocessor = _checks.instance(
            "preprocessor", preprocessor, keras.layers.Layer | None, "a Keras layer or None"
        )
        expected = "a Corruption or None"
        self.redraw = _checks.instance("redraw", redraw, Corruption | None, expected)
        self._drawn = HandedOn()
        self._add_metrics(bottleneck.penalties, bottleneck.make_metrics())
        self._build_if_outermost(Autoencoder)

    def _build_if_outermost(self, cls: type) -> None:
        """Build now, if the input's shape is known and no subclass has state to add.

        A model that is built at once can be saved and backed up before it has seen data.
        """
        shape = getattr(self.encoder, "input_shape", None) if self.encoder.built else None
        outermost = next(each for each in type(self).__mro__ if "__init__" in vars(each))
        if outermost is cls and shape is not None:
            self.build(shape)

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalties that join the nll in the loss, each logged by its `metric_name`."""
        return self.bottleneck.penalties

    @property
    def is_bound(self) -> bool:
        """Whether -(nll + kl), as the logs and `evaluate` show them, bounds log p(x).

        It does where the bottleneck has a posterior and a prior and their KL is logged, whatever
        it weighs in the loss and whatever other penalties there are.
        """
        return any(penalty.is_kl for penalty in self.penalties)

    @property
    def trains_on_pairs(self) -> bool:
        """Whether `fit` and `evaluate` need a target beside each input."""
        return False

    def build(self, input_shape: Any) -> None:
        features = self.encoder.compute_output_shape(input_shape)
        check_one_shape("encoder", features)
        latent = self.bottleneck.compute_output_shape(features)
        check_takes("decoder", self.decoder, latent)
        self.example_shape = tuple(input_shape[1:])
        for part, shape in (
            (self.preprocessor, input_shape),
            (self.redraw, input_shape),  # not called here, and Keras on JAX wants all layers built
            (self.encoder, input_shape),
            (self.bottleneck, features),
            (self.decoder, latent),
        ):
            if part is not None and not part.built:
                part.build(shape)
        parameters = tuple(self.decoder.compute_output_shape(latent))
        expected = (None, *self.likelihood.parameters_shape(self._target_shape or ()))
        if parameters[1:] != expected[1:]:
            raise ValueError(
                f"`decoder` must return shape {expected}: that of the target with "
                f"{self.likelihood.parameters_per_output} parameter(s) for each output, "
                f"as {type(self.likelihood).__name__} needs. Received: a decoder that returns "
                f"{parameters}"
            )
        if not self.likelihood.built:
            self.likelihood.build(parameters)
        for penalty in self.penalties:
            penalty.check_model(self, self._target_shape)
        warn_of_bounded_logits(self.decoder, self.likelihood)

    def call(self, x: Any, training: bool | None = None) -> Any:
        # Passed on by hand: on JAX a training step calls this function without Keras' call
        # context.
        features = self.encoder(self._inputs(x, training), training=training)
        parameters = self.decoder(self._latent(features, training), training=training)
        return self._to_data(parameters) if self._phase.predicting else parameters

    def encoder_model(self) -> keras.Model:
        """Return a plain Keras model from an example to its latent; saved, it loads alone.

        The model shares this one's variables. For a variational model it returns mean and scale.
        It is made of Keras' own layers and operations, so it loads where this package isn't
        installed; layers that you wrote must be known there.
        """
        x = keras.Input(self._known_shape(), name="x")
        inputs = x if self.preprocessor is None else spelled_out(self.preprocessor, x)
        outputs = self.bottleneck.plain_code(spelled_out(self.encoder, inputs))
        return keras.Model(x, outputs, name="encoder_model")

    def decoder_model(self) -> keras.Model:
        """Return a plain Keras model from latent to reconstruction; saved, it loads alone.

        The model shares this one's variables. It is made as `encoder_model` is.
        """
        self._known_shape()
        shape, dtype = self.bottleneck.code_shape, self.bottleneck.code_dtype
        latent = keras.Input(shape, dtype=dtype, name="latent")
        reconstruction = self._to_data(
            spelled_out(self.decoder, self.bottleneck.plain_latent(latent))
        )
        return keras.Model(latent, reconstruction, name="decoder_model")

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write one artifact, as `keras.Model.export`, but proven in its own runtime first.

        A SavedModel holds every endpoint as a signature and `reconstruct` as serving_default.
        `keras_ae.export.export_model` writes whole bundles, in lower precisions too.

        Args:
            filepath: Path of the SavedModel's directory, or of the file.
            format: "tf_saved_model", "litert" or "onnx".
            verbose: Whether to show progress.
            input_signature: Must be None: endpoints know their inputs.
            **kwargs: endpoint, sample_data, batch and, for ONNX, opset_version.

        Raises:
            ValueError: An argument is out of range.
            ExportError: The artifact could not be made, or is wrong. Nothing was written.
        """
        if input_signature is not None:
            raise ValueError(
                "`input_signature` must be None: use batch= for a fixed batch size. "
                f"Received: input_signature={_checks.shown(input_signature)}"
            )
        # Keras gives models this method; what it calls stands above them, and is there by now.
        from keras_ae.export.single_file import export_single

        verbose = _checks.boolean("verbose", False if verbose is None else verbose)
        export_single(self, filepath, format, verbose=verbose, **kwargs)

    def _inputs(self, x: Any, training: bool | None) -> Any:
        """Return what the encoder sees, and hand it on as the target if it is drawn."""
        inputs = self._preprocessed(x)
        if self.redraw is None:
            return inputs
        if self._phase.testing:
            inputs = self._drawn.value = self.redraw.corrupt(inputs, self._evaluation_noise)
        elif training:
            inputs = self._drawn.value = self.redraw(inputs, training=True)
        else:
            self._drawn.value = None
        return inputs

    def _latent(self, features: Any, training: bool | None) -> Any:
        """Return the latent: drawn in training, drawn from fixed noise in evaluation, or mean."""
        if not (self._phase.testing and self.bottleneck.takes_noise):
            return self.bottleneck(features, training=training)
        shape = self.bottleneck.compute_output_shape(ops.shape(features))
        epsilon = self.bottleneck.noise(shape, self._evaluation_noise)
        return self.bottleneck(features, training=training, epsilon=epsilon)

    def _target(self, target: Any) -> Any:
        """Return what the likelihood judges: the target, or what was drawn of it in this step."""
        drawn = self._drawn.take()
        return self._preprocessed(target) if drawn is None else drawn

    def _check_pairing(self, name: str, paired: bool) -> None:
        if paired and self.redraw is not None:
            raise ValueError(
                f"`{name}` must come without a target: the model draws its data anew, input and "
                f"target alike. Received: a target, with redraw={self.redraw.name}"
            )

    def _known_shape(self) -> tuple[int, ...]:
        if self.example_shape is None:
            raise ValueError(
                "The model must know its input's shape: call it on a batch first, or let the "
                "encoder start with "
                "keras.Input. Received: a model that is not built"
            )
        return self.example_shape
