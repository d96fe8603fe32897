"""The pictures of a report: what a model makes of examples, what it makes up, its latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae import plotting
from keras_ae.evaluation import kl_per_dimension
from keras_ae.plotting import ReportPicture, ReportSection
from keras_ae.report.shown_examples import (
    draw_reconstructions,
    few_classes,
    first_of_each,
    is_continuous,
    is_image,
    spread,
)
from keras_ae.report.subject import Subject

EXAMPLES_IN_A_ROW = 6  # so that a phone shows them large enough
WINDOWS_IN_A_ROW = 3  # of a series
MAX_MAPPED_EXAMPLES = 5000  # in the latent map and the histogram
MAX_TRAVERSED_DIMENSIONS = 5
TRAVERSAL_STEPS = 7
INTERPOLATION_STEPS = 7
MANIFOLD_STEPS = 11  # in each direction
BATCH_SIZE = 256
THRESHOLD_QUANTILE = 0.95  # of the scores, where a bundle has no threshold of its own


def training_section(subject: Subject) -> ReportSection | None:
    """Return the curves of a run, a picture a quantity; None without any."""
    history, pictures = subject.history, []
    in_nats = {"loss": "Loss", "nll": "nll", "kl": "KL"}
    penalties = [each.metric_name for each in subject.model.penalties]
    for name in dict.fromkeys([*in_nats, *penalties]):
        curves = {key: history[key] for key in (name, f"val_{name}") if key in history}
        if name not in curves:
            continue
        ends = [f"{curves[key][0]:.4g} to {curves[key][-1]:.4g}" for key in curves]
        alt = f"{in_nats.get(name, name)} over {len(curves[name])} epochs: training {ends[0]}"
        alt += f", validation {ends[1]}" if len(ends) > 1 else ""
        figure = plotting.training_curves(curves, title="", penalties=[name])
        unit = " nats per example" if name in in_nats else ""
        pictures.append(ReportPicture(figure, alt + unit))
    if not pictures:
        return None
    text = "Nats per example, means over the examples: loss = nll + beta x KL + other penalties."
    return ReportSection("Training", text, pictures)


def example_section(subject: Subject) -> ReportSection | None:
    """Return reconstructions, samples and interpolations; None for data that can't be drawn."""
    model, seed = subject.model, subject.seed
    if not subject.is_drawable:
        return None
    labels, channels = subject.examples.label_names, subject.channels
    x = subject.examples.x
    if channels is None:
        shown = first_of_each(x, labels, EXAMPLES_IN_A_ROW)
    else:
        shown = spread(len(x), WINDOWS_IN_A_ROW)
    x, some = x[shown], None if labels is None else labels[shown]
    figure, corrupted = draw_reconstructions(model, x, some, channels)
    rows = "originals above, " + ("corrupted, " if corrupted else "") + "reconstructions below"
    if channels is not None:
        rows = "a column a window, a row a channel"
    pictures = [
        ReportPicture(
            figure,
            f"{len(x)} examples and their reconstructions",
            f"Examples of {subject.part}: {rows}.",
        )
    ]
    if model.prior is not None:
        columns = 8 if is_image(model.example_shape) else 4
        drawn = "indices" if subject.can("code_logits") else "latents"
        made = model.generate(4 * columns if channels is None else WINDOWS_IN_A_ROW, seed=seed)
        pictures.append(
            ReportPicture(
                plotting.samples(made, columns=columns, channels=channels),
                f"{len(made)} generated examples",
                f"Generated: the decoder's mean at {drawn} drawn from the prior.",
            )
        )
        if len(x) > 1 and is_continuous(model):
            pairs, steps = len(x) // 2, INTERPOLATION_STEPS
            paths = model.interpolate(x[:pairs], x[pairs : 2 * pairs], steps=steps)
            pictures.append(
                ReportPicture(
                    plotting.interpolations(paths, channels=channels),
                    f"{pairs} interpolations of {steps} steps between pairs of examples",
                    "From one example to another on a straight line through the latent space.",
                )
            )
    return ReportSection("Examples", "", pictures)


def latent_section(subject: Subject) -> ReportSection | None:
    """Return map, KL bars, traversals and manifold of the latent space."""
    model, labels = subject.model, subject.examples.label_names
    x = subject.examples.x[:MAX_MAPPED_EXAMPLES]
    if len(x) < 2 or not is_continuous(model):
        return None
    latent = model.encode(x, BATCH_SIZE)
    flat = latent.reshape(len(x), -1)
    named = few_classes(labels[: len(x)]) if labels is not None else None
    pictures = [
        ReportPicture(
            plotting.latent_map(latent, named),
            f"Map of {len(x):,} examples in the latent space"
            + (", coloured by label" if named is not None else ""),
            f"{len(x):,} examples of {subject.part}, each at its latent.",
        )
    ]
    kl = _kl_per_dimension(subject, x)
    order = np.argsort(-np.asarray(kl)) if kl is not None else np.argsort(-flat.var(axis=0))
    if kl is not None:
        largest = f"dimension {order[0]} has the largest KL, {kl[order[0]]:.3g} nats"
        pictures.append(
            ReportPicture(
                plotting.kl_bars(kl),
                f"KL of each of {len(kl)} latent dimensions; {largest}",
                "What each latent dimension knows of an example. Near 0 it is not in use.",
            )
        )
    if subject.can("posterior") and subject.is_drawable:
        pictures += _walks(subject, latent, [int(place) for place in order])
    return ReportSection("Latent space", "", pictures)


def score_section(subject: Subject) -> ReportSection | None:
    """Return the anomaly scores' histogram, and with anomalies at hand their ROC curve."""
    x = subject.examples.x[:MAX_MAPPED_EXAMPLES]
    if len(x) < 2:
        return None
    scores, labels = subject.model.anomaly_score(x, BATCH_SIZE), None
    given = (subject.manifest or {}).get("threshold")
    threshold = float(np.quantile(scores, THRESHOLD_QUANTILE)) if given is None else float(given)
    where = f"the threshold is the scores' {THRESHOLD_QUANTILE:.0%} quantile"
    if given is not None:
        where = "the threshold is that of the exported files"
    text = f"The model's anomaly score of each example, higher is stranger; {where}."
    if subject.anomalies is not None:
        strange = subject.anomalies.x[:MAX_MAPPED_EXAMPLES]
        labels = np.repeat([0, 1], [len(x), len(strange)])
        scores = np.concatenate([scores, subject.model.anomaly_score(strange, BATCH_SIZE)])
        text += f" Anomalies here are examples of {subject.anomalies.dataset.name}."
    elif subject.table is not None and subject.table.is_marked(subject.examples.labels):
        labels = np.asarray(subject.examples.labels[:MAX_MAPPED_EXAMPLES]).astype(int)
        text += " Anomalies here are the rows labelled 1; the model has not seen the labels."
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
    tables = [] if subject.table is None else [subject.table.worst_rows()]
    return ReportSection("Anomaly scores", text, pictures, tables)


def _walks(
    subject: Subject, latent: np.ndarray[Any, Any], order: Sequence[int]
) -> list[ReportPicture]:
    """Return traversals of the dimensions that matter most, and the plane of the first two."""
    model, walked = subject.model, order[:MAX_TRAVERSED_DIMENSIONS]
    flat = latent.reshape(len(latent), -1)
    low, high = np.quantile(flat[:, walked], [0.001, 0.999])
    values = [float(f"{value:.2g}") for value in np.linspace(low, high, TRAVERSAL_STEPS)]
    figure = plotting.latent_traversals(
        model.decode, latent[0], walked, values, channels=subject.channels
    )
    each = "row" if is_image(model.example_shape) else "panel"
    each = each if subject.channels is None else "column"
    span = f"from {values[0]:g} to {values[-1]:g}"
    pictures = [
        ReportPicture(
            figure,
            f"One example with one of {len(walked)} latent dimensions changed {span}",
            f"One example; in each {each} one dimension of its latent goes over the range that "
            "the examples' latents have.",
        )
    ]
    if len(order) > 1 and is_image(model.example_shape):
        plane, shares = order[:2], (np.arange(MANIFOLD_STEPS) + 0.5) / MANIFOLD_STEPS
        values = np.quantile(flat[:, plane], shares).tolist()
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
    scored = subject.scores.get("kl_per_dimension")
    if scored is not None:
        return np.asarray(scored, "float64")
    if not subject.can("posterior"):
        return None
    model = subject.model
    try:
        return kl_per_dimension(model.posterior(x, BATCH_SIZE), model.prior).ravel()
    except ValueError:  # of a prior or a posterior whose KL is no such sum
        return None
