"""Who takes part: each contestant's name, worker, environment and what the table calls it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Contestant:
    """One row of the tables.

    `worker` is a module of `contestants/`, with its variant after a colon; `peer` names the
    virtual environment it runs in, None for this one. It takes no part in the models of
    `leaves_out` unless it is asked for by name.
    """

    name: str
    title: str
    worker: str
    peer: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    leaves_out: tuple[str, ...] = ()

    def variables(self) -> dict[str, str]:
        """Return the worker's environment variables: the parent's, and its own."""
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TQDM_DISABLE": "1", "KERAS_BACKEND": "tensorflow"}
        return {**os.environ, **quiet, **self.environment}


_JAX = {"KERAS_BACKEND": "jax"}
# JAX's convolutions on a CPU take minutes where the others take seconds.
_SLOW = ("conv_vae",)
ROSTER = {
    each.name: each
    for each in (
        Contestant("ours", "keras_ae, `fit`", "ours"),
        Contestant("stock", "Keras, `fit`, default options", "stock_keras"),
        Contestant("stock_jit", "Keras, `jit_compile=True`", "stock_keras:jit"),
        Contestant(
            "stock_jit_32",
            "Keras, `jit_compile=True, steps_per_execution=32`",
            "stock_keras:jit,steps=32",
        ),
        Contestant(
            "stock_nojit_32",
            "Keras, `jit_compile=False, steps_per_execution=32`",
            "stock_keras:nojit,steps=32",
        ),
        Contestant(
            "fused",
            "TensorFlow, an epoch one function, by hand (the limit)",
            "fused_tensorflow",
        ),
        Contestant(
            "ours_jax", "keras_ae on JAX, `fit`", "ours", environment=_JAX, leaves_out=_SLOW
        ),
        Contestant(
            "stock_jax", "Keras on JAX, `fit`", "stock_keras", environment=_JAX, leaves_out=_SLOW
        ),
        Contestant("torch", "PyTorch, a plain loop", "torch_loop", peer="torch"),
        Contestant("pythae", "Pythae, its trainer", "pythae_trainer", peer="pythae"),
    )
}


def chosen(only: list[str] | None, peers: list[str]) -> list[Contestant]:
    """Return the contestants that take part, in the tables' order.

    Args:
        only: Names, or None for all.
        peers: Virtual environments that may be used.
    """
    unknown = sorted(set(only or ()) - set(ROSTER))
    if unknown:
        raise ValueError(f"--only takes {', '.join(ROSTER)}. Received: {', '.join(unknown)}")
    able = [each for each in ROSTER.values() if each.peer is None or each.peer in peers]
    if only is None:
        return able
    return [replace(each, leaves_out=()) for each in able if each.name in only]
