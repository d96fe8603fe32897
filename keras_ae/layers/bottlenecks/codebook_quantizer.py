"""What the quantizers with codebooks share: how those are moved, and how gradients pass them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_ae import _checks
from keras_ae.layers.bottlenecks._gradients import GRADIENTS
from keras_ae.layers.bottlenecks.bottleneck import check_penalties
from keras_ae.layers.bottlenecks.codebook import AveragedCodebook, Codebook, MappedCodebook
from keras_ae.layers.bottlenecks.quantizer import MAX_CODES, Quantizer
from keras_ae.layers.penalties import CodebookPenalty, CommitmentPenalty, Penalty

DEAD_BELOW = 0.05  # of an even share of the features, where nothing is given


class CodebookQuantizer(Quantizer):
    """A quantizer with codebooks of `codes` vectors; the arguments are `VectorQuantizer`'s."""

    _own: tuple[Penalty, ...] = ()  # the codebooks' own penalty, where that moves them

    def __init__(
        self,
        latent_dim: int,
        codes: int,
        decay: float | None,
        gradient: str,
        dead_below: float | None,
        penalty: Penalty | Sequence[Penalty] | None,
        seed: int | None,
        learned_map: bool = False,
        **kwargs: Any,
    ) -> None:
        penalty = CommitmentPenalty() if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, **kwargs)
        self.codes = _checks.integer("codes", codes, minimum=2, maximum=MAX_CODES)
        self.decay = None if decay is None else _checks.number("decay", decay, above=0, below=1)
        self.gradient = _checks.choice("gradient", gradient, GRADIENTS)
        self.dead_below = dead_below
        if dead_below is not None:
            self.dead_below = _checks.number("dead_below", dead_below, minimum=0, below=1)
            if decay is None:
                raise ValueError(
                    "`dead_below` must be None for a codebook without moving averages, which tell "
                    f"what is dead. Received: dead_below={dead_below}, decay=None"
                )
        self.learned_map = _checks.boolean("learned_map", learned_map)
        if learned_map and decay is not None:
            raise ValueError(
                "`learned_map` needs `decay=None`, a codebook that is trained by its gradient. "
                f"Received: learned_map=True, decay={decay}"
            )
        if decay is None:
            self._own = (CodebookPenalty(),)
            check_penalties(self.penalties)

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalties that `call` adds to the loss, one of the codebooks' own among them."""
        return (*self._own, *super().penalties)

    def passed(self, features: Any, latent: Any) -> Any:
        """Return the latent, with the gradient for the features that was asked for."""
        return GRADIENTS[self.gradient](features, latent)

    def make_codebook(self, name: str, stage: int = 0) -> Codebook:
        """Return a new codebook; those of two stages start differently."""
        seed = None if self.seed is None else (self.seed + stage) % (_checks.MAX_SEED + 1)
        if self.decay is None:
            kind = MappedCodebook if self.learned_map else Codebook
            return kind(self.codes, self.latent_dim, seed, name=name)
        dead = DEAD_BELOW if self.dead_below is None else self.dead_below
        return AveragedCodebook(self.codes, self.latent_dim, self.decay, dead, seed, name=name)
