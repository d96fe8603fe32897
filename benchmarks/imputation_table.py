"""The table of hidden cells on docs/evidence.md; benchmarks.evidence_table writes it there."""

from __future__ import annotations

from typing import Any

METHODS = {"mean": "mean", "knn": "KNN", "iterative": "IterativeImputer", "miwae": "ours, MIWAE"}


def imputation(result: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and lines: each method's error in each case, the smallest in bold.

    Args:
        result: Dict, what benchmarks/reproduce/imputation.py wrote.
    """
    cases = [
        (name, rate, errors)
        for name, table in result["tables"].items()
        for rate, errors in table.items()
    ]
    words = f"mean of the {len(result['tables'])} tables"
    cases += [(words, rate, errors) for rate, errors in result["mean"].items()]
    lines = [
        (name.replace("_", " "), rate.replace("%", " %"), *_shown(errors))
        for name, rate, errors in cases
    ]
    return ("table", "cells hidden", *METHODS.values()), lines


def _shown(errors: dict[str, float]) -> list[str]:
    least = min(errors.values())
    figures = [(f"{errors[name]:.3f}", errors[name] == least) for name in METHODS]
    return [f"**{figure}**" if best else figure for figure, best in figures]
