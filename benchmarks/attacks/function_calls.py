"""Right calls of what takes arrays: probability, evaluation and plotting."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.attacks.calls import Call
from benchmarks.attacks.model_calls import examples, model_of
from keras_ae import evaluation, layers, plotting, probability

LATENT = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")
IMAGES = np.random.default_rng(2).uniform(size=(8, 8, 8, 1)).astype("float32")
LABELS = np.arange(8) % 2
FACTORS = np.stack([LABELS, np.arange(8) // 4], axis=1)
SCALE = np.full((8, 2), 0.5, "float32")
TRIL = np.tile(0.5 * np.eye(2, dtype="float32"), (8, 1, 1))
VALUES = np.linspace(-1.0, 1.0, 8).astype("float32")


def function_calls() -> list[Call]:
    """Return the calls of the three packages."""
    return [*_probability(), *_evaluation(), *_plotting()]


def _calls(area: str, package: Any, arguments: dict[str, dict[str, Any]]) -> list[Call]:
    def made(given: dict[str, Any]) -> Any:
        return lambda: dict(given)

    return [
        Call(area, name, getattr(package, name), made(given)) for name, given in arguments.items()
    ]


def _probability() -> list[Call]:
    normal = {"mean": LATENT, "scale": SCALE}
    full = {"mean": LATENT, "scale_tril": TRIL}
    bits = np.round(np.abs(LATENT) % 1)
    rows = {"x": LATENT, "y": LATENT}
    classes = np.full((8, 3), 1 / 3, "float32")
    return _calls(
        "probability",
        probability,
        {
            "bernoulli_log_prob": {"x": bits, "logits": LATENT},
            "categorical_log_prob": {"x": LABELS, "logits": classes},
            "continuous_bernoulli_log_normalizer": {"logits": LATENT},
            "continuous_bernoulli_log_prob": {"x": bits, "logits": LATENT},
            "continuous_bernoulli_mean": {"logits": LATENT},
            "evidence_bound": {"log_likelihood": VALUES, "kl": VALUES},
            "gaussian_kernel": {**rows, "bandwidth": 1.0},
            "importance_weighted_bound": {"log_weights": LATENT, "axis": 0},
            "inverse_multiquadratic_kernel": {**rows, "scale": 1.0},
            "kl_discrete": {"p": classes, "q": classes},
            "kl_multivariate_normal": {
                "mean1": LATENT,
                "scale_tril1": TRIL,
                "mean2": LATENT,
                "scale_tril2": TRIL,
            },
            "kl_multivariate_standard_normal": full,
            "kl_normal": {"mean1": LATENT, "scale1": SCALE, "mean2": LATENT, "scale2": SCALE},
            "kl_standard_normal": normal,
            "kl_standard_normal_per_dimension": normal,
            "laplace_log_prob": {"x": LATENT, "location": LATENT, "scale": SCALE},
            "log_mean_exp": {"x": LATENT, "axis": 0},
            "mmd_penalty": {**rows, "kernel": probability.gaussian_kernel},
            "mmd_unbiased": {**rows, "kernel": probability.gaussian_kernel},
            "monte_carlo_kl": {
                "log_prob_p": probability.standard_normal_log_prob,
                "log_prob_q": probability.standard_normal_log_prob,
                "samples": LATENT,
            },
            "multivariate_normal_log_prob": {"x": LATENT, **full},
            "normal_log_prob": {"x": LATENT, **normal},
            "standard_normal_log_prob": {"x": LATENT},
        },
    )


def _evaluation() -> list[Call]:
    model, image_model = model_of(), _image_model()
    posterior = model.posterior(examples(8))
    pair = {"x": IMAGES, "reconstruction": IMAGES}
    samples = {"x": LATENT, "generated": LATENT, "feature_model": None}
    scored = {
        "model": model,
        "x": examples(8),
        "num_samples": 0,
        "seed": 0,
        "batch_size": 8,
        "include": (),
        "labels": LABELS,
        "factors": FACTORS,
        "categorical": (0,),
        "feature_model": None,
        "level_width": None,
    }
    groups = [
        Call(
            "evaluation",
            f"evaluate_model with {group}",
            evaluation.evaluate_model,
            lambda group=group: {**scored, "include": (group,)},
            skip=("tensor",),
        )
        for group in ("generative", "latent")
    ]
    return groups + _calls(
        "evaluation",
        evaluation,
        {
            "association_matrix": {"x": LATENT, "categorical": (0,)},
            "active_units": {"means": LATENT, "threshold": 0.01},
            "bits_per_dimension": {
                "nll": 3.0,
                "x": examples(8),
                "likelihood": layers.GaussianLikelihood(0.5),
                "level_width": 0.1,
            },
            "dci": {"latent": LATENT, "factors": FACTORS, "seed": 0},
            "evaluate_model": scored,
            "frechet_distance": samples,
            "kernel_mmd": {**samples, "bandwidth": 1.0},
            "kl_per_dimension": {"posterior": posterior, "prior": model.bottleneck.prior},
            "kmeans_nmi": {"latent": LATENT, "labels": LABELS, "seed": 0},
            "linear_probe_accuracy": {"latent": LATENT, "labels": LABELS, "seed": 0},
            "mean_squared_error": pair,
            "mig": {"latent": LATENT, "factors": FACTORS, "bins": 4},
            "mutual_information": {
                "posterior": posterior,
                "prior": model.bottleneck.prior,
                "seed": 0,
            },
            "peak_signal_to_noise_ratio": {**pair, "data_range": 1.0},
            "rate_distortion": {"model": image_model, "x": IMAGES, "batch_size": 8},
            "sap": {"latent": LATENT, "factors": FACTORS, "categorical": (0,)},
            "structural_similarity": {**pair, "data_range": 1.0},
        },
    )


def _image_model() -> Any:
    import keras_ae

    return keras_ae.create_model("autoencoder", (8, 8, 1), 2, filters=(2,), seed=0)


def _plotting() -> list[Call]:
    decode = model_of().decode
    figure = plotting.samples(IMAGES[:1])
    picture = plotting.ReportPicture(figure, "what it shows")
    section = plotting.ReportSection("Title")
    moved = {"decode": decode, "latent": LATENT[0], "values": (-1.0, 1.0), "title": "T"}
    scored = {"scores": VALUES, "labels": LABELS, "threshold": 0.1, "title": "T"}
    return _calls(
        "plotting",
        plotting,
        {
            "ReportPicture": {"figure": figure, "alt": "A", "caption": "C", "wide": False},
            "ReportSection": {
                "title": "T",
                "text": "",
                "pictures": [picture],
                "tables": [],
                "code": "",
            },
            "ReportTable": {"head": ("a", "b"), "rows": [("1", "2")], "caption": "C"},
            "association_heatmap": {"associations": [[1.0]], "names": ["a"], "title": "T"},
            "code_bars": {"counts": VALUES**2, "title": "T"},
            "column_histogram": {
                "real": VALUES,
                "generated": VALUES,
                "kind": "numeric",
                "title": "T",
            },
            "interpolations": {"paths": IMAGES[None], "labels": ["a"], "title": "T"},
            "kl_bars": {"kl": VALUES**2, "title": "T"},
            "latent_map": {"latent": LATENT, "labels": LABELS, "title": "T"},
            "latent_traversals": {**moved, "dimensions": (0, 1)},
            "manifold": {**moved, "dimensions": (0, 1)},
            "missing_bars": {"real": {"a": 0.5}, "generated": {"a": 0.1}, "title": "T"},
            "reconstructions": {
                "x": IMAGES,
                "reconstruction": IMAGES,
                "n": 2,
                "labels": LABELS,
                "corrupted": IMAGES,
                "title": "T",
            },
            "roc": scored,
            "samples": {"images": IMAGES, "columns": 4, "title": "T"},
            "save": {"figure": figure, "path": "figure.png"},
            "score_histogram": {**scored, "unit": "nats"},
            "worst_rows": {
                "scores": VALUES,
                "contributions": {"a": VALUES},
                "values": {"a": VALUES},
                "n": 2,
                "columns": 1,
                "unit": "nats",
                "caption": "C",
                "row": "row",
            },
            "training_curves": {"history": {"loss": [1.0, 2.0]}, "title": "T"},
            "write_report": {
                "path": "page.html",
                "title": "T",
                "sections": [section],
                "lead": "",
                "figures": [("a", "1", "nats")],
            },
        },
    )
