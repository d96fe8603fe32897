"""The points of a series that a model of its windows is shown on: their scores, by channel."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_ae import plotting
from keras_ae.datasets._windows import view
from keras_ae.layers.preprocessing import inverse
from keras_ae.plotting import ReportPicture, ReportSection
from keras_ae.report.columns import Column, Columns
from keras_ae.report.subject import Subject
from keras_ae.series._aggregations import MeanOfWindows

Array = np.ndarray[Any, Any]
MAX_POINTS = 5000  # in the histograms of the channels
MAX_SCORED_POINTS = 20_000
MAX_DRAWN_POINTS = 2000  # around the strangest one
MAX_DRAWN_CHANNELS = 8
BATCH_SIZE = 256
THRESHOLD_QUANTILE = 0.99  # of the points' scores
STRANGEST = 10  # points in the table, each a window's length or more from the others


def channel_columns(subject: Subject) -> Columns | None:
    """Return what the channels hold, beside what the model makes up; None without channels."""
    channels, model = subject.channels, subject.model
    if channels is None:
        return None
    x = subject.examples.x
    length = x.shape[1]
    series = whole_series(x)
    points = x[:: max(1, len(x) * length // MAX_POINTS)] if series is None else series
    points = np.asarray(points, "float64").reshape(-1, len(channels))
    points = points[np.unique(np.linspace(0, len(points) - 1, MAX_POINTS).astype(int))]
    made = None
    if model.prior is not None:
        count = -(-len(points) // length)
        made = drawn_examples(model, count, subject.seed).reshape(-1, len(channels))
        made = made[: len(points)].astype("float64")
    columns = [
        Column(
            name,
            "numeric",
            f"{points[:, place].min():.4g} to {points[:, place].max():.4g}",
            points[:, place],
            None if made is None else made[:, place],
        )
        for place, name in enumerate(channels)
    ]
    words = f"{len(points):,} points of {subject.part}"
    return Columns(columns, points, made, "channel", words)


def drawn_examples(model: Any, n: int, seed: int) -> Array:
    """Return examples drawn from the prior and the likelihood: with their noise."""
    generator = keras.random.SeedGenerator(seed)
    parameters = model.decoder(model.bottleneck.draw(n, generator))
    drawn = inverse(model.preprocessor, model.likelihood.sample(parameters, generator))
    found: Array = keras.ops.convert_to_numpy(drawn)
    return found


def whole_series(windows: Array) -> Array | None:
    """Return the series that windows were cut from; None if they don't follow one another.

    Args:
        windows: Array of shape (windows, length, channels), each of which begins within the one
            before.

    Example:
        >>> series = np.arange(12.0)[:, None]
        >>> windows = np.stack([series[start : start + 4] for start in (0, 3, 6)])
        >>> whole_series(windows)[:, 0].tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
        >>> whole_series(windows[[0, 2, 1]]) is None
        True
    """
    windows = np.asarray(windows)
    if len(windows) == 1:
        one: Array = windows[0]
        return one
    for stride in range(1, windows.shape[1]):
        # The first pair says no almost always, at once.
        if np.array_equal(windows[0, stride:], windows[1, :-stride]) and np.array_equal(
            windows[:-1, stride:], windows[1:, :-stride]
        ):
            begins = windows[:-1, :stride].reshape(-1, windows.shape[2])
            return np.concatenate([begins, windows[-1]])
    return None


def point_terms(model: Any, series: Array, length: int) -> Array:
    """Return what contributes to each point's score, as a `SeriesDetector` does: the mean.

    Args:
        model: An `Autoencoder` of windows.
        series: Array of shape (time, channels).
        length: Integer, points of a window.

    Returns:
        Array of shape (time, channels + 1): the channels' shares of the nll, and of the KL.
    """
    windows = view(series, length, 1)
    mean = MeanOfWindows(length, series.shape[1] + 1)
    endpoint = model.endpoint("score_terms", lambda x: model.score_terms(x))
    found = []
    for start in range(0, len(windows), BATCH_SIZE):
        terms, rest = endpoint.predict([windows[start : start + BATCH_SIZE]], BATCH_SIZE)
        shares = np.broadcast_to(rest[:, None, None] / length, (*terms.shape[:2], 1))
        found.append(mean.push(np.concatenate([terms, shares], axis=2)))
    return np.concatenate([*found, mean.flush()])


def series_section(subject: Subject) -> ReportSection | None:
    """Return the points' scores by channel and the strangest ones; None without a series."""
    channels = subject.channels
    series = None if channels is None else whole_series(subject.examples.x)
    if series is None or channels is None:
        return None
    series, length = series[:MAX_SCORED_POINTS], subject.examples.x.shape[1]
    terms = point_terms(subject.model, series, length)
    scores = terms.sum(axis=1)
    threshold = float(np.quantile(scores, THRESHOLD_QUANTILE))
    places = strangest(scores, length)
    middle = int(np.clip(places[0] - MAX_DRAWN_POINTS // 2, 0, len(scores)))
    first = max(0, min(middle, len(scores) - MAX_DRAWN_POINTS))
    shown = slice(first, first + MAX_DRAWN_POINTS)
    drawn = channels[:MAX_DRAWN_CHANNELS]
    figure = plotting.scored_series(
        series[shown, : len(drawn)], scores[shown], threshold, names=drawn, title="", start=first
    )
    alt = f"{len(drawn)} channels over their score at {len(scores[shown]):,} points"
    cells = {name: series[places, place] for place, name in enumerate(channels)}
    added = {name: terms[places, place] for place, name in enumerate(channels)}
    table = plotting.worst_rows(
        scores[places],
        {**added, "KL": terms[places, -1]},
        cells,
        [f"{place:,}" for place in places],
        n=STRANGEST,
        caption=f"Strangest points, each {length} or more from the others",
        row="point",
    )
    text = (
        f"The points of {subject.part}: a point's score is the mean of what all "
        f"windows that cover it say. The threshold is the scores' {THRESHOLD_QUANTILE:.0%} "
        "quantile."
    )
    caption = f"Points {first:,} to {first + len(scores[shown]) - 1:,} of {len(scores):,}."
    pictures = [ReportPicture(figure, alt, caption, wide=True)]
    return ReportSection("Points of the series", text, pictures, [table])


def strangest(scores: Array, apart: int) -> Array:
    """Return the places of the highest scores, each `apart` or more from the others.

    Example:
        >>> strangest(np.array([1.0, 5.0, 9.0, 0.0, 3.0]), 2).tolist()
        [2, 4, 0]
    """
    left = scores.astype("float64")
    found: list[int] = []
    while len(found) < STRANGEST and np.isfinite(left).any():
        place = int(np.nanargmax(left))
        found.append(place)
        left[max(0, place - apart + 1) : place + apart] = np.nan
    return np.array(found)
