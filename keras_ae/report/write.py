"""A page about a model."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_ae import _arrays, _checks
from keras_ae.datasets import Dataset
from keras_ae.datasets._chosen import Chosen, choose
from keras_ae.evaluation import evaluate_model
from keras_ae.models import Autoencoder
from keras_ae.plotting import ReportSection, write_report
from keras_ae.plotting.write_report import page_path
from keras_ae.report import facts, pictures
from keras_ae.report.codes import code_section
from keras_ae.report.columns import column_sections
from keras_ae.report.series_points import channel_columns, series_section
from keras_ae.report.subject import Subject, bundle_facts
from keras_ae.training.provenance import versions


def write(
    model: Any,
    data: Any,
    path: str | os.PathLike[str],
    *,
    labels: Any = None,
    title: str | None = None,
    history: Any = None,
    anomalies: Any = None,
    bundle: str | os.PathLike[str] | None = None,
    max_examples: int | None = None,
    seed: int = 0,
) -> Path:
    """Write a page about a model: curves, scores, pictures, and what it was exported to.

    The page is what `keras-ae report` writes. It holds all it shows: it can be sent, opened
    without a network, and printed. It is written beside its destination and then moved there.

    Args:
        model: An `Autoencoder` or one of its subclasses; one that isn't compiled is, with "adam".
            Or a fitted `TableModel`.
        data: Array of shape (examples, ...), best of examples that the model wasn't trained on;
            or a `Dataset`, whose test part is taken if it has one. For a `TableModel` a table as
            its `fit` takes it.
        path: String or path that ends in .html, in a folder that exists. A file that is there
            already is replaced.
        labels: Array of shape (examples,), integers or strings, to group and colour the examples
            by; or None. A `Dataset` has its own. For a table also a string, the column that holds
            them: one that the model doesn't have, whose 1 then stands for an anomaly.
        title: String, the page's heading; None for the model's name.
        history: What `model.fit` returned, or its `history`, a dictionary: adds the curves of the
            training. None leaves them out.
        anomalies: Array, `Dataset` or table of examples of another kind: adds how well the model
            tells them apart by its anomaly score.
        bundle: String or path of the folder that `export_model` wrote: adds the exported files,
            with their sizes, errors and latencies.
        max_examples: Integer >= 1, use at most so many, chosen at random; None for all.
        seed: Integer >= 0, of what is drawn at random.

    Returns:
        The path.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `path` has another suffix, the examples don't suit the model, or labels aren't
            one an example.
        ExportError: `bundle` isn't a bundle, or its manifest was changed.
        OSError: The folder is missing or can't be written to.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from keras_ae import create_model, report
        >>> x = np.random.default_rng(0).uniform(size=(40, 4)).astype("float32")
        >>> model = create_model("autoencoder", (4,), latent_dim=2, units=(8,))
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = report.write(model, x, f"{folder}/page.html", history=history)
        ...     "mean squared error" in page.read_text("utf-8")
        True
    """
    if not _is_table(model):
        _checks.instance("model", model, Autoencoder, "an Autoencoder or a TableModel")
    path = page_path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"`path` must be in a folder that exists. Received: path={_checks.shown(str(path))}"
        )
    if title is not None:
        _checks.text("title", title)
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    exported: dict[str, Any] = {}
    if bundle is not None:
        exported = bundle_facts(_checks.path("bundle", bundle), required=True)
    shared: dict[str, Any] = {
        "seed": seed,
        "record": {"versions": versions()},
        "history": _curves(history),
        "saved": False,
        **exported,
    }
    if _is_table(model):
        from keras_ae.report.table_subject import table_subject

        given = {"anomalies": anomalies, "max_examples": max_examples}
        named = "Model of a table" if title is None else title
        made = table_subject(model, data, labels, name=named, part="all", **given, **shared)
        return write_page(made, path)
    examples = _chosen("data", data, labels, model, max_examples, seed)
    other = None
    if anomalies is not None:
        other = _chosen("anomalies", anomalies, None, model, max_examples, seed)
    subject = Subject(
        name=model.name if title is None else title,
        model=model,
        examples=examples,
        scores=dataclasses.asdict(evaluate_model(model, examples.x, seed=seed)),
        anomalies=other,
        **shared,
    )
    return write_page(subject, path)


def write_page(subject: Subject, path: Path) -> Path:
    """Write the page about a subject."""
    sections = [
        facts.fact_section(subject),
        *_column_sections(subject),
        pictures.training_section(subject),
        facts.score_list_section(subject),
        *_table_sections(subject),
        pictures.example_section(subject),
        code_section(subject),
        pictures.latent_section(subject),
        pictures.score_section(subject),
        series_section(subject),
        facts.export_section(subject),
        facts.again_section(subject),
    ]
    return write_report(
        path,
        subject.name,
        [section for section in sections if section is not None],
        facts.lead(subject),
        facts.top_figures(subject),
    )


def _column_sections(subject: Subject) -> list[ReportSection]:
    """Return what columns or channels hold; nothing for examples of another kind."""
    columns = channel_columns(subject) if subject.table is None else subject.table.columns()
    return [] if columns is None else column_sections(columns)


def _table_sections(subject: Subject) -> list[ReportSection | None]:
    """Return what imputed cells and new rows of a table are worth; nothing of other models."""
    if subject.table is None:
        return []
    from keras_ae.report.hidden_cells import hidden_cells_section
    from keras_ae.report.new_rows import new_rows_section

    return [hidden_cells_section(subject.table), new_rows_section(subject.table)]


def _is_table(model: Any) -> bool:
    """Whether a model is one of a table; who has one has imported its module, and pandas."""
    tables = sys.modules.get("keras_ae.tables.table_model")
    return tables is not None and isinstance(model, tables.TableModel)


def _chosen(
    name: str, data: Any, labels: Any, model: Autoencoder, max_examples: int | None, seed: int
) -> Chosen:
    """Return the examples of an array or a `Dataset`, if they are of the model's shape."""
    if not isinstance(data, Dataset):
        x = _arrays.numbers(name, data)
        _arrays.not_empty(name, x)
        y = None if labels is None else _arrays.labels("labels", labels, len(x))
        data = Dataset(
            f"the given {'examples' if name == 'data' else name}", x, y, x[:0], None, "an array"
        )
    elif labels is not None:
        raise ValueError("`labels` must be None where `data` is a Dataset. Received: labels")
    if data.example_shape != model.example_shape:
        shape = ", ".join(map(str, model.example_shape or ()))
        raise ValueError(
            f"`{name}` must have shape (examples, {shape}). Received: examples of shape "
            f"{data.example_shape}"
        )
    return choose(data if max_examples is None else data.limited(max_examples, seed))


def _curves(history: Any) -> dict[str, Any]:
    if history is None:
        return {}
    curves = getattr(history, "history", history)
    if not isinstance(curves, Mapping):
        raise TypeError(
            "`history` must be what `model.fit` returned, its `history`, or None. "
            f"Received: history={_checks.shown(history)}"
        )
    return dict(curves)
