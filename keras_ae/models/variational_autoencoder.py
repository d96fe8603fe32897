"""An autoencoder with a prior, so it can generate and knows likelihoods."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks import StochasticBottleneck
from keras_ae.layers.corruptions import Corruption
from keras_ae.layers.likelihoods import Likelihood
from keras_ae.layers.posteriors import Posterior
from keras_ae.models import _data_checks, _training_options
from keras_ae.models._endpoint import TensorFunction
from keras_ae.models._importance import importance_weighted_log_likelihood
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
        """Return q(latent | x) of each example.

        Args:
            x: Array of shape (examples, ...).
            batch_size: As in `encode`.

        Returns:
            A `Posterior` with `mean` and `scale` of shape (examples, latent_dim), `sample`, `kl`,
            `log_prob` and `to_tfp`; for a full covariance with `scale_tril`.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty or isn't finite.
        """
        self._check_inputs("x", x)
        outputs = self._run("posterior", batch_size, x)
        scale = outputs.get("scale_tril", outputs["scale"])
        return self.bottleneck.make_posterior(outputs["mean"], scale)

    def generate(
        self, n: int, seed: int | None = None, batch_size: int | None = None
    ) -> np.ndarray:
        """Return new examples: the likelihood's mean at latents drawn from the prior.

        Args:
            n: Integer >= 1, number of examples.
            seed: Integer >= 0 or None; one seed gives the same examples again.
            batch_size: As in `encode`.

        Returns:
            Array of shape (n, ...).

        Raises:
            TypeError: `n` or `seed` is not an integer.
            ValueError: `n` is less than 1, or `seed` is negative.
        """
        n = _checks.integer("n", n, minimum=1)
        seed = _checks.seed("seed", seed)
        latent = self.bottleneck.prior.sample(n, keras.random.SeedGenerator(seed))
        return self.decode(ops.convert_to_numpy(latent), batch_size)

    def interpolate(
        self, start: Any, end: Any, steps: int = 10, batch_size: int | None = None
    ) -> np.ndarray:
        """Return reconstructions along the straight line between the latents of two examples.

        Args:
            start: Array of shape (pairs, ...).
            end: Array of the same shape.
            steps: Integer >= 2, points on each line, both ends included.
            batch_size: As in `encode`.

        Returns:
            Array of shape (pairs, steps, ...).

        Raises:
            TypeError: `steps` is not an integer.
            ValueError: `steps` is less than 2, or the examples don't fit the model or each other.
        """
        steps = _checks.integer("steps", steps, minimum=2)
        self._check_inputs("start", start)
        self._check_inputs("end", end)
        first, last = (self._run("encode", batch_size, x)["latent"] for x in (start, end))
        if first.shape != last.shape:
            raise ValueError(
                "`start` and `end` must have as many examples. "
                f"Received: {len(first)} and {len(last)} examples"
            )
        share = np.linspace(0.0, 1.0, steps, dtype="float32")[None, :, None]
        latent = (1.0 - share) * first[:, None] + share * last[:, None]
        decoded = self.decode(latent.reshape(-1, latent.shape[-1]), batch_size)
        return decoded.reshape(len(first), steps, *decoded.shape[1:])

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
        verbose = _training_options.verbosity("verbose", verbose)
        self._check_examples("x", x)
        return importance_weighted_log_likelihood(self, x, num_samples, seed, batch_size, verbose)

    def log_weights(self, x: Any, epsilon: Any) -> Any:
        """Return log p(x, latent) - log q(latent | x) at the latents that the noise gives.

        Args:
            x: Tensor of shape (batch, ...).
            epsilon: Standard normal noise of shape (samples, batch, latent_dim).

        Returns:
            Tensor of shape (samples, batch), in nats.
        """
        (x,), (epsilon,) = as_float32(x=x), as_float32(epsilon=epsilon)
        expected = (None, x.shape[0] if len(x.shape) else None, self.bottleneck.latent_dim)
        _data_checks.check_tensor("x", x, (None, *(self.example_shape or x.shape[1:])))
        _data_checks.check_tensor("epsilon", epsilon, expected)
        target = self._preprocessed(x)
        latent, log_ratio = self._sampled(self.bottleneck.head(self.encoder(target)), epsilon)
        return self._log_likelihoods(target, self.decoder(latent), epsilon.shape[0]) + log_ratio

    def _sampled(self, tensors: Any, epsilon: Any) -> tuple[Any, Any]:
        """Return latents, (samples * batch, latent_dim), and log p - log q of them.

        The latter is of shape (samples, batch).
        """
        samples, latent_dim = epsilon.shape[0], epsilon.shape[2]
        posterior = self.bottleneck.make_posterior(*(_repeat(t, samples) for t in tensors))
        latent = posterior.transform(ops.reshape(epsilon, (-1, latent_dim)))
        log_ratio = self.bottleneck.prior.log_prob(latent) - posterior.log_prob(latent)
        return latent, ops.reshape(log_ratio, (samples, -1))

    def _log_likelihoods(self, target: Any, parameters: Any, samples: int) -> Any:
        """Return log p(target | latent) of the parameters of each latent: (samples, batch)."""
        log_likelihood = self.likelihood.log_prob(_repeat(target, samples), parameters)
        return ops.reshape(log_likelihood, (samples, -1))

    def functions(self) -> dict[str, TensorFunction]:
        """Return what the methods compute as functions of tensors, as `Autoencoder` does.

        Besides: posterior (mean, scale; for a full covariance scale_tril too), sample_posterior
        from x and standard normal epsilon, and generate from noise as `prior.draw_noise` draws
        it, where the prior can. score takes epsilon where the KL has no closed form.
        """
        bottleneck = self.bottleneck
        functions: dict[str, TensorFunction] = super().functions()

        def posterior(x: Any) -> Any:
            return self._posterior_tensors(x)

        def sample_posterior(x: Any, epsilon: Any) -> Any:
            return {"latent": bottleneck.posterior(self._features(x)).transform(epsilon)}

        def generate(noise: Any) -> Any:
            return functions["decode"](bottleneck.prior.from_noise(noise))

        def score(x: Any, epsilon: Any) -> Any:
            return {"score": self._score(x, epsilon)}

        functions.update(posterior=posterior, sample_posterior=sample_posterior)
        if bottleneck.prior.noise_shape is not None:
            functions["generate"] = generate
        if not bottleneck.has_closed_form_kl:
            functions["score"] = score
        return functions

    def _posterior_tensors(self, x: Any) -> dict[str, Any]:
        posterior = self.bottleneck.posterior(self._features(x))
        tensors = {"mean": posterior.mean, "scale": posterior.scale}
        if hasattr(posterior, "scale_tril"):
            tensors["scale_tril"] = posterior.scale_tril
        return tensors

    def _score(self, x: Any, epsilon: Any = None) -> Any:
        posterior = self.bottleneck.posterior(self._features(x))
        parameters = self.decoder(posterior.mean)
        nll = -self.likelihood.log_prob(self._preprocessed(x), parameters)
        return nll + self.bottleneck.kl(posterior, epsilon)

    def anomaly_score(self, x: Any, batch_size: int | None = None) -> np.ndarray:
        """Return how strange each example is: nll + KL at the mean; a score, not a bound.

        Where the KL has no closed form it is estimated at one latent, from noise that is the same
        for every example and every call: a score doesn't depend on the others.

        Args:
            x: Array of shape (examples, ...).
            batch_size: As in `encode`.

        Returns:
            Array of shape (examples,), in nats; higher is stranger.

        Raises:
            ValueError: `x` isn't of the model's shape, is empty, isn't finite or out of the
                likelihood's range.
        """
        if self.bottleneck.has_closed_form_kl:
            return super().anomaly_score(x, batch_size)
        self._check_examples("x", x)
        epsilon = np.tile(self.bottleneck.score_noise, (len(x), 1))
        return self._run("score", batch_size, x, epsilon)["score"]


def _repeat(tensor: Any, times: int) -> Any:
    """Stack `times` copies along the batch axis."""
    return ops.tile(tensor, (times, *[1] * (len(tensor.shape) - 1)))
