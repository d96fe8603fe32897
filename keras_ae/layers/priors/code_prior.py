"""How likely the indices of a code are, each given those before it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.indices import check_indices
from keras_ae.layers.networks._parts import dense_layers, initializers_of
from keras_ae.layers.networks.attention import attention_encoder

MAX_CODES = 2**16  # whose logits fit in memory at every place
FLOAT32 = "float32"
SAMPLED_NUMBERS = 2**24  # logits of a step of sampling: 64 MB


@keras.saving.register_keras_serializable(package="keras_ae")
class CodePrior(Configured, keras.layers.Layer):
    """A causal transformer over the indices of a code: an autoregressive distribution.

        log p(indices) = sum over places t of log p(index t | indices before t)

    Places are read row by row; the stages of a residual code are places too, those of one pixel
    one after another. `keras_ae.fit_code_prior` trains it. As a layer, it turns indices into the
    logits of each place's index, which depend on the places before it alone.

    Sampling is a loop of steps, one call of the layer for each place: no single graph draws a
    sample. A step can be an exported file.

    Args:
        codes: Integer >= 2 and <= 65536, number of values of an index.
        width: Integer >= 1, numbers of a place within the network, a multiple of `heads`.
        blocks: Integer >= 1, of self-attention and a dense network.
        heads: Integer >= 1, of each block's attention.
        seed: Integer >= 0 or None, seed of the initial weights.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        indices: Tensor of shape (batch, ...), integers from 0 to `codes` - 1.

    Returns:
        Logits of shape (batch, ..., codes), float32.

    Raises:
        TypeError: An argument is of the wrong type, or indices aren't integers.
        ValueError: An argument is out of its range, there is no such index, or indices are of
            another shape than those that the layer was built for.

    Example:
        >>> import numpy as np
        >>> prior = CodePrior(codes=5, width=8, blocks=1, heads=2, seed=0)
        >>> indices = np.zeros((4, 2, 3), "int32")
        >>> prior(indices).shape == (4, 2, 3, 5)
        True
        >>> prior.log_prob(indices).shape == (4,)
        True
        >>> prior.sample(2, seed=0).shape
        (2, 2, 3)

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, section 3.3; Esser et
        al., Taming Transformers for High-Resolution Image Synthesis, 2021, section 3.2.
    """

    # No noise of one shape makes a sample: it takes a call for each place.
    noise_shape: tuple[int, ...] | None = None

    def __init__(
        self,
        codes: int,
        width: int = 64,
        blocks: int = 2,
        heads: int = 4,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": FLOAT32, "autocast": False})
        self.codes = _checks.integer("codes", codes, minimum=2, maximum=MAX_CODES)
        self.width = _checks.integer("width", width, minimum=1)
        self.blocks = _checks.integer("blocks", blocks, minimum=1)
        self.heads = _checks.integer("heads", heads, minimum=1)
        if self.width % self.heads:
            raise ValueError(
                f"`width` must be a multiple of heads={self.heads}. Received: width={self.width}"
            )
        self.seed = _checks.seed("seed", seed)
        self._code_shape: tuple[int, ...] | None = None

    def build(self, input_shape: Any) -> None:
        self._code_shape = tuple(int(size) for size in input_shape[1:])
        length, initializers = math.prod(self._code_shape), initializers_of(self.seed, stream=2)
        # One more than there are codes: what the first place is given in place of an index.
        self.embedding = keras.layers.Embedding(
            self.codes + 1, self.width, embeddings_initializer=next(initializers), dtype=FLOAT32
        )
        self.embedding.build((None, length))
        self.network = attention_encoder(
            (length, self.width),
            self.width,
            self.blocks,
            self.heads,
            causal=True,
            seed=self.seed,
            dtype=FLOAT32,
        )
        (self.head,) = dense_layers([self.codes], None, initializers, FLOAT32)
        self.head.build((None, length, self.width))
        for part in (self.embedding, self.network, self.head):
            part.trainable = self.trainable  # a frozen prior that is loaded has frozen parts

    def __call__(self, indices: Any, *args: Any, **kwargs: Any) -> Any:
        # Before Keras, whose errors from within `call` are of many lines.
        check_indices(indices, self.codes)
        if self.built and tuple(indices.shape[1:]) != self.code_shape:
            shape = ", ".join(["examples", *map(str, self.code_shape)])
            raise ValueError(
                f"`indices` must have shape ({shape}). Received: {tuple(indices.shape)}"
            )
        return super().__call__(indices, *args, **kwargs)

    def call(self, indices: Any) -> Any:
        shape = self.code_shape
        length = math.prod(shape)
        flat = ops.reshape(ops.cast(indices, "int32"), (-1, length))
        first = ops.full_like(flat[:, :1], self.codes)
        before = ops.concatenate([first, flat[:, : length - 1]], axis=1)
        features = self.network(self.embedding(before))
        logits = self.head(ops.reshape(features, (-1, length, self.width)))
        return ops.reshape(logits, (-1, *shape, self.codes))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape, self.codes)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """Shape of the indices without the batch axis, known once the layer is built.

        Raises:
            ValueError: The layer is not built yet.
        """
        if self._code_shape is None:
            raise ValueError(
                "CodePrior must be built before it is used: call it on indices, or "
                "`build((None, height, width))`"
            )
        return self._code_shape

    def log_prob(self, indices: Any) -> Any:
        """Return how likely the indices of each example are, all together.

        Args:
            indices: Tensor of shape (batch, ...), integers.

        Returns:
            Tensor of shape (batch,), float32, in nats; divided by log(2) it is in bits.

        Raises:
            TypeError: They aren't integers.
            ValueError: There is no such index.
        """
        return log_prob(self(indices), indices)

    def sample(
        self, n: int, seed: Any = None, step: Callable[[np.ndarray], Any] | None = None
    ) -> np.ndarray:
        """Draw indices, place after place: a loop with one call of `step` for each.

        Args:
            n: Integer >= 1, how many examples.
            seed: Integer or `keras.random.SeedGenerator`; None for Keras' global one.
            step: Function from indices (examples, ...), of which those of the places not drawn
                yet are 0, to logits (examples, ..., codes): this layer compiled, or as a file.
                None for the layer itself.

        Returns:
            Array of shape (n, ...), int32.

        Raises:
            TypeError: `n` or `seed` is not an integer, or `step` no function.
            ValueError: `n` is less than 1, or the layer is not built yet.
        """
        n = _checks.integer("n", n, minimum=1)
        if step is not None and not callable(step):
            raise TypeError(
                "`step` must be a function from indices to logits, or None. "
                f"Received: step={_checks.shown(step)}"
            )
        length = math.prod(self.code_shape)
        noise = keras.random.uniform((n, length), dtype=FLOAT32, seed=_checks.noise_seed(seed))
        shares = np.asarray(ops.convert_to_numpy(noise), "float64")
        rows = max(1, SAMPLED_NUMBERS // (length * self.codes))
        parts = [shares[start : start + rows] for start in range(0, n, rows)]
        return np.concatenate([self._drawn(part, step or self) for part in parts])

    def _drawn(self, shares: np.ndarray, step: Callable[[np.ndarray], Any]) -> np.ndarray:
        """Return the indices at which the shares of the probability, one a place, are passed."""
        examples, length = shares.shape
        indices = np.zeros((examples, length), "int32")
        for place in range(length):
            logits = step(indices.reshape(examples, *self.code_shape))
            logits = np.asarray(ops.convert_to_numpy(logits), "float64")
            here = logits.reshape(examples, length, self.codes)[:, place]
            passed = np.cumsum(np.exp(here - here.max(axis=1, keepdims=True)), axis=1)
            below = passed <= shares[:, place, None] * passed[:, -1:]
            indices[:, place] = np.minimum(below.sum(axis=1), self.codes - 1)
        return indices.reshape(examples, *self.code_shape)


def log_prob(logits: Any, indices: Any) -> Any:
    """Return the log-probability of the indices of each example, (batch,), in nats.

    Args:
        logits: Tensor of shape (batch, ..., codes).
        indices: Tensor of shape (batch, ...), integers.
    """
    codes = logits.shape[-1]
    each = ops.reshape(logits, (-1, math.prod(logits.shape[1:-1]), codes))
    chosen = ops.reshape(ops.cast(indices, "int32"), (-1, each.shape[1], 1))
    taken = ops.take_along_axis(ops.log_softmax(each, axis=-1), chosen, axis=-1)
    return ops.sum(taken, axis=(1, 2))
