"""Penalties: what a bottleneck adds to the loss with `add_loss`."""

from keras_ae.layers.penalties.adversarial_penalty import AdversarialPenalty
from keras_ae.layers.penalties.codebook_penalty import CodebookPenalty
from keras_ae.layers.penalties.commitment_penalty import CommitmentPenalty
from keras_ae.layers.penalties.dead_unit_penalty import DeadUnitPenalty
from keras_ae.layers.penalties.decoded_penalty import DecodedPenalty
from keras_ae.layers.penalties.entropy_penalty import EntropyPenalty
from keras_ae.layers.penalties.kl_penalty import KLPenalty
from keras_ae.layers.penalties.l0_penalty import L0Penalty
from keras_ae.layers.penalties.l1_penalty import L1Penalty
from keras_ae.layers.penalties.penalty import Code, Decoding, Penalty
from keras_ae.layers.penalties.perceptual_penalty import PerceptualPenalty
from keras_ae.layers.penalties.prefix_penalty import PrefixPenalty
from keras_ae.layers.penalties.reconstruction_penalty import ReconstructionPenalty
from keras_ae.layers.penalties.residual_penalty import ResidualPenalty
from keras_ae.layers.penalties.target_activity_penalty import TargetActivityPenalty

__all__ = [
    "AdversarialPenalty",
    "Code",
    "CodebookPenalty",
    "CommitmentPenalty",
    "DeadUnitPenalty",
    "DecodedPenalty",
    "Decoding",
    "EntropyPenalty",
    "KLPenalty",
    "L0Penalty",
    "L1Penalty",
    "Penalty",
    "PerceptualPenalty",
    "PrefixPenalty",
    "ReconstructionPenalty",
    "ResidualPenalty",
    "TargetActivityPenalty",
]
