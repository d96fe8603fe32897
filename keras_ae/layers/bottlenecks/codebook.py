"""A codebook: vectors that stand for features, moved by their gradient or by moving averages."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae.layers._seeded import Seeded

_SMALLEST_COUNT = 1e-6  # features a batch, by the moving average: less says nothing of a code


class Codebook(keras.layers.Layer):
    """`codes` trainable vectors of `size` numbers; a penalty moves them.

    Args:
        codes: Integer, number of vectors.
        size: Integer, numbers of each.
        seed: Integer >= 0 or None, seed of the initial vectors.
        **kwargs: Keras' layer arguments.
    """

    moves_by_gradient = True
    aggregation = "none"  # of the vectors over replicas

    def __init__(self, codes: int, size: int, seed: int | None = None, **kwargs: Any) -> None:
        # float32 at any precision: bfloat16 would make equals of codes that are close.
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.codes = codes
        self.size = size
        self.seed = seed

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002 - the size is known
        self.vectors = self.add_weight(
            name="vectors",
            shape=(self.codes, self.size),
            initializer=keras.initializers.RandomNormal(stddev=self.size**-0.5, seed=self.seed),
            trainable=self.moves_by_gradient,
            aggregation=self.aggregation,
            autocast=False,
        )

    def nearest(self, features: Any) -> Any:
        """Return the index of the code nearest to each of the features, int32."""
        return nearest(features, self.mapped(self.vectors.value))

    def embedded(self, indices: Any) -> Any:
        """Return the code of each index."""
        return ops.take(self.mapped(self.vectors.value), indices, axis=0)

    def mapped(self, vectors: Any) -> Any:
        """Return the codes that are made of the vectors: here themselves."""
        return vectors

    def update(self, features: Any, indices: Any) -> None:
        """Move the vectors after a step of training; here their gradient does."""

    def plain_vectors(self, features: Any) -> Any:
        """Return the codes as a symbolic tensor of a Keras model, by a layer of Keras' own.

        The layer holds this codebook's own variable. Its input comes from the features, since what
        depends on no input of a model would be kept as a constant.
        """
        table = keras.layers.Embedding(self.codes, self.size, dtype="float32", name=self.name)
        table.add_weight = lambda **_: self.vectors  # in place of a variable of its own
        table.build()
        zero = ops.cast(ops.zeros_like(ops.reshape(features, (-1,))[0]), "int32")
        return table(zero + ops.arange(self.codes, dtype="int32"))


class MappedCodebook(Codebook):
    """Frozen random vectors, and a trained matrix that makes the codes of them.

        codes = vectors @ matrix

    The gradient of any one code moves the matrix, and all codes with it. The matrix starts as the
    identity.

    Args:
        codes: Integer, number of vectors.
        size: Integer, numbers of each.
        seed: Integer >= 0 or None, seed of the vectors.
        **kwargs: Keras' layer arguments.
    """

    moves_by_gradient = False

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.matrix = self.add_weight(
            name="matrix", shape=(self.size, self.size), initializer="identity", autocast=False
        )

    def mapped(self, vectors: Any) -> Any:
        """Return the codes that are made of the vectors."""
        return ops.matmul(vectors, self.matrix.value)

    def plain_vectors(self, features: Any) -> Any:
        """Return the codes as a symbolic tensor of a Keras model, by layers of Keras' own."""
        dense = keras.layers.Dense(self.size, use_bias=False, dtype="float32")
        dense.add_weight = lambda **_: self.matrix  # in place of a variable of its own
        dense.build((None, self.size))
        return dense(super().plain_vectors(features))


class AveragedCodebook(Seeded, Codebook):
    """Vectors that are each the mean of the features for which they stood, by moving averages.

        counts  = decay * counts + (1 - decay) * features of the batch that chose the code
        sums    = decay * sums + (1 - decay) * their sum
        vectors = sums / counts

    Both start at 0, so that their ratio is a mean from the first batch on. A code whose count is
    less than `dead_below` times an even share of all counts is set to a random feature of the
    batch, and its count to the even share.

    Args:
        codes: Integer, number of vectors.
        size: Integer, numbers of each.
        decay: Number > 0 and < 1.
        dead_below: Number >= 0 and < 1; 0 for codes that stay dead.
        seed: Integer >= 0 or None, seed of the initial vectors and of the features drawn.
        **kwargs: Keras' layer arguments.
    """

    moves_by_gradient = False
    aggregation = "mean"

    def __init__(
        self,
        codes: int,
        size: int,
        decay: float,
        dead_below: float,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(codes, size, seed, **kwargs)
        self._init_seed(seed)
        self.decay = decay
        self.dead_below = dead_below

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        options: dict[str, Any] = {"trainable": False, "aggregation": "mean", "autocast": False}
        options["initializer"] = "zeros"
        self.counts = self.add_weight(name="counts", shape=(self.codes,), **options)
        self.sums = self.add_weight(name="sums", shape=(self.codes, self.size), **options)

    def update(self, features: Any, indices: Any) -> None:
        """Move the averages, the vectors with them, and revive dead codes."""
        features = ops.stop_gradient(ops.reshape(features, (-1, self.size)))
        indices = ops.reshape(indices, (-1,))
        chosen = ops.segment_sum(ops.ones_like(features[:, 0]), indices, self.codes)
        added = ops.segment_sum(features, indices, self.codes)
        self.counts.assign(self.decay * self.counts.value + (1.0 - self.decay) * chosen)
        self.sums.assign(self.decay * self.sums.value + (1.0 - self.decay) * added)
        counts = ops.expand_dims(self.counts.value, 1)
        means = self.sums.value / ops.maximum(counts, _SMALLEST_COUNT)
        self.vectors.assign(ops.where(counts > _SMALLEST_COUNT, means, self.vectors.value))
        if self.dead_below:
            self._revive(features, counts)

    def _revive(self, features: Any, counts: Any) -> None:
        even = ops.mean(counts)
        dead = counts < self.dead_below * even
        rows = keras.random.randint(
            (self.codes,), 0, ops.shape(features)[0], seed=self.seed_generator
        )
        drawn = ops.take(features, rows, axis=0)
        self.vectors.assign(ops.where(dead, drawn, self.vectors.value))
        self.sums.assign(ops.where(dead, even * drawn, self.sums.value))
        self.counts.assign(ops.where(dead, even, counts)[:, 0])


def nearest(features: Any, vectors: Any) -> Any:
    """Return the index of the vector nearest to each of the features, int32.

    Of |f - v|**2 only |v|**2 - 2 f v depends on v; no difference of each with each is stored.

    Args:
        features: Tensor of shape (..., size).
        vectors: Tensor of shape (codes, size).
    """
    lengths = ops.sum(ops.square(vectors), axis=-1)
    closeness = ops.matmul(features, ops.transpose(vectors)) - 0.5 * lengths
    # The largest of the negative: argmin of floats isn't in every format.
    return ops.cast(ops.top_k(closeness, 1)[1][..., 0], "int32")
