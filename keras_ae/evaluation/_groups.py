"""The scores that take time, in groups to choose from, each left out where it makes no sense."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae.evaluation import reconstruction
from keras_ae.evaluation.bits_per_dimension import bits_per_dimension
from keras_ae.evaluation.dci import dci
from keras_ae.evaluation.frechet_distance import frechet_distance
from keras_ae.evaluation.kernel_mmd import kernel_mmd
from keras_ae.evaluation.kmeans_nmi import kmeans_nmi
from keras_ae.evaluation.linear_probe import linear_probe_accuracy
from keras_ae.evaluation.mig import mig
from keras_ae.evaluation.mutual_information import mutual_information
from keras_ae.evaluation.rate_distortion import rate_distortion
from keras_ae.evaluation.sap import sap

Array = np.ndarray[Any, Any]
MAX_EXAMPLES = 10_000  # of scores that take milliseconds an example, or compare all pairs
MAX_SLOW_EXAMPLES = 2_000  # of slower ones
MAX_SLOW_VALUES = 2**25  # of slower ones: 128 MB, and several times that in float64


@dataclasses.dataclass
class Task:
    """What there is to score, and what was found.

    Args:
        model: The model.
        x: Array of shape (examples, ...).
        reconstruction: Array of x's shape.
        posterior: The `Posterior` of x, or None.
        nll: Float, nats of an example: the best bound of -log p(x) at hand, or None.
        labels: Array of shape (examples,), or None.
        factors: Array of shape (examples, factors), or None.
        categorical: The columns of `factors` without an order.
        feature_model: Function from examples to features, or None.
        level_width: Number or None, for bits per dimension.
        seed: Integer.
        batch_size: Integer.
    """

    model: Any
    x: Array
    reconstruction: Array
    posterior: Any
    nll: float | None
    labels: Array | None
    factors: Array | None
    categorical: Sequence[int]
    feature_model: Callable[[Any], Any] | None
    level_width: float | None
    seed: int
    batch_size: int

    def __post_init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.left_out: dict[str, str] = {}

    def score(self, name: str, compute: Callable[[], Any]) -> None:
        """Compute a score; where it is refused, or needs a package, keep the reason."""
        try:
            self.found[name] = compute()
        except (ValueError, ImportError) as error:
            self.left_out[name] = str(error)

    def leave_out(self, reason: str, *names: str) -> None:
        """Note why scores aren't there."""
        self.left_out.update(dict.fromkeys(names, reason))

    @property
    def few(self) -> int:
        """How many examples to take for what takes long: fewer where they are large."""
        return min(MAX_SLOW_EXAMPLES, max(2, MAX_SLOW_VALUES // self.x[0].size))

    def some(self, most: int) -> Any:
        """Return the places of at most so many examples, chosen at random, in their order."""
        count = len(self.x)
        if count <= most:
            return slice(None)
        return np.sort(np.random.default_rng(self.seed).permutation(count)[:most])


def generative(task: Task) -> None:
    """Mutual information, bits per dimension, and how far generated examples are from real."""
    model, seed = task.model, task.seed
    samples = ("feature_mmd", "feature_frechet_distance")
    if model.prior is None:
        names = ("mutual_information", "bits_per_dimension", "sample_mmd", *samples)
        return task.leave_out("the model has no prior", *names)
    if task.posterior is None:
        task.leave_out("the model has no posterior", "mutual_information")
    else:
        posterior = task.posterior
        if len(task.x) > MAX_EXAMPLES:
            posterior = model.posterior(task.x[task.some(MAX_EXAMPLES)], task.batch_size)
        task.score("mutual_information", lambda: mutual_information(posterior, model.prior, seed))
    if task.nll is None:
        task.leave_out("the loss is no bound of the likelihood", "bits_per_dimension")
    else:
        task.score("bits_per_dimension", lambda: _bits(task))
    real = task.x[task.some(task.few)]
    generated = model.generate(len(real), seed, task.batch_size)
    task.score("sample_mmd", lambda: kernel_mmd(real, generated))
    if task.feature_model is None:
        return task.leave_out("no feature model was given", *samples)
    features = task.feature_model
    task.score("feature_mmd", lambda: kernel_mmd(real, generated, features))
    if len(task.x) > len(real):
        real = task.x[task.some(MAX_EXAMPLES)]
        generated = model.generate(len(real), seed, task.batch_size)
    task.score("feature_frechet_distance", lambda: frechet_distance(real, generated, features))


def _bits(task: Task) -> float:
    x, preprocessor = task.x, task.model.preprocessor
    if preprocessor is not None:
        x = keras.ops.convert_to_numpy(preprocessor(x))
    return bits_per_dimension(task.nll, x, task.model.likelihood, task.level_width)  # type: ignore[arg-type]


def images(task: Task) -> None:
    """PSNR and SSIM, of images."""
    low, high = float(task.x.min()), float(task.x.max())
    if task.x.ndim != 4 or low < 0 or high > 255:
        reason = "the data aren't images with values in [0, 1] or [0, 255]"
        return task.leave_out(reason, "psnr", "ssim")
    span = 1.0 if high <= 1 else 255.0
    psnr = reconstruction.peak_signal_to_noise_ratio
    task.score("psnr", lambda: float(psnr(task.x, task.reconstruction, span).mean()))
    some = task.some(task.few)
    x, other = task.x[some], task.reconstruction[some]
    ssim = reconstruction.structural_similarity
    task.score("ssim", lambda: float(ssim(x, other, span).mean()))


def latent(task: Task) -> None:
    """What labels and factors say of the latent."""
    labelled, factored = ("linear_probe_accuracy", "kmeans_nmi"), ("mig", "dci", "sap")
    some = task.some(MAX_EXAMPLES)
    x = task.x[some]
    if task.labels is None:
        task.leave_out("the data have no labels", *labelled)
    if task.factors is None:
        task.leave_out("the data have no known factors", *factored)
    if task.labels is None and task.factors is None:
        return
    latents = task.model.encode(x, task.batch_size).reshape(len(x), -1)
    if task.labels is not None:
        labels = task.labels[some]
        task.score(labelled[0], lambda: linear_probe_accuracy(latents, labels, task.seed))
        task.score(labelled[1], lambda: kmeans_nmi(latents, labels, task.seed))
    if task.factors is not None:
        factors = task.factors[some]
        task.score("mig", lambda: mig(latents, factors))
        task.score("dci", lambda: dci(latents, factors, task.seed))
        task.score("sap", lambda: sap(latents, factors, task.categorical))


def compression(task: Task) -> None:
    """The latent as a code, beside image codecs."""
    x = task.x[task.some(task.few)]
    task.score("compression", lambda: rate_distortion(task.model, x, task.batch_size))


GROUPS: dict[str, Callable[[Task], None]] = {
    "generative": generative,
    "reconstruction": images,
    "latent": latent,
    "compression": compression,
}
