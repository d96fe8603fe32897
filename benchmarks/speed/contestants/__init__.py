"""Who takes part. Each module here has classes whose methods are tasks.

A task is a generator. It prepares, yields nothing, and then does one round between two yields; it
yields the round's figures, with "seconds" where not all of the round counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contestant:
    """One row of the tables.

    Attributes:
        title: What the tables call it.
        worker: Module and class, such as "keras_fit:Ours".
        options: Arguments of that class.
        backend: Keras' backend.
        peer: Whether it runs in the peers' virtual environment.
        leaves_out: Workloads in which it takes part only if it is asked for by name.
        checkout: Folder to import this package from instead of this one.
    """

    title: str
    worker: str
    options: dict[str, Any] = field(default_factory=dict)
    backend: str = "tensorflow"
    peer: bool = False
    leaves_out: tuple[str, ...] = ()
    checkout: str = ""


# JAX's convolutions on a CPU take minutes where the others take seconds.
_SLOW = ("conv_vae",)
_ALL = ("dense_vae", "deep_ae", "conv_vae")  # so does what torch.compile prepares there
_STOCK = "keras_fit:Stock"
_BEFORE = os.environ.get("KERAS_AE_BEFORE", "")
CONTESTANTS = {
    "ours": Contestant("keras_ae, `fit`", "keras_fit:Ours"),
    "stock": Contestant("Keras, `fit`, default options", _STOCK),
    "stock_jit": Contestant("Keras, `jit_compile=True`", _STOCK, {"jit_compile": True}),
    "stock_jit_32": Contestant(
        "Keras, `jit_compile=True, steps_per_execution=32`",
        _STOCK,
        {"jit_compile": True, "steps_per_execution": 32},
    ),
    "stock_nojit_32": Contestant(
        "Keras, `jit_compile=False, steps_per_execution=32`",
        _STOCK,
        {"jit_compile": False, "steps_per_execution": 32},
    ),
    "fused": Contestant(
        "TensorFlow, an epoch one function, by hand (the limit)", "fused_tensorflow:Fused"
    ),
    "ours_jax": Contestant(
        "keras_ae on JAX, `fit`", "keras_fit:Ours", backend="jax", leaves_out=_SLOW
    ),
    "stock_jax": Contestant("Keras on JAX, `fit`", _STOCK, backend="jax", leaves_out=_SLOW),
    "torch": Contestant("PyTorch, a plain loop", "torch_loop:Loop", peer=True),
    "torch_compile": Contestant(
        "PyTorch, a plain loop, `torch.compile`",
        "torch_loop:Loop",
        {"compiled": True},
        peer=True,
        leaves_out=_ALL,
    ),
    "pythae": Contestant("Pythae, its trainer", "torch_loop:Pythae", peer=True),
    "before": Contestant("keras_ae before, `fit`", "keras_fit:Ours", checkout=_BEFORE),
    "before_jax": Contestant(
        "keras_ae before, on JAX, `fit`",
        "keras_fit:Ours",
        backend="jax",
        leaves_out=_SLOW,
        checkout=_BEFORE,
    ),
}
TRAINING = [name for name in CONTESTANTS if _BEFORE or not name.startswith("before")]
