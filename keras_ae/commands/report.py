"""Results as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

SHOWN = 16  # latent dimensions on a line


def show_scores(scores: Any, of: str) -> None:
    """Print `Scores`, a line each.

    Args:
        scores: The `Scores`.
        of: String, the data that were scored.
    """
    typer.echo(f"{of}, {scores.examples:,} examples, per example:")
    for name, value in _lines(scores):
        typer.echo(f"  {name:<18}{value}")
    reasons: dict[str, list[str]] = {}
    for name, reason in scores.left_out.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        typer.echo(f"Left out: {', '.join(names)}, as {reason}")


def _lines(scores: Any) -> Iterator[tuple[str, str]]:
    """Yield the scores that there are, each with its name and its unit."""
    yield from _in_nats(scores)
    yield "mean sq. error", f"{scores.reconstruction_mse:12.4g}"
    numbers = {
        "PSNR": (scores.psnr, "{:10.2f} dB"),
        "SSIM": (scores.ssim, "{:12.4f}"),
        "bits per dim.": (scores.bits_per_dimension, "{:12.4f} bits"),
        "sample MMD**2": (scores.sample_mmd, "{:12.4g}"),
        "feature MMD**2": (scores.feature_mmd, "{:12.4g}"),
        "feature Frechet": (scores.feature_frechet_distance, "{:12.4g}"),
        "linear probe": (scores.linear_probe_accuracy, "{:12.4f} accuracy"),
        "k-means NMI": (scores.kmeans_nmi, "{:12.4f}"),
        "MIG": (scores.mig, "{:12.4f}"),
        "SAP": (scores.sap, "{:12.4f}"),
    }
    for name, (value, form) in numbers.items():
        if value is not None:
            yield name, form.format(value)
    if scores.dci is not None:
        yield "DCI disentangled", f"{scores.dci.disentanglement:12.4f}"
        yield "DCI complete", f"{scores.dci.completeness:12.4f}"
        yield "DCI informative", f"{scores.dci.informativeness:12.4f}"
    if scores.compression is not None:
        yield from _compression(scores.compression)


def _in_nats(scores: Any) -> Iterator[tuple[str, str]]:
    nats = {"nll": scores.nll, "kl": scores.kl, "ELBO": scores.elbo}
    for name, value in nats.items():
        if value is not None:
            yield name, f"{value:10.2f} nats"
    if scores.log_likelihood is not None:
        error = scores.log_likelihood_error
        beside = "" if error is None else f", standard error {error:.2f}"
        found = f"{scores.log_likelihood:10.2f} nats{beside}"
        yield "log-likelihood", f"{found}, from {scores.num_samples:,} importance samples"
    if scores.mutual_information is not None:
        information = scores.mutual_information
        beside = f"standard error {information.standard_error:.2f}"
        found = f"{information.mutual_information:10.2f} nats, {beside}"
        yield "mutual info.", f"{found}, at most {information.limit:.2f}"
        yield "marginal KL", f"{information.marginal_kl:10.2f} nats"
    if scores.active_units is not None:
        yield "active units", f"{scores.active_units:7d} of {scores.latent_dim}"
    if scores.kl_per_dimension is not None:
        each = sorted(scores.kl_per_dimension, reverse=True)
        shown = " ".join(f"{value:.2f}" for value in each[:SHOWN])
        rest = f", and {len(each) - SHOWN} smaller ones" if len(each) > SHOWN else ""
        yield "kl by dimension", f"  {shown} nats{rest}"


def _compression(found: Any) -> Iterator[tuple[str, str]]:
    size = f"{found.coded_bytes:10.2f} bytes an image ({found.raw_bytes:.2f} before zlib)"
    lost = f"{found.psnr:.2f} dB ({found.unquantized_psnr:.2f} in float32)"
    yield "latent in 8 bits", f"{size}: {lost}"
    for name, point in (("JPEG", found.jpeg), ("WebP", found.webp)):
        least = "" if point.reached else ", its least"
        yield (
            f"  {name}",
            f"{point.bytes_per_image:10.2f} bytes an image{least}: {point.psnr:.2f} dB",
        )


def show_run(run: Any, output: Path) -> None:
    """Print what a training run reached and wrote."""
    if run.scores is not None:
        show_scores(run.scores, "Test data")
    files = ", ".join(sorted(path.name for path in output.iterdir()))
    typer.echo(f"Trained {run.state.epoch} epochs in {run.state.seconds:.0f} s.")
    typer.echo(f"Written to {output}: {files}")
