"""Scores with their names and units, whichever there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keras_ae.plotting import ReportTable

NATS = "nats per example"
# How a score is called, and its unit; {latent_dim} is filled in.
KNOWN = {
    "examples": ("examples scored", ""),
    "log_likelihood": ("importance-weighted log-likelihood", NATS),
    "log_likelihood_error": ("its standard error", "nats"),
    "elbo": ("evidence lower bound, ELBO", NATS),
    "nll": ("negative log-likelihood, nll", NATS),
    "kl": ("KL from the prior", NATS),
    "active_units": ("active units", "of {latent_dim} latent dimensions"),
    "latent_dim": ("size of the latent", "dimensions"),
    "reconstruction_mse": ("mean squared error of reconstructions", "units of the data, squared"),
    "bits_per_dimension": ("bits per dimension", "bits for one value"),
    "psnr": ("peak signal-to-noise ratio of reconstructions", "dB"),
    "ssim": ("structural similarity of reconstructions", "1 is equal"),
    "linear_probe_accuracy": ("accuracy of a linear probe of the latent", "0 to 1"),
    "kmeans_nmi": ("k-means' mutual information with the labels", "0 to 1"),
}
# Units of scores that aren't known by name, by a word in it.
UNITS = (
    ("psnr", "dB"),
    ("bits", "bits"),
    ("bytes", "bytes"),
    ("nll", "nats"),
    ("kl", "nats"),
    ("elbo", "nats"),
    ("likelihood", "nats"),
    ("information", "nats"),
    ("mmd", "kernel units"),
    ("seconds", "s"),
)
HIDDEN = {"kl_per_dimension", "left_out"}  # drawn as bars; told in a sentence


def score_tables(scores: Mapping[str, Any]) -> list[ReportTable]:
    """Return tables of all scores that have a value.

    Numbers are rows of the first table, also those inside of a score that has parts. A list of
    dictionaries is a table of its own.

    Args:
        scores: Mapping from a score's name to a number, a list, or a mapping of such; None where
            there is no value.
    """
    rows, tables = [], []
    known = [name for name in KNOWN if name in scores]
    for name in dict.fromkeys([*known, *scores]):
        if name in HIDDEN:
            continue
        value = scores[name]
        for path, each in _parts((name,), value):
            if _is_table(each):
                tables.append(_table(" ".join(path).replace("_", " "), each))
            elif isinstance(each, bool | str | int | float):
                words, unit = KNOWN.get(path[-1] if len(path) == 1 else "", _unknown(path))
                rows.append((words, number(each), unit.format(**{"latent_dim": "?", **scores})))
    first = [ReportTable(("score", "value", "unit"), rows)] if rows else []
    return [*first, *tables]


def left_out(scores: Mapping[str, Any]) -> str:
    """Return a sentence for each score that was asked for and could not be made."""
    reasons = scores.get("left_out") or {}
    return " ".join(f"{name.replace('_', ' ')}: {why}." for name, why in reasons.items())


def number(value: Any) -> str:
    """Return a number as a person reads it.

    Example:
        >>> number(-106.6912), number(0.0111107), number(2000), number(True)
        ('-106.69', '0.01111', '2,000', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if 10 <= abs(value) < 1e9 else f"{value:.4g}"
    return str(value)


def _parts(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _parts((*path, str(name)), each)
    elif value is not None:
        yield path, value


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(each, Mapping) for each in value)
    )


def _table(caption: str, items: Any) -> ReportTable:
    names = list(dict.fromkeys(name for item in items for name in item))
    head = [_with_unit(name) for name in names]
    rows = [
        ["" if item.get(name) is None else number(item[name]) for name in names] for item in items
    ]
    return ReportTable(head, rows, caption)


def _with_unit(name: str) -> str:
    words, unit = _unknown((name,))
    return f"{words}, {unit}" if unit and unit not in words else words


def _unknown(path: tuple[str, ...]) -> tuple[str, str]:
    words = ": ".join(part.replace("_", " ") for part in path)
    unit = next((unit for word, unit in UNITS if word in words.lower()), "")
    return words, unit
