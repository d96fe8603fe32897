"""What a report is about: a model, examples, and what its run and its export have left."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from keras_ae.commands.errors import BadInput
from keras_ae.commands.export import BUNDLE
from keras_ae.commands.files import Chosen, choose_examples, load_model, model_file
from keras_ae.export.latency_file import LATENCY
from keras_ae.export.manifest import MANIFEST, changed_files, read_manifest


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Args:
        name: String, what to call the model.
        model: The model.
        examples: The `Chosen` examples to show and to score.
        seed: Integer, of what is drawn at random.
        config: Dict, the options of the model's run; empty where it has none.
        record: Dict, the record of the run: data, model, versions.
        history: Dict from a metric to its values, one an epoch.
        metrics: Dict, what the run has measured.
        scores: Dict, the scores of the model on the examples.
        manifest: Dict, the manifest of the bundle; None without one.
        latency: Dict, what the bundle's latency.json holds; None without one.
        problems: List of strings, what was changed in the bundle since it was written.
        anomalies: The `Chosen` examples to tell apart from the others; None without any.
    """

    name: str
    model: Any
    examples: Chosen
    seed: int
    config: dict[str, Any]
    record: dict[str, Any]
    history: dict[str, list[float]]
    metrics: dict[str, Any]
    scores: dict[str, Any]
    manifest: dict[str, Any] | None = None
    latency: dict[str, Any] | None = None
    problems: list[str] = dataclasses.field(default_factory=list)
    anomalies: Chosen | None = None


def read_subject(
    path: Path,
    data: str | None,
    label: str | None,
    max_examples: int | None,
    anomalies: str | None,
) -> Subject:
    """Return what a saved model's report is about, from the files beside it.

    Scores are those that the run has saved, as long as they are of the same examples.

    Raises:
        BadInput: The model or the data can't be used, or a record isn't one.
    """
    from keras_ae.evaluation import evaluate_model

    file = model_file(path)
    model = load_model(path)
    examples = choose_examples(model, path, data, label, max_examples)
    other = None
    if anomalies is not None:
        column = label if anomalies.lower().endswith(".csv") else None
        other = choose_examples(model, path, anomalies, column, max_examples)
    metrics = _read_json(file.with_name("metrics.json"))
    scores = metrics.get("test", {})
    if data is not None or scores.get("examples") != len(examples.x):
        scores = dataclasses.asdict(evaluate_model(model, examples.x))
    config = _options(file.with_name("config.yaml"))
    bundle = file.with_name(BUNDLE)
    return Subject(
        name=file.resolve().parent.name if file.name == "model.keras" else file.stem,
        model=model,
        examples=examples,
        seed=config.get("seed") or 0,
        config=config,
        record=_read_json(file.with_name("run.json")),
        history=_read_json(file.with_name("history.json")),
        metrics=metrics,
        scores=scores,
        anomalies=other,
        **bundle_facts(bundle),
    )


def run_subject(run: Any, folder: Path) -> Subject:
    """Return what the report of a run is about that has just been trained."""
    data = run.examples.dataset
    tested = len(data.x_test) > 0
    examples = Chosen(
        data,
        data.x_test if tested else data.x_train,
        data.y_test if tested else data.y_train,
        "test part" if tested else "all",
    )
    metrics = _read_json(folder / "metrics.json")
    return Subject(
        name=run.output.path.name,
        model=run.model,
        examples=examples,
        seed=run.config.seed,
        config=run.config.to_options(),
        record=_read_json(folder / "run.json"),
        history=run.state.history,
        metrics=metrics,
        scores=metrics.get("test", {}),
        **bundle_facts(folder / BUNDLE),
    )


def bundle_facts(bundle: Path) -> dict[str, Any]:
    """Return the manifest, the latencies and the changed files of a bundle; {} without one.

    Raises:
        ExportError: The manifest was changed.
    """
    if not (bundle / MANIFEST).is_file():
        return {}
    manifest = read_manifest(bundle)
    latency = _read_json(bundle / LATENCY) or None
    return {
        "manifest": manifest,
        "latency": latency,
        "problems": changed_files(bundle, manifest),
    }


def _read_json(path: Path) -> dict[str, Any]:
    """Return a record that a run has left; {} without one."""
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{path}: expected JSON. Received: {error}") from error
    if not isinstance(record, dict):
        raise BadInput(f"{path}: expected a JSON object. Received: {type(record).__name__}")
    return record


def _options(path: Path) -> dict[str, Any]:
    from keras_ae.training import read_options

    return read_options(path) if path.is_file() else {}
