"""What a report says in words and tables: what was trained on what, scores, exported files."""

from __future__ import annotations

from typing import Any

import keras_ae
from keras_ae.evaluation.score_names import score_name
from keras_ae.export.latency.latency_report import MEASURED, threads_text
from keras_ae.plotting import ReportSection, ReportTable
from keras_ae.report.score_tables import left_out, number, score_tables
from keras_ae.report.subject import Subject

# Of these the most telling that there are stand on top.
TOP_SCORES = (
    "log_likelihood",
    "elbo",
    "nll",
    "kl",
    "active_units",
    "psnr",
    "reconstruction_mse",
)
MAX_SCORES_ON_TOP = 5


def lead(subject: Subject) -> str:
    """Return the sentence that says what was trained on what."""
    model, data = subject.model, subject.record.get("data", {})
    recipe = subject.config.get("model")
    kind = f"{recipe} ({type(model).__name__})" if recipe else type(model).__name__
    words = f"{kind} with {model.count_params():,} weights and a latent of "
    words += f"{_code(model)} dimensions"
    if "train" in data:
        epochs = subject.metrics.get("epochs")
        words += f", trained on {data['train']:,} examples of {data.get('name')}"
        words += f" for {epochs} epochs" if epochs else ""
    return words + "."


def top_figures(subject: Subject) -> list[tuple[str, str, str]]:
    """Return the scores that matter most, with what they are of."""
    scores, found = subject.shown_scores(), []
    for key in TOP_SCORES:
        if scores.get(key) is not None:
            name = score_name(key)
            found.append((name.short, number(scores[key]), name.unit_in(scores) or name.scale))
    return found[:MAX_SCORES_ON_TOP]


def fact_section(subject: Subject) -> ReportSection:
    """Return model, data, training and versions as tables of names and values."""
    model, data, record = subject.model, subject.record.get("data", {}), subject.record
    shape = " x ".join(map(str, model.example_shape))
    facts: dict[str, dict[str, Any]] = {
        "Model": {
            "recipe": subject.config.get("model"),
            "class": type(model).__name__,
            "likelihood": type(model.likelihood).__name__,
            "bottleneck": type(model.bottleneck).__name__,
            "size of the latent": _code(model),
            "weights": model.count_params(),
            "preprocessor": type(model.preprocessor).__name__ if model.preprocessor else None,
        },
        "Data": {
            "name": data.get("name", subject.examples.dataset.name),
            "source": data.get("source", subject.examples.dataset.source),
            **({"shape of an example": shape} if subject.table is None else subject.table.facts()),
            "training examples": data.get("train"),
            "validation examples": data.get("validation"),
            "test examples": data.get("test"),
            f"sha256 of the {data.get('sha256_of', '')}".strip(): data.get("sha256"),
        },
        "Training": {
            "epochs": subject.metrics.get("epochs"),
            "seconds": subject.metrics.get("training_seconds"),
            "batch size": subject.config.get("batch_size"),
            "learning rate": subject.config.get("learning_rate"),
            "beta": subject.config.get("beta"),
            "precision": subject.config.get("precision"),
            "seed": subject.config.get("seed"),
        },
        "Versions": record.get("versions", {}),
    }
    tables = []
    for caption, pairs in facts.items():
        rows = [(name, _plain(value)) for name, value in pairs.items() if value is not None]
        if rows:
            tables.append(ReportTable((), rows, caption))
    return ReportSection("What was trained on what", tables=tables)


def score_list_section(subject: Subject) -> ReportSection | None:
    """Return all scores with their units; None without any."""
    tables = score_tables(subject.shown_scores())
    if not tables:
        return None
    examples = subject.examples
    text = f"On {examples.dataset.name}, {examples.part}. {left_out(subject.scores)}"
    if subject.table is not None:
        text += subject.table.log_likelihood_words()
    return ReportSection("Scores", text.strip(), tables=tables)


def export_section(subject: Subject) -> ReportSection | None:
    """Return parity, sizes and latencies of the bundle; None without one."""
    manifest = subject.manifest
    if manifest is None:
        return None
    rows: list[tuple[str, ...]] = []
    for artifact in manifest["artifacts"]:
        path = artifact["path"]
        size = sum(
            facts["size"]
            for name, facts in manifest["files"].items()
            if name == path or name.startswith(f"{path}/")
        )
        rows.append((path, artifact["precision"], f"{size:,}", *_parity(artifact)))
    head: tuple[str, ...] = (
        "file",
        "precision",
        "bytes",
        "largest error",
        "of what is allowed",
        "judged by",
    )
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    text = (
        "Each file was opened in its own runtime when it was exported and compared with the "
        "model; keras-ae verify proves it again. Written by keras_ae "
        f"{manifest['packages']['keras-ae']}."
    )
    if subject.problems:
        text += f" Changed since then: {'; '.join(subject.problems)}."
    tables = [ReportTable(head, rows, "Parity and size")]
    if subject.latency:
        machine = subject.latency["machine"]
        text += f" Latencies were measured on {machine['cpu']}, {machine['cores']} cores."
        tables += _latency_tables(subject.latency)
    return ReportSection("Exported files", text, tables=tables)


def again_section(subject: Subject) -> ReportSection | None:
    """Return the commands that make and use the model again; None for one that isn't a file."""
    if not subject.saved:
        return None
    place = "MODEL"
    lines = []
    if subject.config:
        lines.append(f"keras-ae train --config {place}/config.yaml --output ANOTHER")
    lines += [f"keras-ae evaluate {place}"] * (subject.table is None)
    lines.append(f"keras-ae report {place} --overwrite")
    if subject.bundle is not None:
        bundle = f"{place}/{subject.bundle}"
        lines += [f"keras-ae verify {bundle}", f"keras-ae latency {bundle}"]
    options = {name: value for name, value in subject.config.items() if value is not None}
    text = f"MODEL is {subject.name}. Made by keras_ae {keras_ae.__version__}."
    if options:
        lines += ["", "# config.yaml", *(f"{name}: {value}" for name, value in options.items())]
    return ReportSection("Make it again", text, code="\n".join(lines))


def _parity(artifact: dict[str, Any]) -> tuple[str, str, str]:
    """Return a file's largest error, how much of the allowed one it is, and what int8 lost."""
    errors = artifact["errors"]
    if errors:
        largest = max(each["max_absolute"] for each in errors)
        share = max(each["max_absolute"] / each["allowed"] for each in errors)
        return f"{largest:.1e}", f"{100 * share:.2g} %", ""
    judged = [
        f"{each['endpoint']} {each['name'].replace('_', ' ')} {each['value']:.4g} "
        f"(limit {each['limit']:.4g})"
        for each in artifact["quality"]
    ]
    return "", "", "; ".join(judged)


def _latency_tables(latency: dict[str, Any]) -> list[ReportTable]:
    """Return a table for each endpoint and number of threads, in milliseconds."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for each in latency["artifacts"]:
        if each["status"] == MEASURED:
            groups.setdefault((each["endpoint"], each["threads"]), []).append(each)
    tables = []
    for (endpoint, threads), files in groups.items():
        batches = list(dict.fromkeys(t["batch"] for each in files for t in each["timings"]))
        head = ["file", "load, ms"]
        for batch in batches:
            head += [f"batch {batch}, median ms", f"batch {batch}, 95 % ms"]
        rows = []
        for each in files:
            times = {timing["batch"]: timing for timing in each["timings"]}
            row = [each["path"], f"{each['load_ms']:.1f}"]
            for batch in batches:
                timing = times.get(batch)
                names = ("median_ms", "p95_ms")
                row += [f"{timing[name]:.3f}" if timing else "" for name in names]
            rows.append(row)
        caption = f"Latency of {endpoint}, {threads_text(threads)}"
        tables.append(ReportTable(head, rows, caption))
    return tables


def _code(model: Any) -> str:
    return " x ".join(map(str, model.bottleneck.code_shape))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
