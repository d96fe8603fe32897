"""Beyond one process: training over several hosts, and scoring of more rows than one could read.

Names are imported at first use: what runs on other hosts is loaded only where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_ae import _extras

if TYPE_CHECKING:
    from keras_ae.distributed.checkpoint import Checkpoint
    from keras_ae.distributed.ray_training import RayTraining, train_on_ray
    from keras_ae.distributed.scoring.score_files import score_files
    from keras_ae.distributed.scoring.scoring_report import ScoringReport
    from keras_ae.distributed.start_process import Processes, start

__all__ = [
    "Checkpoint",
    "Processes",
    "RayTraining",
    "ScoringReport",
    "score_files",
    "start",
    "train_on_ray",
]

_MODULES = {
    "Checkpoint": "keras_ae.distributed.checkpoint",
    "Processes": "keras_ae.distributed.start_process",
    "RayTraining": "keras_ae.distributed.ray_training",
    "ScoringReport": "keras_ae.distributed.scoring.scoring_report",
    "score_files": "keras_ae.distributed.scoring.score_files",
    "start": "keras_ae.distributed.start_process",
    "train_on_ray": "keras_ae.distributed.ray_training",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'keras_ae.distributed' has no attribute {name!r}")
    return getattr(_extras.load(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
