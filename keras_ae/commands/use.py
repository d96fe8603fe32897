"""What a trained model is used for: `evaluate`, `generate`, `reconstruct`, `denoise`."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_ae.commands.errors import BadInput, bad_input
from keras_ae.commands.files import (
    check_output,
    choose_examples,
    load_model,
    model_file,
    write_output,
)
from keras_ae.commands.score_lines import show_scores
from keras_ae.commands.start import start

Model = Annotated[Path, typer.Argument(help="A .keras file, or the directory that a run wrote.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="Data set or file, as for train; by default the test data of the model's own run.",
        show_default=False,
    ),
]
Label = Annotated[
    str | None, typer.Option(help="Column of a .csv file that holds labels.", show_default=False)
]
MaxExamples = Annotated[
    int | None, typer.Option(help="Use at most so many examples.", show_default=False)
]
Output = Annotated[Path, typer.Option(help="A picture (.png) or arrays (.npz).")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]
DEFAULT_NUM_SAMPLES = 50  # importance samples
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def evaluate(
    model: Model,
    data: Data = None,
    label: Label = None,
    max_examples: MaxExamples = None,
    scores: Annotated[
        str,
        typer.Option(
            help="Beside likelihood and error: all, none, or some of generative, reconstruction, "
            "latent, compression, with commas between."
        ),
    ] = "all",
    num_samples: Annotated[
        int | None,
        typer.Option(
            help="Importance samples for the log-likelihood; 0 for none. By default "
            f"{DEFAULT_NUM_SAMPLES} where the model has a prior.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn.")] = 0,
    feature_model: Annotated[
        Path | None,
        typer.Option(
            help="A .keras file of a model from examples to features, for their MMD and Frechet "
            "distance; of a model of this package its encoder.",
            show_default=False,
        ),
    ] = None,
    level_width: Annotated[
        float | None,
        typer.Option(
            help="Width of a level of dequantized data, 1/256 for pixels, for bits per dimension.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score a model on data: likelihood in nats, reconstructions, samples, latent, compression."""
    model_file(model)
    features_file = None if feature_model is None else model_file(feature_model)
    start()
    from keras_ae.evaluation import evaluate_model

    trained = load_model(model)
    chosen = choose_examples(trained, model, data, label, max_examples)
    features = None
    if features_file is not None:
        features = _feature_model(features_file, trained.example_shape)
    if num_samples is None:
        num_samples = DEFAULT_NUM_SAMPLES if "posterior" in trained.functions() else 0
    with bad_input():
        result = evaluate_model(
            trained,
            chosen.x,
            num_samples,
            seed,
            include=_groups(scores),
            labels=chosen.labels,
            factors=chosen.factors,
            categorical=chosen.dataset.categorical_factors,
            feature_model=features,
            level_width=level_width,
        )
    if as_json:
        about = {"data": chosen.dataset.name, "part": chosen.part}
        typer.echo(json.dumps(finite({**about, **dataclasses.asdict(result)})))
    else:
        show_scores(result, f"{chosen.dataset.name} ({chosen.part})")


def _groups(scores: str) -> list[str]:
    """Return the groups of scores that --scores names."""
    from keras_ae.evaluation._groups import GROUPS

    if scores in ("all", "none"):
        return list(GROUPS) if scores == "all" else []
    names = [name.strip() for name in scores.split(",")]
    if not set(names) <= set(GROUPS):
        raise BadInput(
            f"--scores: expected all, none, or some of {', '.join(GROUPS)}. Received: {scores}"
        )
    return names


def _feature_model(file: Path, example_shape: tuple[int, ...]) -> Any:
    """Return the Keras model in a file, if it takes such examples."""
    model = load_model(file, any_model=True)
    shape = getattr(model, "example_shape", None) or tuple(getattr(model, "input_shape", ()))[1:]
    if shape != example_shape:
        raise BadInput(
            f"{file}: expected a model of examples of shape {example_shape}. "
            f"Received: one of shape {shape}"
        )
    return model


def finite(value: Any) -> Any:
    """Return a result that JSON can hold: it has no infinity, such as an exact copy's PSNR."""
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def generate(
    model: Model,
    n: Annotated[int, typer.Option("--n", help="How many examples.", min=1)] = 16,
    seed: Annotated[int, typer.Option(help="Seed; one seed gives the same again.", min=0)] = 0,
    output: Output = Path("generated.png"),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make new examples from a model's prior."""
    check_output(output, overwrite)
    model_file(model)
    start()
    from keras_ae import plotting
    from keras_ae.report.shown_examples import channels_of

    trained = load_model(model)
    if trained.prior is None:
        raise BadInput(
            f"{model}: expected a model with a prior to generate from. "
            f"Received: {_article(trained)}"
        )
    x = trained.generate(n, seed)
    channels = channels_of(trained)

    def picture() -> Any:
        return plotting.samples(x, title="Generated", channels=channels)

    write_output(output, {"x": x}, picture)
    _tell(output, {"examples": n}, as_json)


def reconstruct(
    model: Model,
    data: Data = None,
    label: Label = None,
    max_examples: MaxExamples = None,
    n: Annotated[int, typer.Option("--n", help="Examples in a picture.", min=1)] = 10,
    output: Output = Path("reconstructed.png"),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Reconstruct data; the .npz holds `x`, `reconstruction` and `anomaly_score` (nats)."""
    _reconstruct(model, data, label, max_examples, n, output, overwrite, as_json, False, False)


def denoise(
    model: Model,
    data: Data = None,
    label: Label = None,
    max_examples: MaxExamples = None,
    corrupt: Annotated[
        bool, typer.Option("--corrupt", help="Put the model's own noise on the data first.")
    ] = False,
    n: Annotated[int, typer.Option("--n", help="Examples in a picture.", min=1)] = 10,
    output: Output = Path("denoised.png"),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Clean noisy data by a denoising model; the .npz holds `x` and `reconstruction`."""
    _reconstruct(model, data, label, max_examples, n, output, overwrite, as_json, True, corrupt)


def _reconstruct(
    path: Path,
    data: str | None,
    label: str | None,
    max_examples: int | None,
    n: int,
    output: Path,
    overwrite: bool,
    as_json: bool,
    denoising: bool,
    corrupt: bool,
) -> None:
    check_output(output, overwrite)
    model_file(path)
    start()
    from keras_ae import plotting
    from keras_ae.report.shown_examples import channels_of, corrupted_by, first_of_each

    model = load_model(path)
    if denoising and not hasattr(model, "denoise"):
        raise BadInput(f"{path}: expected a denoising model. Received: {_article(model)}")
    chosen = choose_examples(model, path, data, label, max_examples)
    x, corrupted = chosen.x, None
    if corrupt:
        corrupted = corrupted_by(model, x)
        if corrupted is None:
            raise BadInput("--corrupt: expected a model with a corruption of its own input")
    reconstruction = model.reconstruct(x if corrupted is None else corrupted, 128)
    arrays = {"x": x, "reconstruction": reconstruction}
    if corrupted is not None:
        arrays["corrupted"] = corrupted
    if not denoising:
        arrays["anomaly_score"] = model.anomaly_score(x, 128)

    def picture() -> Any:
        names = chosen.label_names
        shown = first_of_each(x, names, n)
        return plotting.reconstructions(
            x[shown],
            reconstruction[shown],
            n=n,
            labels=None if names is None else names[shown],
            corrupted=None if corrupted is None else corrupted[shown],
            title="Denoised" if denoising else "Reconstructions",
            channels=channels_of(model, chosen.dataset),
        )

    write_output(output, arrays, picture)
    _tell(output, {"examples": len(x)}, as_json)


def _article(model: Any) -> str:
    kind = type(model).__name__
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def _tell(output: Path, result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"output": str(output), **result}))
    else:
        typer.echo(f"Written to {output}: {result['examples']:,} examples")
