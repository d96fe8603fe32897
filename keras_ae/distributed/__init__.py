"""Beyond one process: training over several hosts, and scoring of more rows than one could read.

Names are imported at first use: what runs on other hosts is loaded only where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
__getattr__, __dir__ = _extras.lazily(__name__, _MODULES)
