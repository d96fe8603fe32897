"""The pictures of a report: what a model makes of examples, what it makes up, its latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.commands.pictures import (
    corrupted_by,
    few_classes,
    first_of_each,
    is_image,
    label_names,
)
from keras_ae.commands.report_subject import Subject
from keras_ae.models import VariationalAutoencoder
from keras_ae.plotting import ReportPicture, ReportSection

SHOWN = 6  # examples in a row, so that a phone shows them large enough
MAPPED = 5000  # examples in the latent map and the histogram
WALKED = 5  # latent dimensions
PLANE = 11  # points of the manifold, in each direction
BATCH = 256
THRESHOLD = 0.95  # quantile of the scores, where a bundle has no threshold of its own


def training_section(history: dict[str, list[float]]) -> ReportSection | None:
    """Return the curves of a run, a picture a quantity; None without any."""
    pictures = []
    for name, words in (("loss", "Loss"), ("nll", "nll"), ("kl", "KL")):
        curves = {key: history[key] for key in (name, f"val_{name}") if key in history}
        if name not in curves:
            continue
        ends = [f"{curves[key][0]:.4g} to {curves[key][-1]:.4g}" for key in curves]
        alt = f"{words} over {len(curves[name])} epochs: training {ends[0]}"
        alt += f", validation {ends[1]}" if len(ends) > 1 else ""
        figure = plotting.training_curves(curves, title="")
        pictures.append(ReportPicture(figure, f"{alt} nats per example"))
    if not pictures:
        return None
    text = "Nats per example, means over the examples: loss = nll + beta x KL + other penalties."
    return ReportSection("Training", text, pictures)


def example_section(subject: Subject) -> ReportSection | None:
    """Return reconstructions, samples and interpolations; None for data that can't be drawn."""
    model, seed = subject.model, subject.seed
    if not _drawable(model):
        return None
    x, labels = subject.examples.x, _labels(subject)
    shown = first_of_each(x, labels, SHOWN)
    corrupted = corrupted_by(model, x[shown])
    figure = plotting.reconstructions(
        x[shown],
        model.reconstruct(x[shown] if corrupted is None else corrupted),
        n=SHOWN,
        labels=None if labels is None else labels[shown],
        corrupted=corrupted,
    )
    rows = "originals above, " + ("corrupted, " if corrupted is not None else "")
    pictures = [
        ReportPicture(
            figure,
            f"{len(shown)} examples and their reconstructions",
            f"Examples of {_part(subject)}: {rows}reconstructions below.",
        )
    ]
    if isinstance(model, VariationalAutoencoder):
        columns = 8 if is_image(model.example_shape) else 4
        pictures.append(
            ReportPicture(
                plotting.samples(model.generate(4 * columns, seed=seed), columns=columns),
                f"{4 * columns} generated examples",
                "Generated: the decoder's mean at latents drawn from the prior.",
            )
        )
        if len(shown) > 1:
            pairs = len(shown) // 2
            paths = model.interpolate(x[shown[:pairs]], x[shown[pairs : 2 * pairs]], steps=7)
            pictures.append(
                ReportPicture(
                    plotting.interpolations(paths),
                    f"{pairs} interpolations of 7 steps between pairs of examples",
                    "From one example to another on a straight line through the latent space.",
                )
            )
    return ReportSection("Examples", "", pictures)


def latent_section(subject: Subject) -> ReportSection | None:
    """Return map, KL bars, traversals and manifold of the latent space."""
    model, labels = subject.model, _labels(subject)
    x = subject.examples.x[:MAPPED]
    if len(x) < 2:
        return None
    latent = model.encode(x, BATCH)
    named = few_classes(labels[: len(x)]) if labels is not None else None
    pictures = [
        ReportPicture(
            plotting.latent_map(latent, named),
            f"Map of {len(x):,} examples in the latent space"
            + (", coloured by label" if named is not None else ""),
            f"{len(x):,} examples of {_part(subject)}, each at its latent.",
        )
    ]
    kl = _kl_per_dimension(subject, x)
    order = np.argsort(-np.asarray(kl)) if kl is not None else np.argsort(-latent.var(axis=0))
    if kl is not None:
        largest = f"dimension {order[0]} has the largest KL, {kl[order[0]]:.3g} nats"
        pictures.append(
            ReportPicture(
                plotting.kl_bars(kl),
                f"KL of each of {len(kl)} latent dimensions; {largest}",
                "What each latent dimension knows of an example. Near 0 it is not in use.",
            )
        )
    if isinstance(model, VariationalAutoencoder) and _drawable(model):
        pictures += _walks(subject, latent, [int(place) for place in order])
    return ReportSection("Latent space", "", pictures)


def score_section(subject: Subject) -> ReportSection | None:
    """Return the anomaly scores' histogram, and with anomalies at hand their ROC curve."""
    x = subject.examples.x[:MAPPED]
    if len(x) < 2:
        return None
    scores, labels = subject.model.anomaly_score(x, BATCH), None
    given = (subject.manifest or {}).get("threshold")
    threshold = float(np.quantile(scores, THRESHOLD)) if given is None else float(given)
    where = f"the threshold is the scores' {THRESHOLD:.0%} quantile"
    if given is not None:
        where = "the threshold is that of the exported files"
    text = f"The model's anomaly score of each example, higher is stranger; {where}."
    if subject.anomalies is not None:
        strange = subject.anomalies.x[:MAPPED]
        labels = np.repeat([0, 1], [len(x), len(strange)])
        scores = np.concatenate([scores, subject.model.anomaly_score(strange, BATCH)])
        text += f" Anomalies here are examples of {subject.anomalies.dataset.name}."
    above = f"{np.mean(scores > threshold):.1%} above {threshold:.4g} nats"
    pictures = [
        ReportPicture(
            plotting.score_histogram(scores, labels, threshold),
            f"Histogram of {len(scores):,} anomaly scores, {above}",
        )
    ]
    if labels is not None:
        figure = plotting.roc(scores, labels, threshold)
        area = figure.axes[0].get_legend_handles_labels()[1][0]
        pictures.append(ReportPicture(figure, f"ROC curve, {area}"))
    return ReportSection("Anomaly scores", text, pictures)


def _walks(
    subject: Subject, latent: np.ndarray[Any, Any], order: Sequence[int]
) -> list[ReportPicture]:
    """Return traversals of the dimensions that matter most, and the plane of the first two."""
    model, walked = subject.model, order[:WALKED]
    low, high = np.quantile(latent[:, walked], [0.001, 0.999])
    values = [float(f"{value:.2g}") for value in np.linspace(low, high, 7)]
    figure = plotting.latent_traversals(model.decode, latent[0], walked, values)
    span = f"from {values[0]:g} to {values[-1]:g}"
    pictures = [
        ReportPicture(
            figure,
            f"One example with one of {len(walked)} latent dimensions changed {span}",
            "One example; in each row one dimension of its latent goes over the range that the "
            "examples' latents have.",
        )
    ]
    if len(order) > 1 and is_image(model.example_shape):
        plane, shares = order[:2], (np.arange(PLANE) + 0.5) / PLANE
        values = np.quantile(latent[:, plane], shares).tolist()
        figure = plotting.manifold(model.decode, latent.mean(axis=0), plane, values)
        rest = "" if len(order) == 2 else " The other dimensions are at their mean."
        pictures.append(
            ReportPicture(
                figure,
                f"Images decoded from a plane of latent dimensions {plane[0]} and {plane[1]}",
                f"Decoded from a plane, at quantiles of the examples' latents.{rest}",
            )
        )
    return pictures


def _kl_per_dimension(subject: Subject, x: Any) -> Any:
    """Return the mean KL of each dimension: what was scored, or where it is a sum over them."""
    import keras

    from keras_ae.layers import StandardNormalPrior
    from keras_ae.probability import kl_standard_normal_per_dimension

    scored = subject.scores.get("kl_per_dimension")
    if scored is not None:
        return np.asarray(scored, "float64")
    if not isinstance(subject.model, VariationalAutoencoder):
        return None
    posterior = subject.model.posterior(x, BATCH)
    plain = isinstance(subject.model.bottleneck.prior, StandardNormalPrior)
    if not plain or hasattr(posterior, "scale_tril"):
        return None
    kl = kl_standard_normal_per_dimension(posterior.mean, posterior.scale)
    return keras.ops.convert_to_numpy(kl).astype("float64").mean(axis=0)


def _part(subject: Subject) -> str:
    return "the data" if subject.examples.part == "all" else f"the {subject.examples.part}"


def _labels(subject: Subject) -> Any:
    return label_names(subject.examples.dataset, subject.examples.labels)


def _drawable(model: Any) -> bool:
    shape = model.example_shape
    return len(shape) == 1 or is_image(shape)
