"""Score a model on data."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.evaluation import _data
from keras_ae.evaluation._groups import GROUPS, Task
from keras_ae.evaluation.active_units import active_units
from keras_ae.evaluation.kl_per_dimension import kl_per_dimension
from keras_ae.evaluation.scores import Scores
from keras_ae.models import Autoencoder


def evaluate_model(
    model: Autoencoder,
    x: Any,
    num_samples: int = 0,
    seed: int = 0,
    batch_size: int = 128,
    include: Sequence[str] = (),
    labels: Any = None,
    factors: Any = None,
    categorical: Sequence[int] = (),
    feature_model: Callable[[Any], Any] | None = None,
    level_width: float | None = None,
) -> Scores:
    """Return the scores of a model on examples: nll, KL and bound in nats, active units, error.

    nll and penalties come from `model.evaluate`: for a variational model from one sampled latent
    an example, so that `elbo` = -(nll + kl) is an unbiased estimate of the evidence bound,
    whatever beta the model was trained with. Without a KL among the penalties there is no bound
    (`model.is_bound`). A denoising model is scored on corrupted input, or, where it
    was trained on pairs, on `x` as input and target. The noise is the same at each call.

    `include` adds groups of scores that take longer:

    - "generative": mutual information of example and latent; bits per dimension where that means
      something; kernel MMD of as many generated examples, and with a `feature_model` the same and
      the Frechet distance on its features.
    - "reconstruction": PSNR and SSIM of images.
    - "latent": with `labels` the accuracy of a linear probe and the NMI of k-means; with `factors`
      MIG, DCI and SAP.
    - "compression": the latent in 8 bits a dimension, or the tokens, beside JPEG and WebP.

    One that makes no sense for the model or the data is left out, and `left_out` says why. Of
    large data they take a random 10,000 examples; SSIM, MMD and compression 2,000, or fewer of
    large images.

    Args:
        model: An `Autoencoder` or one of its subclasses; one that isn't compiled is,
            with "adam".
        x: Array of shape (examples, ...).
        num_samples: Integer >= 0, importance samples for `log_likelihood`; 0 leaves it out.
        seed: Integer >= 0, seed of those samples, and of what the other scores draw.
        batch_size: Integer >= 1, examples at a time.
        include: Sequence of strings, names of these groups.
        labels: Array of shape (examples,), or None.
        factors: Array of integers of shape (examples, factors), or None.
        categorical: Sequence of integers, the columns of `factors` whose values have no order.
        feature_model: Function or Keras model from examples to features, or None.
        level_width: Number > 0, the width of a level where the data were dequantized, as in
            `bits_per_dimension`; None where they weren't.

    Returns:
        A `Scores`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, `x` doesn't suit the model, labels or factors
            aren't one an example, or `num_samples` is given for a model without a posterior.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(8, 4))
        >>> model = create_model("vae", (4,), latent_dim=2, units=(8,))
        >>> scores = evaluate_model(model, x, include=("latent",), labels=[0, 1] * 4)
        >>> scores.examples, scores.latent_dim, scores.elbo == -(scores.nll + scores.kl)
        (8, 2, True)
        >>> scores.linear_probe_accuracy is None, scores.left_out["mig"]
        (False, 'the data have no known factors')
    """
    _checks.instance("model", model, Autoencoder, "an Autoencoder")
    num_samples = _checks.integer("num_samples", num_samples, minimum=0)
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    batch_size = _checks.integer("batch_size", batch_size, minimum=1)
    if level_width is not None:
        level_width = _checks.number("level_width", level_width, above=0)
    include = _known_groups(include)
    if "score" not in model.functions():
        raise ValueError(
            "`model` must be one that an example alone can be judged by; of pairs there are "
            "evaluate(x, y) and dictionary_scores(model, x, y). "
            f"Received: a {type(model).__name__}"
        )
    x = _data.examples("x", x)
    categorical = _data.places("categorical", categorical)
    labels, factors = _beside(x, "labels", labels, 1), _beside(x, "factors", factors, 2)
    if num_samples and "posterior" not in model.functions():
        raise ValueError(
            "`num_samples` must be 0 for a model without a posterior, which has no likelihood. "
            f"Received: num_samples={num_samples}, model={type(model).__name__}"
        )
    if not model.compiled:
        model.compile("adam")
    target = x if model.trains_on_pairs else None
    logs = model.evaluate(x, target, batch_size=batch_size, verbose=0, return_dict=True)
    x = np.asarray(x, "float32")
    if feature_model is not None:
        _data.features_of("x", x[:2], feature_model)  # a wrong one is an error, at once
    reconstruction = model.reconstruct(x, batch_size)
    nll = float(logs["nll"])
    scores: dict[str, Any] = {
        "examples": len(x),
        "nll": nll,
        "reconstruction_mse": float(np.mean(np.square(reconstruction - x), dtype="float64")),
        "latent_dim": math.prod(model.bottleneck.code_shape),
        "penalties": {each.metric_name: float(logs[each.metric_name]) for each in model.penalties},
    }
    posterior = None
    if model.is_bound:
        kl = next(scores["penalties"][each.metric_name] for each in model.penalties if each.is_kl)
        scores.update(kl=kl, elbo=-(nll + kl))
    if "posterior" in model.functions():
        posterior = model.posterior(x, batch_size)
        scores.update(_of_posterior(model, posterior))
    if num_samples:
        each = model.log_likelihood(x, num_samples, seed, batch_size, verbose=0)
        scores.update(_mean_and_error(each), num_samples=num_samples)
    bound = scores.get("log_likelihood", scores.get("elbo"))
    task = Task(
        model=model,
        x=x,
        reconstruction=reconstruction,
        posterior=posterior,
        nll=None if bound is None else -bound,
        labels=labels,
        factors=factors,
        categorical=categorical,
        feature_model=feature_model,
        level_width=level_width,
        seed=seed,
        batch_size=batch_size,
    )
    for name in include:
        GROUPS[name](task)
    return Scores(**scores, **task.found, left_out=task.left_out)


def _of_posterior(model: Any, posterior: Any) -> dict[str, Any]:
    means = keras.ops.convert_to_numpy(posterior.mean)
    scores: dict[str, Any] = {"active_units": active_units(means) if len(means) > 1 else None}
    with contextlib.suppress(ValueError):  # of a prior or a posterior whose KL is no such sum
        each = kl_per_dimension(posterior, model.prior)
        scores["kl_per_dimension"] = tuple(each.ravel().tolist())
    return scores


def _mean_and_error(log_likelihood: Any) -> dict[str, float | None]:
    values = np.asarray(log_likelihood, "float64")
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {"log_likelihood": float(values.mean()), "log_likelihood_error": error}


def _known_groups(include: Sequence[str]) -> Sequence[str]:
    expected = f"a sequence of some of {', '.join(GROUPS)}"
    chosen = _checks.items("include", include, expected)
    if chosen:
        _checks.selection("include", chosen, GROUPS, expected)
    return [name for name in GROUPS if name in chosen]


def _beside(x: Any, name: str, array: Any, axes: int) -> Any:
    """Return what comes beside the examples, if it is one row for each."""
    if array is None:
        return None
    array = _arrays.as_array(name, array)
    if array.ndim != axes or len(array) != len(x):
        shape = f"({len(x)},)" if axes == 1 else f"({len(x)}, {name})"
        raise ValueError(f"`{name}` must have shape {shape}. Received: shape={array.shape}")
    return array
