"""The figures of an evaluation."""

from __future__ import annotations

import dataclasses

from keras_ae.evaluation.dci import DCI
from keras_ae.evaluation.mutual_information import MutualInformation
from keras_ae.evaluation.rate_distortion import RateDistortion


@dataclasses.dataclass(frozen=True)
class Scores:
    """What a model scores on data: nats per example, means over the examples.

    A score that wasn't asked for, or that makes no sense for the model or the data, is None.

    Args:
        examples: Integer, how many examples were scored.
        nll: Float, -log likelihood of an example given its latent (sampled, for a variational
            model).
        reconstruction_mse: Float, mean over all values of the squared difference between an
            example and its reconstruction (from the latent without noise), in the data's units.
        latent_dim: Integer, how many numbers a latent has.
        kl: Float, KL(q(latent | x) || p(latent)), not weighted by beta; None where the loss has
            no KL.
        elbo: Float, the evidence bound -(nll + kl); None where the loss has no KL.
        log_likelihood: Float, the importance-weighted log-likelihood; None if not asked for.
        active_units: Integer, latent dimensions in use; None without a posterior.
        log_likelihood_error: Float, nats, the standard error of `log_likelihood` over the
            examples, as a sample of all there might be.
        num_samples: Integer, the importance samples of `log_likelihood`: it is a bound, which
            rises with them.
        kl_per_dimension: Tuple of floats, nats, each latent dimension's share of the KL; None
            where it is no sum over them.
        mutual_information: `MutualInformation` of example and latent, in nats.
        bits_per_dimension: Float, bits for one value, from `log_likelihood` or else the bound.
        sample_mmd: Float, `kernel_mmd` of generated examples on the values themselves.
        feature_mmd: Float, `kernel_mmd` of generated examples on the given features.
        feature_frechet_distance: Float, `frechet_distance` on the given features.
        psnr: Float, in dB, mean over the images.
        ssim: Float, mean over the images.
        linear_probe_accuracy: Float from 0 to 1.
        kmeans_nmi: Float from 0 to 1.
        mig: Float from 0 to 1.
        dci: `DCI`.
        sap: Float from 0 to 1.
        compression: `RateDistortion`.
        penalties: Dict from a penalty's name in the logs to its mean, as the model logs it.
        left_out: Dict from the name of a score that was asked for and isn't here to the reason.

    Example:
        >>> scores = Scores(
        ...     examples=10,
        ...     nll=80.0,
        ...     kl=20.0,
        ...     elbo=-100.0,
        ...     active_units=2,
        ...     reconstruction_mse=0.01,
        ...     latent_dim=3,
        ... )
        >>> dataclasses.asdict(scores)["elbo"]
        -100.0
    """

    examples: int
    nll: float
    reconstruction_mse: float
    latent_dim: int
    kl: float | None = None
    elbo: float | None = None
    log_likelihood: float | None = None
    active_units: int | None = None
    log_likelihood_error: float | None = None
    num_samples: int | None = None
    kl_per_dimension: tuple[float, ...] | None = None
    mutual_information: MutualInformation | None = None
    bits_per_dimension: float | None = None
    sample_mmd: float | None = None
    feature_mmd: float | None = None
    feature_frechet_distance: float | None = None
    psnr: float | None = None
    ssim: float | None = None
    linear_probe_accuracy: float | None = None
    kmeans_nmi: float | None = None
    mig: float | None = None
    dci: DCI | None = None
    sap: float | None = None
    compression: RateDistortion | None = None
    penalties: dict[str, float] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)
