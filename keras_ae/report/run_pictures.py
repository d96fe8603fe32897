"""The pictures that a training run leaves beside its model."""

from __future__ import annotations

from pathlib import Path

from keras_ae import plotting
from keras_ae.datasets._chosen import choose
from keras_ae.report.shown_examples import (
    channels_of,
    draw_reconstructions,
    few_classes,
    first_of_each,
    is_continuous,
    is_drawable,
    spread,
)
from keras_ae.training import Run

EXAMPLES_IN_A_ROW = 10
WINDOWS = 6  # of a series, which take a row of panels a channel
MAX_TRAINING_EXAMPLES = 2000  # in the latent map, where there are no test examples
SAMPLES = 64
BATCH_SIZE = 256


def draw_pictures(run: Run, folder: Path) -> None:
    """Write training curves, and for data that can be drawn reconstructions, samples, latents.

    Args:
        run: The trained `Run`.
        folder: Path of the folder to write in.
    """
    model, chosen = run.model, choose(run.examples.dataset)
    penalties = [each.metric_name for each in model.penalties]
    curves = plotting.training_curves(run.state.history, penalties=penalties)
    plotting.save(curves, folder / "training_curves.png")
    if not is_drawable(model):
        return
    x, labels = chosen.x, chosen.label_names
    if chosen.part == "all":
        x = x[:MAX_TRAINING_EXAMPLES]
        labels = None if labels is None else labels[: len(x)]
    channels = channels_of(model, chosen.dataset)
    if channels is None:
        shown = first_of_each(x, labels, EXAMPLES_IN_A_ROW)
    else:
        shown = spread(len(x), WINDOWS)
    some = None if labels is None else labels[shown]
    figure, _ = draw_reconstructions(model, x[shown], some, channels)
    plotting.save(figure, folder / "reconstructions.png")
    if model.prior is not None:
        made = model.generate(SAMPLES if channels is None else WINDOWS, seed=run.config.seed)
        plotting.save(plotting.samples(made, channels=channels), folder / "samples.png")
    if len(x) > 1 and is_continuous(model):
        named = None if labels is None else few_classes(labels)
        figure = plotting.latent_map(model.encode(x, BATCH_SIZE), named)
        plotting.save(figure, folder / "latent_map.png")
