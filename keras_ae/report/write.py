"""A page about a model."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_ae import _arrays, _checks
from keras_ae.datasets import Dataset
from keras_ae.datasets._chosen import Chosen, choose
from keras_ae.evaluation import evaluate_model
from keras_ae.models import Autoencoder
from keras_ae.plotting import write_report
from keras_ae.plotting.write_report import page_path
from keras_ae.report import facts, pictures
from keras_ae.report.subject import Subject, bundle_facts
from keras_ae.training.provenance import versions


def write(
    model: Autoencoder,
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
        data: Array of shape (examples, ...), best of examples that the model wasn't trained on;
            or a `Dataset`, whose test part is taken if it has one.
        path: String or path that ends in .html, in a folder that exists. A file that is there
            already is replaced.
        labels: Array of shape (examples,), integers or strings, to group and colour the examples
            by; or None. A `Dataset` has its own.
        title: String, the page's heading; None for the model's name.
        history: What `model.fit` returned, or its `history`, a dictionary: adds the curves of the
            training. None leaves them out.
        anomalies: Array or `Dataset` of examples of another kind: adds how well the model tells
            them apart by its anomaly score.
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
    _checks.instance("model", model, Autoencoder, "an Autoencoder")
    path = page_path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"`path` must be in a folder that exists. Received: path={_checks.shown(str(path))}"
        )
    title = model.name if title is None else _checks.text("title", title)
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    examples = _chosen("data", data, labels, model, max_examples, seed)
    other = None
    if anomalies is not None:
        other = _chosen("anomalies", anomalies, None, model, max_examples, seed)
    exported: dict[str, Any] = {}
    if bundle is not None:
        exported = bundle_facts(_checks.path("bundle", bundle), required=True)
    curves = _curves(history)
    scores = evaluate_model(model, examples.x, seed=seed)
    subject = Subject(
        name=title,
        model=model,
        examples=examples,
        seed=seed,
        scores=dataclasses.asdict(scores),
        record={"versions": versions()},
        history=curves,
        anomalies=other,
        saved=False,
        **exported,
    )
    return write_page(subject, path)


def write_page(subject: Subject, path: Path) -> Path:
    """Write the page about a subject."""
    sections = [
        facts.fact_section(subject),
        pictures.training_section(subject),
        facts.score_list_section(subject),
        pictures.example_section(subject),
        pictures.latent_section(subject),
        pictures.score_section(subject),
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
