"""Categorical variables, relaxed in training so that gradients pass their sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._seeded import Seeded
from keras_ae.layers.bottlenecks._gradients import straight_through
from keras_ae.layers.bottlenecks.quantizer import Quantizer
from keras_ae.layers.penalties import Code, KLPenalty, Penalty
from keras_ae.layers.priors.uniform_code_prior import CategoricalCode, UniformCodePrior

_SMALLEST = float(np.finfo("float32").tiny)  # whose logarithm is finite


@keras.saving.register_keras_serializable(package="keras_ae")
class GumbelBottleneck(Seeded, Configured, Quantizer):
    """Draw `latent_dim` categorical variables of `categories` values each, as one-hot vectors.

        logits = features @ kernel + bias
        latent = softmax((logits + g) / temperature),    g = -log(-log(u)),    u ~ U(0, 1)

    That is in training: the Gumbel-softmax, whose gradient is known, and which becomes a one-hot
    draw of the categories as the temperature falls. The KL to the uniform prior is exact, the sum
    over variables of sum over categories of p log(categories p), in nats.

    Elsewhere latents are one-hot. `evaluate` and validation draw them: then nll + kl bounds
    -log p(x) of the model with categorical variables, which the relaxed loss of training doesn't.
    All other methods take the likeliest category of each variable, without noise.

    Endpoints and logs are those of `Quantizer`, except that indices have a last axis of
    `latent_dim`; `perplexity` and `used_share` are of the likeliest categories, means over the
    variables. `generate` draws from the uniform prior, or from one that `fit_code_prior` trained;
    the KL stays that to the uniform one.

    `temperature_weight` is the non-trainable variable that compiled steps read, that
    `TemperatureAnnealing` changes, and that is saved; `temperature` is the number given.

    Args:
        latent_dim: Integer >= 1, number of variables, at each place of a map.
        categories: Integer >= 2, of each variable.
        temperature: Number > 0 of the softmax in training.
        hard: Whether training too passes one-hot vectors on, with the softmax' gradient.
        penalty: A `Penalty`, a sequence of them, or None for `KLPenalty()`, the evidence bound.
        seed: Integer >= 0 or None, seed of the initial weights and of the noise. The state of the
            latter is saved with the model.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).
        epsilon: Gumbel noise g of the latent's shape, or None to draw it (in training) or to
            return the likeliest categories.

    Returns:
        The latent, of shape (batch, latent_dim * categories) or (batch, height, width, latent_dim
        * categories), float32: the variables' vectors one after another.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of its range.

    Example:
        >>> import numpy as np
        >>> bottleneck = GumbelBottleneck(2, categories=3, seed=0)
        >>> latent = bottleneck(np.random.default_rng(0).normal(size=(4, 5)))
        >>> tuple(latent.shape)
        (4, 6)
        >>> [float(number) for number in bottleneck.embed(np.array([[0, 2]]))[0]]
        [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]

    Reference:
        Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2017; Maddison et al., The
        Concrete Distribution, 2017. Its bound of relaxed variables, equation 20, isn't this one.
    """

    takes_noise = True
    has_posterior = True
    may_be_bounded = True

    def __init__(
        self,
        latent_dim: int,
        categories: int = 10,
        temperature: float = 1.0,
        hard: bool = False,
        penalty: Penalty | Sequence[Penalty] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
        categories = _checks.integer("categories", categories, minimum=2)
        penalty = KLPenalty() if penalty is None else penalty
        super().__init__(latent_dim, penalty, seed, width=latent_dim * categories, **kwargs)
        self._init_seed(seed)
        self.categories = self.codes = categories
        self._codebooks = self.latent_dim  # a code is a variable's likeliest category
        self.temperature = _checks.number("temperature", temperature, above=0)
        self.hard = _checks.boolean("hard", hard)
        self.prior = self._uniform = UniformCodePrior(categories)
        self.temperature_weight = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(temperature),
            trainable=False,
            dtype="float32",
            autocast=False,
            name="temperature_weight",
        )

    def call(self, features: Any, training: bool | None = None, epsilon: Any = None) -> Any:
        projected = self.project(features)
        self._chosen.values = self.choose(projected)
        noise = epsilon
        if training and noise is None:
            noise = self.noise(ops.shape(projected), self.seed_generator)
        noisy = projected if noise is None else projected + noise
        drawn = self.code_of(noisy)
        latent = self._relaxed(noisy, drawn) if training else drawn
        posterior = CategoricalCode(self._by_variable(projected))
        self.penalize(Code(latent, posterior, self._uniform, features, bool(training)))
        return latent

    def noise(self, shape: Any, seed: Any) -> Any:
        """Draw Gumbel noise of a latent's shape."""
        uniform = keras.random.uniform(shape, minval=_SMALLEST, dtype="float32", seed=seed)
        return -ops.log(-ops.log(uniform))

    def choose(self, features: Any) -> Any:
        """Return the likeliest category of each variable, int32: (batch, ..., latent_dim)."""
        # argmax of floats isn't in every format
        return ops.cast(ops.top_k(self._by_variable(features), 1)[1][..., 0], "int32")

    def embed(self, indices: Any) -> Any:
        """Return the one-hot vectors of indices: (batch, ..., latent_dim * categories)."""
        one_hot = ops.one_hot(indices, self.categories, dtype="float32")
        return ops.reshape(one_hot, (*_places(indices), self.width))

    def score(self, features: Any, epsilon: Any = None) -> tuple[Any, Any]:
        """Return the likeliest categories, and the KL to the uniform prior where one is added."""
        del epsilon
        projected = self.project(features)
        penalized = any(penalty.is_kl for penalty in self.penalties)
        posterior = CategoricalCode(self._by_variable(projected))
        return self.code_of(projected), self._uniform.kl(posterior) if penalized else None

    def draw(self, n: int, seed: Any, run: Any = None) -> Any:
        """Draw latents from the uniform prior, or from the one that was attached."""
        return super().draw(n, seed, run) if self.has_code_prior else self.prior.sample(n, seed)

    def _relaxed(self, noisy: Any, drawn: Any) -> Any:
        """Return the softmax of logits with noise, or what is drawn with its gradient."""
        scaled = self._by_variable(noisy) / self.temperature_weight
        soft = ops.reshape(ops.softmax(scaled, axis=-1), (*_places(noisy), self.width))
        return straight_through(soft, drawn) if self.hard else soft

    def _by_variable(self, values: Any) -> Any:
        """Return numbers of a latent's shape as (batch, ..., latent_dim, categories)."""
        return ops.reshape(values, (*_places(values), self.latent_dim, self.categories))


def _places(values: Any) -> tuple[Any, ...]:
    """Return the shape without the last axis, where the batch is whatever is left."""
    return (-1, *ops.shape(values)[1:-1])
