"""Results as text for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer


def show_scores(scores: Any, of: str) -> None:
    """Print `Scores`, a line each.

    Args:
        scores: The `Scores`.
        of: String, the data that were scored.
    """
    typer.echo(f"{of}, {scores.examples:,} examples, per example:")
    nats = {
        "nll": scores.nll,
        "kl": scores.kl,
        "ELBO": scores.elbo,
        "log-likelihood": scores.log_likelihood,
    }
    for name, value in nats.items():
        if value is not None:
            typer.echo(f"  {name:<15}{value:10.2f} nats")
    if scores.active_units is not None:
        typer.echo(f"  {'active units':<15}{scores.active_units:7d} of {scores.latent_dim}")
    typer.echo(f"  {'mean sq. error':<15}{scores.reconstruction_mse:12.4g}")


def show_run(run: Any, output: Path) -> None:
    """Print what a training run reached and wrote."""
    if run.scores is not None:
        show_scores(run.scores, "Test data")
    files = ", ".join(sorted(path.name for path in output.iterdir()))
    typer.echo(f"Trained {run.state.epoch} epochs in {run.state.seconds:.0f} s.")
    typer.echo(f"Written to {output}: {files}")
