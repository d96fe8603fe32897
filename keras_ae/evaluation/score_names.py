"""What each score is called and what it counts: every page and line takes it from here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

NATS = "nats per example"
PENALTY = "penalties."


@dataclasses.dataclass(frozen=True)
class ScoreName:
    """What a score is called, and how to read its number.

    Args:
        short: String, for a line of the terminal or above a large figure; empty for what doesn't
            stand alone there.
        words: String, for a row of a table.
        unit: String, what the number counts; empty where it counts nothing. `{latent_dim}` stands
            for the size of the latent.
        scale: String, how to read a number that has no unit; possibly empty.
    """

    short: str
    words: str = ""
    unit: str = ""
    scale: str = ""

    def unit_in(self, scores: Mapping[str, Any]) -> str:
        """Return the unit, with the size of the latent that the scores tell."""
        return self.unit.format(**{"latent_dim": "?", **scores})


# By the name in `Scores`, with a dot before a part of a score; in the order in which they are
# shown. Words and units that are left out follow from the name.
SCORE_NAMES = {
    "examples": ScoreName("", "examples scored"),
    "log_likelihood": ScoreName("log-likelihood", "importance-weighted log-likelihood", NATS),
    "log_likelihood_error": ScoreName("", "its standard error", "nats"),
    "elbo": ScoreName("ELBO", "evidence lower bound, ELBO", NATS),
    "nll": ScoreName("nll", "negative log-likelihood, nll", NATS),
    "kl": ScoreName("KL", "KL from the prior", NATS),
    "active_units": ScoreName("active units", "active units", "of {latent_dim} latent dimensions"),
    "latent_dim": ScoreName("", "size of the latent", "dimensions"),
    "reconstruction_mse": ScoreName(
        "mean squared error",
        "mean squared error of reconstructions",
        scale="units of the data, squared",
    ),
    "bits_per_dimension": ScoreName("bits per dim.", "bits per dimension", "bits for one value"),
    "psnr": ScoreName("PSNR", "peak signal-to-noise ratio of reconstructions", "dB"),
    "ssim": ScoreName("SSIM", "structural similarity of reconstructions", scale="1 is equal"),
    "linear_probe_accuracy": ScoreName(
        "linear probe", "accuracy of a linear probe of the latent", scale="0 to 1"
    ),
    "kmeans_nmi": ScoreName(
        "k-means NMI", "k-means' mutual information with the labels", scale="0 to 1"
    ),
    "num_samples": ScoreName(""),
    "mutual_information.mutual_information": ScoreName("mutual info."),
    "mutual_information.standard_error": ScoreName(""),
    "mutual_information.marginal_kl": ScoreName("marginal KL"),
    "mutual_information.limit": ScoreName(""),
    "sample_mmd": ScoreName("sample MMD**2"),
    "feature_mmd": ScoreName("feature MMD**2"),
    "feature_frechet_distance": ScoreName("feature Frechet"),
    "mig": ScoreName("MIG"),
    "dci.disentanglement": ScoreName("DCI disentangled"),
    "dci.completeness": ScoreName("DCI complete"),
    "dci.informativeness": ScoreName("DCI informative"),
    "sap": ScoreName("SAP"),
}
# Units of scores that have none above, by a word of the name.
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


def score_name(name: str) -> ScoreName:
    """Return what a score is called; of one that isn't in the table, what its name tells.

    Example:
        >>> score_name("psnr").unit, score_name("mutual_information.limit").words
        ('dB', 'mutual information: limit')
    """
    if name.startswith(PENALTY):
        penalty = name.removeprefix(PENALTY)
        return ScoreName(penalty, f"penalty {penalty}")
    derived = name.replace(".", ": ").replace("_", " ")
    known = SCORE_NAMES.get(name, ScoreName(derived))
    if known.words:
        return known
    return dataclasses.replace(known, words=derived, unit=unit_of(derived))


def unit_of(words: str) -> str:
    """Return the unit that a word of a score's name tells; nothing where none does."""
    return next((unit for word, unit in UNITS if word in words.lower()), "")


def score_values(scores: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each score that has one, in the order of the table.

    A score that has parts gives each of them, its name with a dot before the part's. A penalty
    that is a score of its own, the KL, is given once.

    Args:
        scores: Mapping from a score's name to a number, a list, or a mapping of such; None where
            there is no value.

    Example:
        >>> list(score_values({"mig": 0.5, "psnr": None, "nll": 80.0, "dci": {"more": 1.0}}))
        [('nll', 80.0), ('mig', 0.5), ('dci.more', 1.0)]
    """
    found = dict(_parts("", scores))
    for name in dict.fromkeys([*SCORE_NAMES, *found]):
        if name in found and not (
            name.startswith(PENALTY) and name.removeprefix(PENALTY) in found
        ):
            yield name, found[name]


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for part, each in value.items():
            yield from _parts(f"{name}.{part}" if name else str(part), each)
    elif value is not None:
        yield name, value
