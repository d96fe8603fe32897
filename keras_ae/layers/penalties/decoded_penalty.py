"""A penalty on what other codes than the latent decode to."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence

from keras_ae.layers.penalties.penalty import Code, Decoding, Penalty, Tensor


class DecodedPenalty(Penalty):
    """A penalty on what codes decode to that are made of the latent, such as parts of it.

    A subclass says which codes: `codes`, and what their decodings cost: `cost`. The decoder and
    the target are the model's: it calls `judge` in `compute_loss`, and adds what that returns to
    the loss. As a layer of another model it passes a latent through and adds nothing.

    Args:
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.
    """

    needs_decoder = True

    @abc.abstractmethod
    def codes(self, code: Code) -> Sequence[Tensor]:
        """Return the codes to decode, each of the latent's shape, in float32.

        Args:
            code: A `Code`, its latent in float32.
        """

    @abc.abstractmethod
    def cost(
        self, decodings: Sequence[Tensor], parameters: Tensor, nll: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Return what the decodings cost, of shape (batch,).

        Args:
            decodings: What the decoder made of `codes`: parameters of the likelihood.
            parameters: What it made of the latent.
            nll: Function from parameters to -log likelihood of the target, of shape (batch,).
        """

    def values(self, code: Code) -> tuple[Sequence[Tensor], bool]:
        """Return what `judge` takes: the codes, and whether this is a training step."""
        return self.codes(code), code.training

    def judge(self, values: tuple[Sequence[Tensor], bool], decoding: Decoding) -> Tensor:
        """Decode what `take` returned, and return what it costs, of shape (batch,)."""
        codes, training = values
        decodings = [decoding.decoder(each, training=training) for each in codes]
        return self.cost(decodings, decoding.parameters, decoding.nll)
