"""Training: callbacks, and one run from one configuration.

Names are imported at first use: the command line reads `TrainingConfig` to print its help, which
must not wait for TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_ae import _extras

if TYPE_CHECKING:
    from keras_ae.execution.shuffled_batches import ShuffledBatches
    from keras_ae.training.beta_schedule import BetaSchedule
    from keras_ae.training.beta_warmup import BetaWarmup
    from keras_ae.training.collapse_monitor import CollapseMonitor
    from keras_ae.training.cyclic_beta import CyclicBeta
    from keras_ae.training.errors import NonFiniteLossError, TrainingInterruptedError
    from keras_ae.training.latent_traversal import LatentTraversal
    from keras_ae.training.nan_guard import NaNGuard
    from keras_ae.training.reconstruction_grid import ReconstructionGrid
    from keras_ae.training.start_run import prepare, run, saved_config
    from keras_ae.training.temperature_annealing import TemperatureAnnealing
    from keras_ae.training.training_config import TrainingConfig, read_options
    from keras_ae.training.training_run import Run

__all__ = [
    "BetaSchedule",
    "BetaWarmup",
    "CollapseMonitor",
    "CyclicBeta",
    "LatentTraversal",
    "NaNGuard",
    "NonFiniteLossError",
    "ReconstructionGrid",
    "Run",
    "ShuffledBatches",
    "TemperatureAnnealing",
    "TrainingConfig",
    "TrainingInterruptedError",
    "prepare",
    "read_options",
    "run",
    "saved_config",
]

_MODULES = {
    "BetaSchedule": "keras_ae.training.beta_schedule",
    "BetaWarmup": "keras_ae.training.beta_warmup",
    "CollapseMonitor": "keras_ae.training.collapse_monitor",
    "CyclicBeta": "keras_ae.training.cyclic_beta",
    "LatentTraversal": "keras_ae.training.latent_traversal",
    "NaNGuard": "keras_ae.training.nan_guard",
    "NonFiniteLossError": "keras_ae.training.errors",
    "ReconstructionGrid": "keras_ae.training.reconstruction_grid",
    "Run": "keras_ae.training.training_run",
    "ShuffledBatches": "keras_ae.execution.shuffled_batches",
    "TemperatureAnnealing": "keras_ae.training.temperature_annealing",
    "TrainingConfig": "keras_ae.training.training_config",
    "TrainingInterruptedError": "keras_ae.training.errors",
    "prepare": "keras_ae.training.start_run",
    "read_options": "keras_ae.training.training_config",
    "run": "keras_ae.training.start_run",
    "saved_config": "keras_ae.training.start_run",
}
__getattr__, __dir__ = _extras.lazily(__name__, _MODULES)
