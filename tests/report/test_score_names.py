"""Names and units of scores: once, for pages and for lines."""

import dataclasses

from keras_ae.evaluation import Scores
from keras_ae.evaluation.score_names import SCORE_NAMES, score_name, score_values
from keras_ae.report.score_tables import score_tables


def test_every_name_is_that_of_a_score():
    fields = {field.name for field in dataclasses.fields(Scores)}
    assert {name.split(".")[0] for name in SCORE_NAMES} <= fields
    # These are told in other words: a sentence, bars, and the codecs beside one another.
    told_elsewhere = {"left_out", "kl_per_dimension", "compression", "penalties"}
    assert fields - told_elsewhere <= {name.split(".")[0] for name in SCORE_NAMES}


def test_a_score_that_the_table_does_not_know_is_called_by_its_name():
    name = score_name("codes.used_bits")
    assert (name.short, name.words, name.unit) == (
        "codes: used bits",
        "codes: used bits",
        "bits",
    )


def test_a_penalty_is_told_once_and_without_a_unit():
    scores = {"nll": 3.0, "kl": 2.0, "penalties": {"kl": 2.0, "mmd": 0.5}}
    assert [name for name, _ in score_values(scores)] == ["nll", "kl", "penalties.mmd"]
    name = score_name("penalties.mmd")
    assert (name.short, name.words, name.unit) == ("mmd", "penalty mmd", "")


def test_scores_are_told_with_their_units_whatever_they_are():
    scores = {
        "elbo": -104.25,
        "nll": None,
        "kl_per_dimension": [1.0, 2.0],
        "mutual_information": {"total": 4.5, "index_code": None},
        "new_score": 0.25,
        "compression": {"points": [{"bytes": 20, "psnr": 14.5}, {"bytes": 1000, "psnr": None}]},
        "left_out": {"ssim": "no images"},
    }
    first, second = score_tables(scores)
    assert list(first.rows) == [
        ("evidence lower bound, ELBO", "-104.25", "nats per example"),
        ("mutual information: total", "4.5", "nats"),
        ("new score", "0.25", ""),
    ]
    assert list(second.head) == ["bytes", "psnr, dB"]
    assert list(second.rows) == [("20", "14.50"), ("1,000", "")]
