"""A code of integers at each place of a map, as a user would add it: one file, two classes."""

import keras
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers import Bottleneck, Penalty
from keras_ae.layers.penalties import Code
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="tests")
class CommitmentPenalty(Configured, Penalty):
    """|latent - features|^2, which moves the codebook, and a share of which moves the encoder.

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, equation 3.
    """

    metric_name = "commitment"

    def __init__(self, share=0.25, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def values(self, code):
        """Return the distance of each example, weighted for both sides."""
        features, latent = code.features, code.latent
        book = ops.square(latent - ops.stop_gradient(features))
        encoder = ops.square(ops.stop_gradient(latent) - features)
        return sum_event(book + self.share * encoder)


@keras.saving.register_keras_serializable(package="tests")
class SpatialQuantizer(Configured, Bottleneck):
    """The nearest vector of a codebook at each place of a map."""

    def __init__(self, latent_dim, codes=8, penalty=None, seed=None, **kwargs):
        penalty = CommitmentPenalty() if penalty is None else penalty
        super().__init__(latent_dim, penalty=penalty, **kwargs)
        self.codes = codes
        self.seed = seed
        initializer = keras.initializers.GlorotUniform(seed)
        self.head = keras.layers.Dense(latent_dim, kernel_initializer=initializer)

    def build(self, input_shape):
        self.head.build(input_shape)
        self.codebook = self.add_weight(
            name="codebook",
            shape=(self.codes, self.latent_dim),
            initializer=keras.initializers.RandomNormal(stddev=0.5, seed=self.seed),
        )
        super().build(input_shape)

    def call(self, features, training=None):
        features = self.head(features)
        latent = self._embedded(self._indices(features))
        self.penalize(Code(latent, features=features, training=bool(training)))
        return features + ops.stop_gradient(latent - features)

    def encode(self, features):
        """Return the nearest vectors."""
        return self._embedded(self._indices(self.head(features)))

    def functions_of_features(self):
        """Return indices, int32 of shape (batch, height, width)."""

        def indices(features):
            return {"indices": self._indices(self.head(features))}

        return {"indices": indices}

    def functions_to_latent(self):
        """Return decode_indices, from the same integers."""

        def decode_indices(indices):
            return self._embedded(indices)

        return {"decode_indices": decode_indices}

    def _indices(self, features):
        difference = ops.expand_dims(features, -2) - self.codebook
        distance = ops.sum(ops.square(difference), axis=-1)
        # The largest of the negative: argmin of floats isn't in every format.
        return ops.cast(ops.top_k(-distance, 1)[1][..., 0], "int32")

    def _embedded(self, indices):
        return ops.take(self.codebook, indices, axis=0)
