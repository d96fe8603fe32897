"""The pictures that a training run leaves beside its model."""

from __future__ import annotations

from pathlib import Path

from keras_ae import plotting
from keras_ae.datasets._chosen import choose
from keras_ae.report.shown_examples import (
    draw_reconstructions,
    drawn,
    few_classes,
    first_of_each,
    is_continuous,
    is_drawable,
)
from keras_ae.training import Run

EXAMPLES_IN_A_ROW = 10
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
    shown = first_of_each(x, labels, EXAMPLES_IN_A_ROW)
    figure, _ = draw_reconstructions(model, x[shown], None if labels is None else labels[shown])
    plotting.save(figure, folder / "reconstructions.png")
    if model.prior is not None:
        images = model.generate(SAMPLES, seed=run.config.seed)
        plotting.save(plotting.samples(drawn(model, images)), folder / "samples.png")
    if len(x) > 1 and is_continuous(model):
        named = None if labels is None else few_classes(labels)
        figure = plotting.latent_map(model.encode(x, BATCH_SIZE), named)
        plotting.save(figure, folder / "latent_map.png")
