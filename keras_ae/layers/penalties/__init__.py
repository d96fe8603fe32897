"""Penalties: what a bottleneck adds to the loss with `add_loss`."""

from keras_ae.layers.penalties.dead_unit_penalty import DeadUnitPenalty
from keras_ae.layers.penalties.kl_penalty import KLPenalty
from keras_ae.layers.penalties.l0_penalty import L0Penalty
from keras_ae.layers.penalties.l1_penalty import L1Penalty
from keras_ae.layers.penalties.penalty import Code, Penalty
from keras_ae.layers.penalties.target_activity_penalty import TargetActivityPenalty

__all__ = [
    "Code",
    "DeadUnitPenalty",
    "KLPenalty",
    "L0Penalty",
    "L1Penalty",
    "Penalty",
    "TargetActivityPenalty",
]
