"""Results as text for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

DIMENSIONS_ON_A_LINE = 16


def show_scores(scores: Any, of: str) -> None:
    """Print `Scores`, a line each.

    Args:
        scores: The `Scores`.
        of: String, the data that were scored.
    """
    typer.echo(f"{of}, {scores.examples:,} examples, per example:")
    for name, value in _lines(scores):
        typer.echo(f"  {name:<20}{value}")
    reasons: dict[str, list[str]] = {}
    for name, reason in scores.left_out.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        typer.echo(f"Left out: {', '.join(names)}, as {reason}")


def _lines(scores: Any) -> Iterator[tuple[str, str]]:
    """Yield the scores that there are, each with its name and its unit."""
    from keras_ae.evaluation.score_names import score_name, score_values

    values = dataclasses.asdict(scores)
    # Told in other words: each dimension's KL in one line, and what image codecs reach.
    apart = {name: values.pop(name) for name in ("left_out", "kl_per_dimension", "compression")}
    for path, value in score_values(values):
        name = score_name(path)
        if name.short and isinstance(value, int | float):
            unit = name.unit_in(values).removesuffix(" per example")
            yield name.short, f"{_number(value, unit)} {unit}".rstrip() + _beside(path, values)
    if apart["kl_per_dimension"] is not None:
        each = sorted(apart["kl_per_dimension"], reverse=True)
        shown = " ".join(f"{value:.2f}" for value in each[:DIMENSIONS_ON_A_LINE])
        more = len(each) - DIMENSIONS_ON_A_LINE
        yield (
            "KL by dimension",
            f"  {shown} nats{f', and {more} smaller ones' if more > 0 else ''}",
        )
    if apart["compression"] is not None:
        yield from _compression(apart["compression"])


def _number(value: Any, unit: str) -> str:
    if isinstance(value, int):
        return f"{value:7d}"
    return f"{value:10.2f}" if unit in ("nats", "dB") else f"{value:12.4g}"


def _beside(name: str, values: Mapping[str, Any]) -> str:
    """Return how far an estimate can be trusted."""
    if name == "log_likelihood":
        error = values["log_likelihood_error"]
        beside = "" if error is None else f", standard error {error:.2f}"
        return f"{beside}, from {values['num_samples']:,} importance samples"
    if name == "mutual_information.mutual_information":
        found = values["mutual_information"]
        return f", standard error {found['standard_error']:.2f}, at most {found['limit']:.2f}"
    return ""


def _compression(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    size = f"{found['coded_bytes']:10.2f} bytes an image ({found['raw_bytes']:.2f} before zlib)"
    lost = f"{found['psnr']:.2f} dB ({found['unquantized_psnr']:.2f} in float32)"
    yield "the code", f"{size}: {lost}"
    for name in ("jpeg", "webp"):
        point = found[name]
        least = "" if point["reached"] else ", its least"
        size = f"{point['bytes_per_image']:10.2f} bytes an image{least}"
        yield f"  {'JPEG' if name == 'jpeg' else 'WebP'}", f"{size}: {point['psnr']:.2f} dB"


def show_run(run: Any, output: Path) -> None:
    """Print what a training run reached and wrote."""
    if run.scores is not None:
        show_scores(run.scores, "Test data")
    files = ", ".join(sorted(path.name for path in output.iterdir()))
    typer.echo(f"Trained {run.state.epoch} epochs in {run.state.seconds:.0f} s.")
    typer.echo(f"Written to {output}: {files}")
