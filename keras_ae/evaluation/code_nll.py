"""What the indices of examples cost under a prior of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks

BATCH_SIZE = 64  # examples, whose logits at every place are there at once


def code_nll(model: Any, x: Any, batch_size: int | None = None) -> np.ndarray:
    """Return -log p(indices of x) of each example, under the prior that was fitted to them.

    It is the length of the best lossless code of the indices by that prior: in bits it is the
    nats divided by log(2), beside the `places * log2(codes)` that plain integers take.

    Args:
        model: A model to which `keras_ae.fit_code_prior` gave a prior.
        x: Array of shape (examples, ...).
        batch_size: Integer >= 1, examples at a time; None for 64.

    Returns:
        Array of shape (examples,), in nats.

    Raises:
        TypeError: `batch_size` is not an integer.
        ValueError: The model has no prior of indices, or the examples don't suit it.

    Example:
        >>> from keras_ae import create_model, fit_code_prior
        >>> model = create_model("fsq_vae", (4,), latent_dim=1, levels=2, units=(4,))
        >>> x = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
        >>> history = fit_code_prior(model, x, epochs=1, verbose=0)
        >>> code_nll(model, x).shape
        (20,)
    """
    known: dict[str, Any] = getattr(model, "functions", dict)()
    if "code_logits" not in known:
        raise ValueError(
            "`model` must be one with a prior of its indices, which `fit_code_prior` gives it. "
            f"Received: {type(model).__name__} without one"
        )
    size = BATCH_SIZE if batch_size is None else batch_size
    size = _checks.integer("batch_size", size, minimum=1)
    model._check_inputs("x", x)

    def nll(x: Any) -> dict[str, Any]:
        return {"nll": -model.prior.log_prob(known["indices"](x)["indices"])}

    found: np.ndarray = model.endpoint("code_nll", nll).predict([x], size)["nll"]
    return found
