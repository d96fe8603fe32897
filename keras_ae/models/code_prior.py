"""Train a prior over the indices of a trained model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution import arguments, processes
from keras_ae.execution.backend import backend
from keras_ae.execution.multi_step_model import MultiStepModel
from keras_ae.execution.shuffled_batches import ShuffledBatches
from keras_ae.layers._across_replicas import AcrossReplicas
from keras_ae.layers.priors.code_prior import CodePrior, log_prob
from keras_ae.models.autoencoder import Autoencoder


def fit_code_prior(
    model: Autoencoder,
    x: Any,
    prior: CodePrior | None = None,
    epochs: int = 20,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    validation_data: Any = None,
    seed: int | None = None,
    callbacks: Sequence[Any] = (),
    verbose: Any = "auto",
) -> Any:
    """Train a prior over the indices of a model's codes, and attach it to the model.

    The model's `indices` of x are computed once, and the prior is trained to make them likely, by
    Adam. From then on `model.generate` draws from it, a loop of one step for each index, the
    endpoint `code_logits` is such a step, and `model.save` keeps it. The model's own weights stay
    as they are. A model that is trained further has other indices: fit its prior anew.

    Args:
        model: A trained model of integer codes: vq_vae, residual_vq_vae, fsq_vae, lfq_vae
            or gumbel_vae.
        x: Array of shape (examples, ...).
        prior: A `CodePrior` of as many codes as the model's, one that is trained already to go
            on with it; None for a new one, `CodePrior(model.bottleneck.codes, seed=seed)`.
        epochs: Integer >= 1.
        batch_size: Integer >= 1, examples in a batch.
        learning_rate: Number > 0, Adam's.
        validation_data: Tuple (x,) to validate on after each epoch, or None.
        seed: Integer >= 0 or None, of the initial weights and the order of the examples.
        callbacks: Keras callbacks.
        verbose: As in `fit`.

    Returns:
        The `keras.callbacks.History`: `nll` in nats and `bits`, both an example (image), means
        over the examples, and the same with `val_` before them. `loss` is the nll.

    Raises:
        TypeError: An argument is of the wrong type. Nothing was trained then.
        ValueError: The model's code isn't of indices, or of more than 65,536 codes, the examples
            don't suit the model, the prior doesn't suit its codes, or an argument is out of
            range. Nothing was trained then.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model, fit_code_prior
        >>> model = create_model("fsq_vae", (8, 8, 1), latent_dim=2, levels=4, filters=(4,))
        >>> x = np.random.default_rng(0).uniform(size=(20, 8, 8, 1)).astype("float32")
        >>> history = fit_code_prior(model, x, epochs=1, seed=0, verbose=0).history
        >>> sorted(history)
        ['bits', 'loss', 'nll']
        >>> model.generate(3, seed=0).shape
        (3, 8, 8, 1)

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, section 3.3.
    """
    _checks.instance("model", model, Autoencoder, "an Autoencoder")
    if "decode_indices" not in model.functions():
        raise ValueError(
            "`model` must be one whose codes are indices: vq_vae, residual_vq_vae, fsq_vae, "
            f"lfq_vae or gumbel_vae. Received: a {type(model).__name__} with a "
            f"{type(model.bottleneck).__name__}"
        )
    model._check_inputs("x", x)
    seed = _checks.seed("seed", seed)
    if prior is None:
        prior = CodePrior(model.bottleneck.codes, seed=seed)
    _checks.instance("prior", prior, CodePrior, "a CodePrior or None")
    if prior.codes != model.bottleneck.codes:
        raise ValueError(
            f"`prior` must be of the model's {model.bottleneck.codes} codes. "
            f"Received: a CodePrior of codes={prior.codes}"
        )
    epochs = _checks.integer("epochs", epochs, minimum=1)
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    learning_rate = float(_checks.number("learning_rate", learning_rate, above=0))
    options = arguments.checked(callbacks=callbacks, verbose=verbose)
    validation = _validation(model, validation_data)
    processes.check_alone("fit_code_prior")

    indices = _indices(model, x)
    if not prior.built:
        prior.build(indices.shape)
    if prior.code_shape != indices.shape[1:]:
        raise ValueError(
            f"`prior` must be of indices of shape {indices.shape[1:]}. "
            f"Received: a CodePrior of shape {prior.code_shape}"
        )
    history = _train(
        prior,
        indices,
        None if validation is None else (_indices(model, validation),),
        ShuffledBatches(indices, batch_size, _order_seed(seed)),
        keras.optimizers.Adam(learning_rate),
        {"epochs": epochs, "validation_batch_size": batch_size, **options},
    )
    model.bottleneck.attach_prior(prior)
    return history


def _validation(model: Any, data: Any) -> Any:
    """Return the examples to validate on, checked; None without any."""
    if data is None:
        return None
    if not isinstance(data, (tuple, list)) or len(data) != 1:
        raise ValueError(
            f"`validation_data` must be a tuple (x,) or None. Received: {_checks.shown(data)}"
        )
    model._check_inputs("validation_data", data[0])
    return data[0]


def _indices(model: Any, x: Any) -> np.ndarray:
    """Return the model's indices of the examples, (examples, ...)."""
    indices: np.ndarray = model._run("indices", None, x)["indices"]
    return indices


def _order_seed(seed: int | None) -> int:
    """Return the seed of the examples' order: of its own where none is given."""
    if seed is not None:
        return seed
    return int(keras.ops.convert_to_numpy(keras.random.SeedGenerator(None).state)[0])


def _train(
    prior: CodePrior,
    indices: np.ndarray,
    validation: Any,
    batches: ShuffledBatches,
    optimizer: Any,
    options: dict[str, Any],
) -> Any:
    """Train the prior by stock `fit`; it is frozen before and after."""
    prior.trainable = True
    try:
        training = _Training(prior)
        training.build(indices.shape)
        training.compile(optimizer)
        with backend().without_retracing_warnings():
            return training.fit(
                batches,
                steps_per_epoch=batches.steps,
                shuffle=False,
                validation_data=validation,
                **options,
            )
    finally:
        prior.trainable = False


class _Training(MultiStepModel):
    """A prior with its loss: the mean of -log p(indices), in nats per example."""

    def __init__(self, prior: CodePrior) -> None:
        super().__init__(name="code_prior_training")
        self.prior = prior
        self._nll = keras.metrics.Mean("nll", dtype="float32")
        self._bits = keras.metrics.Mean("bits", dtype="float32")
        self._across_replicas = AcrossReplicas()

    def build(self, input_shape: Any) -> None:
        """Build nothing: the prior is built."""

    def call(self, indices: Any) -> Any:
        return self.prior(indices)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        del y, sample_weight, training
        nll = -log_prob(y_pred, x)
        self._nll.update_state(nll)
        self._bits.update_state(nll / math.log(2.0))
        return self._across_replicas(keras.ops.mean(nll))

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the metrics by name, where `loss` weighs examples as `nll` does."""
        results: dict[str, Any] = super().get_metrics_result()
        return {**results, "loss": results["nll"]}
