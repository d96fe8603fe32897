"""From a configuration to a compiled model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from keras_ae import _checks, layers
from keras_ae.models import create_model, list_models
from keras_ae.training.beta_schedule import penalty_with_beta
from keras_ae.training.examples import Examples, check_support
from keras_ae.training.training_config import TrainingConfig

# Options of one kind of model that go to its recipe as they are.
OF_KINDS = ("components", "codes", "stages", "categories", "k", "adversarial_weight")

# Likelihoods by name: the one place where a name becomes an object.
NAMED: dict[str, Callable[[], layers.Likelihood]] = {
    "bernoulli": layers.BernoulliLikelihood,
    "continuous_bernoulli": layers.ContinuousBernoulliLikelihood,
    "gaussian": lambda: layers.GaussianLikelihood(layers.SharedScale()),
    "gaussian_unit": lambda: layers.GaussianLikelihood(1.0),
    "gaussian_per_output": lambda: layers.GaussianLikelihood(layers.PredictedScale()),
    "laplace": lambda: layers.LaplaceLikelihood(layers.SharedScale()),
}


def build_model(config: TrainingConfig, examples: Examples) -> tuple[Any, TrainingConfig]:
    """Return the compiled model, and the configuration with what was left to choose filled in.

    One example is passed through the model and its loss, so that parts that don't fit each other
    or the data are found here and not in the middle of a compilation.

    Args:
        config: A `TrainingConfig`.
        examples: The `Examples` to train on.

    Raises:
        TypeError: The model doesn't take one of the options.
        ValueError: The model or the likelihood is unknown, or doesn't suit the data.

    Example:
        >>> from keras_ae.training.examples import load_examples
        >>> config = TrainingConfig(data="digits", latent_dim=2, units="16", max_examples=50)
        >>> model, resolved = build_model(config, load_examples(config))
        >>> model.example_shape, resolved.beta, resolved.normalize
        ((8, 8, 1), 1.0, False)
    """
    _checks.choice("model", config.model, list_models())
    likelihood = None
    if config.likelihood is not None:
        likelihood = NAMED[_checks.choice("likelihood", config.likelihood, NAMED)]()
    shape = examples.dataset.example_shape
    normalize = config.normalize
    if normalize is None:
        normalize = len(shape) <= 2 and (likelihood is None or likelihood.support is None)
    options = _options(config, likelihood, _normalization(examples) if normalize else None)
    model = _create(config, shape, options)
    parts = _parts(config, model)
    if parts:
        # What suits a model, and the beta that its recipe has, is known when it is made.
        options.pop("beta", None)
        model = _create(config, shape, {**options, **parts})
    _check(config, model, normalize)
    if not normalize:
        fix = "Scale the data, or choose a likelihood of real numbers, such as gaussian"
        check_support(examples.whole, model.likelihood, fix)
    model.compile(
        keras.optimizers.Adam(float(config.learning_rate)),
        steps_per_execution=config.steps_per_execution or "auto",
        jit_compile="auto" if config.jit is None else config.jit,
    )
    _try_out(model, examples.train[:1])
    # Fixed before the run begins: a resumed one must not choose otherwise.
    model.fix_execution(examples.train, config.batch_size, config.epochs)
    penalty = penalty_with_beta(model)
    resolved = dataclasses.replace(
        config,
        normalize=normalize,
        jit=model.jit_compile,
        steps_per_execution=model.steps_per_execution,
        beta=None if penalty is None else penalty.beta,
    )
    return model, resolved


def _options(config: TrainingConfig, likelihood: Any, preprocessor: Any) -> dict[str, Any]:
    """Return what the recipe is given: the options that aren't None."""
    options = {
        "likelihood": likelihood,
        "preprocessor": preprocessor,
        "network": config.network,
        "units": config.units,
        "filters": config.filters,
        "activation": config.activation,
        "beta": config.beta,
        **{name: getattr(config, name) for name in OF_KINDS},
        "levels": config.levels[0] if config.levels and len(config.levels) == 1 else config.levels,
        "tied": config.tied,
        "seed": config.seed,
        "dtype": None if config.precision == "float32" else config.precision,
    }
    return {name: value for name, value in options.items() if value is not None}


def _parts(config: TrainingConfig, model: Any) -> dict[str, Any]:
    """Return the parts that options ask for in place of the recipe's own."""
    parts: dict[str, Any] = {}
    if config.free_bits is not None or config.capacity is not None:
        option = "free_bits" if config.capacity is None else "capacity"
        beta = _penalty(config, model, option).beta
        parts["penalty"] = layers.KLPenalty(beta, config.free_bits or 0.0, config.capacity)
    if config.corruption_rate is not None:
        if hasattr(model, "corruption"):
            parts["corruption"] = layers.MaskingNoise(config.corruption_rate, seed=config.seed)
        elif not config.pretrain_epochs:
            raise ValueError(
                "`corruption_rate` must be left out for a model that isn't denoising (or stacked, "
                f"with pretrain_epochs). Received: corruption_rate={config.corruption_rate}, "
                f"model={_checks.shown(config.model)}"
            )
    return parts


def _create(config: TrainingConfig, shape: tuple[int, ...], options: dict[str, Any]) -> Any:
    try:
        return create_model(config.model, shape, config.latent_dim, **options)
    except TypeError as error:
        raise TypeError(f"Model {config.model!r} doesn't take these options: {error}") from error


def _check(config: TrainingConfig, model: Any, normalize: bool) -> None:
    if config.pretrain_epochs and not hasattr(model, "pretrain"):
        raise ValueError(
            "`pretrain_epochs` must be 0 for a model that isn't stacked. "
            f"Received: pretrain_epochs={config.pretrain_epochs}, "
            f"model={_checks.shown(config.model)}"
        )
    if config.code_prior_epochs and "decode_indices" not in model.functions():
        raise ValueError(
            "`code_prior_epochs` must be 0 for a model whose codes aren't indices. "
            f"Received: code_prior_epochs={config.code_prior_epochs}, "
            f"model={_checks.shown(config.model)}"
        )
    for name in ("beta_warmup", "beta_cycle"):
        if getattr(config, name) is not None:
            _penalty(config, model, name)
    if normalize and model.likelihood.support is not None:
        low, high = model.likelihood.support
        raise ValueError(
            f"`normalize` must be false with a likelihood of values in [{low:g}, {high:g}]. "
            f"Received: normalize=True, likelihood={type(model.likelihood).__name__}"
        )


def _penalty(config: TrainingConfig, model: Any, option: str) -> Any:
    penalty = penalty_with_beta(model)
    if penalty is None:
        raise ValueError(
            f"`{option}` must be left out for a model without a KL. "
            f"Received: {option}={getattr(config, option)}, model={_checks.shown(config.model)}"
        )
    return penalty


def _normalization(examples: Examples) -> keras.layers.Normalization:
    normalization = keras.layers.Normalization(axis=-1)
    normalization.adapt(examples.train)
    return normalization


def _try_out(model: Any, x: Any) -> None:
    """Compute the loss of one example, without drawing noise; `fit` resets the metrics."""
    x = keras.ops.convert_to_tensor(x)
    model.compute_loss(x, None, model(x, training=False))
