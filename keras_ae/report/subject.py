"""What a report is about: a model, examples, and what its run and its export have left."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from keras_ae.datasets._chosen import Chosen, choose
from keras_ae.evaluation import evaluate_model
from keras_ae.export.bundle.manifest import MANIFEST, changed_files, read_manifest
from keras_ae.export.latency.latency_file import LATENCY
from keras_ae.report.shown_examples import channels_of, is_drawable
from keras_ae.training import read_options
from keras_ae.training.checkpoint import read_json


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Args:
        name: String, what to call the model.
        model: The model.
        examples: The `Chosen` examples to show and to score.
        seed: Integer, of what is drawn at random.
        scores: Dict, the scores of the model on the examples.
        config: Dict, the options of the model's run; empty where it has none.
        record: Dict, the record of the run: data, model, versions.
        history: Dict from a metric to its values, one an epoch.
        metrics: Dict, what the run has measured.
        manifest: Dict, the manifest of the bundle; None without one.
        latency: Dict, what the bundle's latency.json holds; None without one.
        problems: List of strings, what was changed in the bundle since it was written.
        bundle: String, the name of the bundle's folder; None without one.
        anomalies: The `Chosen` examples to tell apart from the others; None without any.
        saved: Whether the model is a file, which commands can be given.
        table: The `TableRows` that the examples are the codes of; None where they are no table.
    """

    name: str
    model: Any
    examples: Chosen
    seed: int
    scores: dict[str, Any]
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    record: dict[str, Any] = dataclasses.field(default_factory=dict)
    history: dict[str, Any] = dataclasses.field(default_factory=dict)
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)
    manifest: dict[str, Any] | None = None
    latency: dict[str, Any] | None = None
    problems: list[str] = dataclasses.field(default_factory=list)
    bundle: str | None = None
    anomalies: Chosen | None = None
    saved: bool = True
    table: Any = None

    def can(self, function: str) -> bool:
        """Whether the model has a function of that name, such as "posterior"."""
        return function in self.model.functions()

    @property
    def part(self) -> str:
        """What part of the data the examples are, in a sentence."""
        return "the data" if self.examples.part == "all" else f"the {self.examples.part}"

    @property
    def is_drawable(self) -> bool:
        """Whether examples can be drawn; a table's codes mean nothing to people."""
        return self.table is None and is_drawable(self.model)

    @property
    def channels(self) -> list[str] | None:
        """The names of the channels of a series' windows; None where the examples are others."""
        return channels_of(self.model, self.examples.dataset)

    def shown_scores(self) -> dict[str, Any]:
        """Return the scores to print: without a bound where the model's loss is none."""
        bound = self.model.is_bound
        return {name: value for name, value in self.scores.items() if bound or name != "elbo"}


def saved_subject(
    model: Any,
    file: Path,
    bundle: Path,
    examples: Chosen,
    anomalies: Chosen | None,
    same_data: bool,
) -> Subject:
    """Return what a saved model's report is about, from the files beside it.

    Args:
        model: The model.
        file: Path of its .keras file.
        bundle: Path of the folder that it may have been exported to.
        examples: The `Chosen` examples.
        anomalies: Others, or None.
        same_data: Whether the examples may be those that the run was tested on. Its scores are
            then taken, if they are of as many examples.

    Raises:
        ValueError: A file beside the model isn't what it should be.
    """
    config_file = file.with_name("config.yaml")
    config = read_options(config_file) if config_file.is_file() else {}
    metrics = read_record(file.with_name("metrics.json"))
    scores = metrics.get("test", {})
    if not same_data or scores.get("examples") != len(examples.x):
        scores = dataclasses.asdict(evaluate_model(model, examples.x))
    return Subject(
        name=file.resolve().parent.name if file.name == "model.keras" else file.stem,
        model=model,
        examples=examples,
        seed=config.get("seed") or 0,
        scores=scores,
        config=config,
        record=read_record(file.with_name("run.json")),
        history=read_record(file.with_name("history.json")),
        metrics=metrics,
        anomalies=anomalies,
        **bundle_facts(bundle),
    )


def run_subject(run: Any, folder: Path, bundle: Path) -> Subject:
    """Return what the report of a run is about that has just been trained."""
    metrics = read_record(folder / "metrics.json")
    return Subject(
        name=run.output.path.name,
        model=run.model,
        examples=choose(run.examples.dataset),
        seed=run.config.seed,
        scores=metrics.get("test", {}),
        config=run.config.to_options(),
        record=read_record(folder / "run.json"),
        history=run.state.history,
        metrics=metrics,
        **bundle_facts(bundle),
    )


def bundle_facts(bundle: Path, required: bool = False) -> dict[str, Any]:
    """Return the manifest, the latencies and the changed files of a bundle.

    Args:
        bundle: Path of its folder.
        required: Whether there must be one; else {} stands for none.

    Raises:
        ExportError: There is none though there must be, or its manifest was changed.
    """
    if not (required or (bundle / MANIFEST).is_file()):
        return {}
    manifest = read_manifest(bundle)
    return {
        "manifest": manifest,
        "latency": read_record(bundle / LATENCY) or None,
        "problems": changed_files(bundle, manifest),
        "bundle": bundle.name,
    }


def read_record(path: Path) -> dict[str, Any]:
    """Return a record that a run or an export has left; {} without one.

    Raises:
        ValueError: The file doesn't hold a JSON object.
    """
    return read_json(path) if path.is_file() else {}
