"""A penalty that is no KL, as a user would add it: one file, and a recipe of it."""

import keras
from keras import ops

from keras_ae import Autoencoder, layers, models, register_model
from keras_ae._config import Configured
from keras_ae.layers._seeded import Seeded
from keras_ae.layers.penalties import Penalty
from keras_ae.probability import inverse_multiquadratic_kernel


@keras.saving.register_keras_serializable(package="tests")
class MMDPenalty(Seeded, Configured, Penalty):
    """weight * MMD^2 between the batch's latents and draws from the prior.

    Reference:
        Tolstikhin et al., Wasserstein Auto-Encoders, 2018, algorithm 2.
    """

    metric_name = "mmd"

    def __init__(self, weight=10.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight
        self._init_seed(seed)

    def values(self, code):
        """Return latents and as many draws from the prior: (batch, 2, numbers)."""
        count = ops.shape(code.latent)[0]
        drawn = code.prior.sample(count, self.seed_generator if code.training else 0)
        pairs = [
            ops.reshape(each, (count, 1, code.prior.latent_dim)) for each in (code.latent, drawn)
        ]
        return ops.concatenate(pairs, axis=1)

    def total(self, values, sample_weight=None):
        """Return the penalty of the batch, its examples weighted."""
        latent, drawn = values[:, 0], values[:, 1]
        weight = ops.ones_like(latent[:, 0]) if sample_weight is None else sample_weight
        share = ops.reshape(weight / ops.sum(weight), (-1, 1))

        def mean(one, other):
            kernel = inverse_multiquadratic_kernel(one, other)
            return ops.sum(share * kernel * ops.transpose(share))

        return self.weight * (mean(latent, latent) + mean(drawn, drawn) - 2 * mean(latent, drawn))

    def logged(self, values):
        """Return the batch's penalty once for each example."""
        return self.total(values) * ops.ones_like(values[:, 0, 0])


def register():
    """Register the recipe: a Wasserstein autoencoder, whose code follows N(0, I)."""

    @register_model("wae_mmd")
    def wae_mmd(input_shape, latent_dim, *, weight=10.0, seed=None, **options):
        """Wasserstein autoencoder: a code without noise that follows its prior."""
        bottleneck = layers.DenseBottleneck(
            latent_dim,
            prior=layers.StandardNormalPrior(),
            penalty=MMDPenalty(weight, seed),
            seed=seed,
        )
        return models.compose(Autoencoder, input_shape, bottleneck, seed=seed, **options)
