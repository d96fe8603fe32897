"""An autoencoder with a prior, so it can generate and knows likelihoods."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution import arguments
from keras_ae.layers.bottlenecks import ScaledNormalBottleneck, StochasticBottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import Likelihood
from keras_ae.layers.posteriors import Posterior
from keras_ae.models import _data_checks
from keras_ae.models._importance import draw, importance_weighted_log_likelihood
from keras_ae.models.autoencoder import Autoencoder
from keras_ae.probability._tensors import as_float32


@keras.saving.register_keras_serializable(package="keras_ae")
class VariationalAutoencoder(Autoencoder):
    """x -> encoder -> posterior -> sampled latent -> decoder -> likelihood, and a prior.

        loss = mean of -log p(x | latent) + beta * KL(q(latent | x) || p(latent)),   latent ~
        q(latent | x)

    At beta = 1 this is the negative evidence bound. Training and evaluation draw one latent an
    example (evaluation from a seed that restarts: repeatable, an unbiased bound); `predict`,
    `encode`, `reconstruct` and `anomaly_score` use the posterior's mean.

    Args:
        encoder: As in `Autoencoder`.
        bottleneck: A `NormalBottleneck`, `FullNormalBottleneck` or another `StochasticBottleneck`.
        decoder: As in `Autoencoder`.
        likelihood: As in `Autoencoder`.
        preprocessor: As in `Autoencoder`.
        redraw: As in `Autoencoder`.
        **kwargs: Keras' model arguments.

    Raises:
        TypeError: A part is of the wrong type.
        ValueError: The decoder's output doesn't fit the data and the likelihood.

    Example:
        >>> import numpy as np
        >>> from keras_ae.layers import NormalBottleneck, dense_decoder, dense_encoder
        >>> model = VariationalAutoencoder(
        ...     encoder=dense_encoder((4,), units=(8,)),
        ...     bottleneck=NormalBottleneck(2, seed=0),
        ...     decoder=dense_decoder((4,), latent_dim=2, units=(8,)),
        ... )
        >>> model.compile("adam")
        >>> x = np.eye(4, dtype="float32")
        >>> sorted(model.fit(x, verbose=0).history)
        ['kl', 'loss', 'nll']
        >>> model.generate(3, seed=0).shape, model.log_likelihood(x, num_samples=10).shape
        ((3, 4), (4,))

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014.
    """

    def __init__(
        self,
        encoder: Any,
        bottleneck: StochasticBottleneck,
        decoder: Any,
        likelihood: Likelihood | None = None,
        preprocessor: Any = None,
        redraw: Corruption | None = None,
        **kwargs: Any,
    ) -> None:
        kind = "a NormalBottleneck or another StochasticBottleneck"
        _checks.instance("bottleneck", bottleneck, StochasticBottleneck, kind)
        super().__init__(encoder, bottleneck, decoder, likelihood, preprocessor, redraw, **kwargs)
        self._build_if_outermost(VariationalAutoencoder)

    def posterior(self, x: Any, batch_size: int | None = None) -> Posterior:
        """Return q(latent | x) of each example, of latents as the decoder takes them.

        Args:
            x: Array of shape (examples, ...).
            batch_size: As in `encode`.

        Returns:
            A `Posterior` with `mean` and `scale` of shape (examples, *code_shape), `sample`, `kl`,
            `log_prob` and `to_tfp`; for a full covariance with `scale_tril`.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        self._check_inputs("x", x)
        outputs = self._run("posterior", batch_size, x)
        kind = self.bottleneck.posterior_type
        return kind(**{name: outputs[name] for name in kind.parameter_names})

    def fit_scaling_factor(self, x: Any, batch_size: int | None = None) -> float:
        """Set what latents are scaled by, so that over data they have a standard deviation of 1.

            scaling_factor = 1 / sqrt(variance of the means + mean of the scales squared)

        That is the variance of latents drawn from the posteriors, over all examples and numbers
        of a code. Latents that were encoded before are no longer this model's.

        Args:
            x: Array of shape (examples, ...), data such as the model was trained on.
            batch_size: As in `encode`.

        Returns:
            The scaling factor.

        Raises:
            ValueError: The bottleneck doesn't scale, or `x` doesn't fit the model.

        Reference:
            Rombach et al., High-Resolution Image Synthesis with Latent Diffusion Models, 2022,
            appendix G.
        """
        if not isinstance(self.bottleneck, ScaledNormalBottleneck):
            raise ValueError(
                "`fit_scaling_factor` needs a model with a ScaledNormalBottleneck, as spatial_vae "
                f"has it. Received: a model with a {type(self.bottleneck).__name__}"
            )
        posterior = self.posterior(x, batch_size)
        mean, scale = (
            keras.ops.convert_to_numpy(each).astype("float64")
            for each in (posterior.mean, posterior.scale)
        )
        factor = 1.0 / math.sqrt(mean.var() + np.square(scale).mean())
        self.bottleneck.scaling_factor.assign(factor)
        return factor

    def log_likelihood(
        self,
        x: Any,
        num_samples: int = 100,
        seed: int = 0,
        batch_size: int | None = None,
        verbose: int | str = "auto",
    ) -> np.ndarray:
        """Return the importance-weighted log-likelihood of each example.

            log 1/K sum over k of p(x | latent_k) p(latent_k) / q(latent_k | x),   latent_k ~
            q(latent | x)

        A lower bound on log p(x) that tightens as K grows; at K = 1 it is a draw of the evidence
        bound. Runs in constant memory: samples are taken in chunks.

        Args:
            x: Array of shape (examples, ...).
            num_samples: Integer >= 1, K.
            seed: Integer >= 0; one seed gives the same estimate again.
            batch_size: Integer >= 1, examples whose posterior is computed together; None for as
                many as fit, as in `encode`. The estimate doesn't depend on it.
            verbose: 0 for silence, 1 for a progress bar, "auto" for a bar where the work is long.

        Returns:
            Array of shape (examples,), in nats.

        Raises:
            TypeError: An argument is not an integer.
            ValueError: An argument is out of range, or `x` doesn't fit the model.

        Reference:
            Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders, 2016, equation 8.
        """
        num_samples = _checks.integer("num_samples", num_samples, minimum=1)
        seed = _checks.integer("seed", seed, minimum=0)
        _checks.seed("seed", seed)
        verbose = arguments.verbosity("verbose", verbose)
        self._check_one_size("log_likelihood")
        self._check_examples("x", x)
        return importance_weighted_log_likelihood(self, x, num_samples, seed, batch_size, verbose)

    def log_weights(self, x: Any, epsilon: Any) -> Any:
        """Return log p(x, latent) - log q(latent | x) at the latents that the noise gives.

        Args:
            x: Tensor of shape (batch, ...).
            epsilon: Standard normal noise of shape (samples, batch, *code_shape).

        Returns:
            Tensor of shape (samples, batch), in nats.
        """
        (x,), (epsilon,) = as_float32(x=x), as_float32(epsilon=epsilon)
        built = self.bottleneck.built
        shape = self.bottleneck.code_shape if built else tuple(epsilon.shape[2:])
        expected = (None, x.shape[0] if len(x.shape) else None, *shape)
        _data_checks.check_tensor("x", x, (None, *(self.example_shape or x.shape[1:])))
        _data_checks.check_tensor("epsilon", epsilon, expected)
        target = self._preprocessed(x)
        posterior = self.bottleneck.posterior(self.encoder(target))
        drawn = draw(self, posterior, epsilon)
        return drawn.log_likelihood(self.likelihood.log_prob, target) + drawn.log_ratio
