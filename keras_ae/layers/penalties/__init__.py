"""Penalties: what a bottleneck adds to the loss with `add_loss`."""

from keras_ae.layers.penalties.codebook_penalty import CodebookPenalty
from keras_ae.layers.penalties.commitment_penalty import CommitmentPenalty
from keras_ae.layers.penalties.dead_unit_penalty import DeadUnitPenalty
from keras_ae.layers.penalties.decoded_penalty import DecodedPenalty
from keras_ae.layers.penalties.entropy_penalty import EntropyPenalty
from keras_ae.layers.penalties.kl_penalty import KLPenalty
from keras_ae.layers.penalties.l0_penalty import L0Penalty
from keras_ae.layers.penalties.l1_penalty import L1Penalty
from keras_ae.layers.penalties.penalty import Code, Penalty
from keras_ae.layers.penalties.prefix_penalty import PrefixPenalty
from keras_ae.layers.penalties.residual_penalty import ResidualPenalty
from keras_ae.layers.penalties.target_activity_penalty import TargetActivityPenalty

__all__ = [
    "Code",
    "CodebookPenalty",
    "CommitmentPenalty",
    "DeadUnitPenalty",
    "DecodedPenalty",
    "EntropyPenalty",
    "KLPenalty",
    "L0Penalty",
    "L1Penalty",
    "Penalty",
    "PrefixPenalty",
    "ResidualPenalty",
    "TargetActivityPenalty",
]
