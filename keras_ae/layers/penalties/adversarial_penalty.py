"""A discriminator that learns to tell reconstructions from data, while the decoder learns too."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae._gradients import value_and_gradients
from keras_ae.layers._across_replicas import AcrossReplicas
from keras_ae.layers.penalties.penalty import Recorded, batch_mean
from keras_ae.layers.penalties.reconstruction_penalty import (
    ReconstructionPenalty,
    checked_network,
)

LEARNING_RATE, MOMENTUM = 2e-4, 0.5  # of Adam, as Radford et al. 2016 have them


def _hinge(signed: Any) -> Any:
    return ops.relu(1 - signed)


def _logistic(signed: Any) -> Any:
    return ops.softplus(-signed)


def _negative(logits: Any) -> Any:
    return -logits


# What logits cost: the discriminator, times -1 for a reconstruction; and the decoder.
LOSSES = {
    "hinge": (_hinge, _negative),
    "logistic": (_logistic, _logistic),
}


@keras.saving.register_keras_serializable(package="keras_ae")
class AdversarialPenalty(Configured, ReconstructionPenalty):
    """Add what a discriminator tells reconstructions from data by, and train it in each step.

        logistic:  penalty = weight * softplus(-D(reconstruction))
                   discriminator's loss = softplus(-D(x)) + softplus(D(reconstruction))
        hinge:     penalty = weight * -D(reconstruction)
                   discriminator's loss = max(0, 1 - D(x)) + max(0, 1 + D(reconstruction))

    D's logits are above 0 for what it takes for data. One training step computes both losses with
    the weights from before it, then each optimizer moves its own: the model's the autoencoder,
    this layer's the discriminator, on the reconstructions as they were. Nothing else is needed:
    `fit`, `evaluate`, saving and resuming are as ever, and nothing is updated outside training.

    The logs show the weighted term as `adversarial`, and beside it `discriminator_loss` and
    `discriminator_accuracy`, the share of its decisions that are right: 0.5 where it can't tell,
    1 where the decoder learns nothing from it. The term has no lower bound by hinge, and the loss
    is none of the log-likelihood; nll and kl are what they are without it.

    Args:
        discriminator: Built Keras model from an example to one logit, of shape (batch, 1), or to a
            map of them, (batch, ..., 1), which count as their mean. It must belong to this penalty
            alone. It is saved with the model, and is in no export.
        weight: Number >= 0. The nll is a sum over pixels: an image needs a weight of 10 or more.
        optimizer: `keras.optimizers.Optimizer` of the discriminator, of which a copy is kept; None
            for Adam at a rate of 2e-4 with beta_1 = 0.5.
        loss: String, "hinge" or "logistic".
        start_step: Integer >= 0, training steps until the term joins the loss. The discriminator
            learns from the first.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, the discriminator returns something else than
            logits, has no weights to train, or, when the model is built, takes another shape than
            the data have or shares weights with the autoencoder.

    Example:
        >>> import keras_ae
        >>> discriminator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> penalty = [keras_ae.layers.KLPenalty(), AdversarialPenalty(discriminator)]
        >>> model = keras_ae.create_model("vae", (4,), 2, units=(8,), penalty=penalty)
        >>> model.compile("adam")
        >>> history = model.fit(ops.ones((8, 4)), verbose=0).history
        >>> sorted(history)  # doctest: +NORMALIZE_WHITESPACE
        ['adversarial', 'discriminator_accuracy', 'discriminator_loss', 'kl', 'loss', 'nll']

    Reference:
        Larsen et al., Autoencoding beyond Pixels Using a Learned Similarity Metric, 2016,
        algorithm 1 (here without latents of the prior); Goodfellow et al., Generative Adversarial
        Nets, 2014 (logistic, with the decoder's loss that doesn't saturate); Lim and Ye, Geometric
        GAN, 2017 (hinge); Esser, Rombach and Ommer, Taming Transformers for High-Resolution Image
        Synthesis, 2021 (reconstructions alone, a later start).
    """

    metric_name = "adversarial"
    measure_names = ("discriminator_loss", "discriminator_accuracy")

    def __init__(
        self,
        discriminator: Any,
        weight: float = 1.0,
        optimizer: Any = None,
        loss: str = "hinge",
        start_step: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.discriminator = checked_network("discriminator", discriminator)
        _check_logits(discriminator)
        self.weight = _checks.number("weight", weight, minimum=0)
        self.loss = _checks.choice("loss", loss, LOSSES)
        self._margin, self._persuasion = LOSSES[self.loss]
        self.start_step = _checks.integer("start_step", start_step, minimum=0)
        self.optimizer = _copied(optimizer)
        # Apart from Keras, which would take them for variables of this layer.
        self._own = SimpleNamespace(learned=discriminator.trainable_variables)
        if not self._own.learned:
            raise ValueError(
                "`discriminator` must have weights to train that are no other penalty's. "
                f"Received: discriminator={_checks.shown(discriminator)}"
            )
        self.optimizer.build(self._own.learned)
        self._withhold()
        self._measured = Recorded()
        self._across_replicas = AcrossReplicas()

    @property
    def network(self) -> tuple[str, Any]:
        """The discriminator."""
        return "discriminator", self.discriminator

    @property
    def variables(self) -> list[Any]:
        """All state, that of the discriminator's optimizer too: on JAX a step must know it."""
        return [*super().variables, *self.optimizer.variables]

    def save_own_variables(self, store: Any) -> None:
        """Store the state of the discriminator's noise, such as a `Dropout`'s: Keras doesn't."""
        for index, state in enumerate(self._noise_states()):
            store[str(index)] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Restore the state of the discriminator's noise."""
        for index, state in enumerate(self._noise_states()):
            state.assign(store[str(index)])

    def _noise_states(self) -> list[Any]:
        weights = {id(weight) for weight in self.discriminator.weights}
        return [each for each in self.discriminator.variables if id(each) not in weights]

    def cost(self, target: Any, reconstruction: Any, sample_weight: Any, training: bool) -> Any:
        """Return the weighted term of each example, of shape (batch,); in training, train."""
        logits = self._logits(reconstruction, training)
        values = self.weight * ops.mean(self._persuasion(logits), axis=-1)
        if self.start_step:
            values = values * ops.cast(self.optimizer.iterations >= self.start_step, "float32")
        if training and self.trainable:
            self._measured.values = self._improve(target, reconstruction, sample_weight)
        else:
            self._measured.values = self._mistakes(self._logits(target, training), logits)
        return values

    def measures(self) -> Sequence[Any]:
        """Return the discriminator's loss and share of right decisions, of shape (batch,)."""
        measured, self._measured.values = self._measured.values, None
        return tuple(measured)

    def _improve(self, target: Any, reconstruction: Any, sample_weight: Any) -> Any:
        """Train the discriminator by one step; return what it measured before."""
        reconstruction, learned = ops.stop_gradient(reconstruction), self._own.learned

        def loss() -> tuple[Any, Any]:
            real, decoded = (self._logits(each, True) for each in (target, reconstruction))
            measured = self._mistakes(real, decoded)
            return self._across_replicas(batch_mean(measured[0], sample_weight)), measured

        ids = {id(variable) for variable in learned}
        rest = [each for each in self.discriminator.variables if id(each) not in ids]
        measured, gradients = value_and_gradients(loss, learned, rest)
        self.optimizer.apply(gradients, learned)
        return measured

    def _logits(self, x: Any, training: bool) -> Any:
        """Return the logits of each example, of shape (batch, positions), float32."""
        logits = ops.cast(self.discriminator(x, training=training), "float32")
        return ops.reshape(logits, (ops.shape(x)[0], -1))

    def _mistakes(self, real: Any, decoded: Any) -> tuple[Any, Any]:
        """Return the loss and the share of right decisions of each example, of shape (batch,)."""
        loss = self._margin(real) + self._margin(-decoded)
        right = (ops.cast(real > 0, "float32") + ops.cast(decoded < 0, "float32")) / 2
        return ops.mean(loss, axis=-1), ops.mean(right, axis=-1)


def _check_logits(discriminator: Any) -> None:
    shapes = [tuple(each.shape) for each in keras.tree.flatten(discriminator.outputs)]
    if len(shapes) != 1 or len(shapes[0]) < 2 or shapes[0][-1] != 1:
        raise ValueError(
            "`discriminator` must return one logit an example, of shape (None, 1), or a map of "
            "them, (None, ..., 1). "
            f"Received: discriminator that returns {', '.join(map(str, shapes))}"
        )


def _copied(optimizer: Any) -> Any:
    """Return a copy of an optimizer, or the default: an optimizer is of one set of weights."""
    if optimizer is None:
        return keras.optimizers.Adam(LEARNING_RATE, beta_1=MOMENTUM)
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if scaled or not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "`optimizer` must be a keras.optimizers.Optimizer that scales no loss, or None. "
            f"Received: optimizer={_checks.shown(optimizer)}"
        )
    return type(optimizer).from_config(optimizer.get_config())
