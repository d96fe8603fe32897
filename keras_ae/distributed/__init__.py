"""Beyond one process: training over several hosts, on JAX's runtime.

Names are imported at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras

if TYPE_CHECKING:
    from keras_ae.distributed.checkpoint import Checkpoint
    from keras_ae.distributed.start_process import Processes, start

__all__ = ["Checkpoint", "Processes", "start"]

_MODULES = {
    "Checkpoint": "keras_ae.distributed.checkpoint",
    "Processes": "keras_ae.distributed.start_process",
    "start": "keras_ae.distributed.start_process",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'keras_ae.distributed' has no attribute {name!r}")
    return getattr(_extras.load(_MODULES[name]), name)
