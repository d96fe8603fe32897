"""Score a model on data."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.evaluation.active_units import active_units
from keras_ae.evaluation.scores import Scores
from keras_ae.models import Autoencoder, VariationalAutoencoder


def evaluate_model(
    model: Autoencoder, x: Any, num_samples: int = 0, seed: int = 0, batch_size: int = 128
) -> Scores:
    """Return the scores of a model on examples: nll, KL and bound in nats, active units, error.

    nll and KL come from `model.evaluate`: for a variational model from one sampled latent an
    example, so that `elbo` = -(nll + kl) is an unbiased estimate of the evidence bound, whatever
    beta the model was trained with. A denoising model is scored on corrupted input. The noise is
    the same at each call.

    Args:
        model: An `Autoencoder` or one of its subclasses; one that isn't compiled is,
            with "adam".
        x: Array of shape (examples, ...).
        num_samples: Integer >= 0, importance samples for `log_likelihood`; 0 leaves it out.
        seed: Integer >= 0, seed of those samples.
        batch_size: Integer >= 1, examples at a time.

    Returns:
        A `Scores`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, `x` doesn't suit the model, or `num_samples` is
            given for a model without a prior.

    Example:
        >>> import numpy as np
        >>> from keras_ae import create_model
        >>> x = np.random.default_rng(0).uniform(size=(8, 4))
        >>> scores = evaluate_model(create_model("vae", (4,), latent_dim=2, units=(8,)), x)
        >>> scores.examples, scores.latent_dim, scores.elbo == -(scores.nll + scores.kl)
        (8, 2, True)
    """
    _checks.instance("model", model, Autoencoder, "an Autoencoder")
    _checks.integer("num_samples", num_samples, minimum=0)
    _checks.integer("seed", seed, minimum=0)
    _checks.integer("batch_size", batch_size, minimum=1)
    variational = isinstance(model, VariationalAutoencoder)
    if num_samples and not variational:
        raise ValueError(
            "`num_samples` must be 0 for a model without a prior, which has no log-likelihood. "
            f"Received: num_samples={num_samples}, model={type(model).__name__}"
        )
    if not model.compiled:
        model.compile("adam")
    logs = model.evaluate(x, batch_size=batch_size, verbose=0, return_dict=True)
    x = np.asarray(x, "float32")
    reconstruction = model.reconstruct(x, batch_size)
    nll = float(logs["nll"])
    scores = {
        "examples": len(x),
        "nll": nll,
        "reconstruction_mse": float(np.mean(np.square(reconstruction - x), dtype="float64")),
        "latent_dim": model.bottleneck.latent_dim,
    }
    if not variational:
        return Scores(**scores)
    kl = float(logs["kl"])
    log_likelihood = None
    if num_samples:
        each = model.log_likelihood(x, num_samples, seed, batch_size, verbose=0)
        log_likelihood = float(np.mean(each, dtype="float64"))
    return Scores(
        **scores,
        kl=kl,
        elbo=-(nll + kl),
        log_likelihood=log_likelihood,
        active_units=active_units(model.encode(x, batch_size)) if len(x) > 1 else None,
    )
