import dataclasses

import keras
import numpy as np
import pytest

from keras_ae.training.checkpoint import Checkpoint, State, best_epoch, write_text
from keras_ae.training.epoch_keeper import EpochKeeper


class Model:
    """Writes a file, as a model does; may fail in the middle of it."""

    def __init__(self, fails=False):
        self.fails = fails
        self.stop_training = False

    def save(self, path):
        path.write_text("half")
        if self.fails:
            raise OSError(28, "No space left on device")
        path.write_text("whole")


def test_a_save_that_fails_leaves_the_epoch_before(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    before = checkpoint.save(Model(), State(1, "", {"loss": [2.0]}))
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(Model(fails=True), State(2, "", {"loss": [2.0, 1.0]}))
    assert checkpoint.load() == before
    assert (tmp_path / before.model).read_text() == "whole"


def test_numbers_survive_bit_for_bit(tmp_path):
    loss = [float(np.float32(1) / np.float32(3)), 1e-300, 0.1 + 0.2]
    Checkpoint(tmp_path).save(Model(), State(3, "", {"loss": loss}, seconds=0.1))
    assert Checkpoint(tmp_path).load().history["loss"] == loss


def test_there_may_be_none_yet(tmp_path):
    assert Checkpoint(tmp_path).load() is None


def run(tmp_path, losses, first, patience=None):
    """Return the keeper after epochs with these validation losses, and the files left."""
    keeper = EpochKeeper(Checkpoint(tmp_path, first), State(0, "", {}), patience)
    keeper.set_model(Model())
    keeper.on_train_begin()
    for epoch, loss in enumerate(losses):
        keeper.on_epoch_end(epoch, {"val_loss": loss})
        if keeper.model.stop_training:
            break
    return keeper, sorted(path.name for path in tmp_path.glob("*.keras"))


def test_the_best_epoch_is_kept_beside_the_last(tmp_path):
    keeper, files = run(tmp_path, [5.0, 3.0, 4.0, 3.5], first=1)
    assert (keeper.state.best, keeper.state.model) == ("epoch_0002.keras", "epoch_0004.keras")
    assert files == ["epoch_0002.keras", "epoch_0004.keras"]


def test_epochs_of_the_warmup_cannot_be_the_best(tmp_path):
    keeper, files = run(tmp_path, [1.0, 2.0, 4.0, 3.5], first=3)
    assert keeper.state.best == keeper.state.model == "epoch_0004.keras"
    assert files == ["epoch_0004.keras"]


def test_stops_when_the_best_epoch_is_long_ago(tmp_path):
    keeper, _ = run(tmp_path, [5.0, 3.0, 4.0, 3.5, 2.0, 2.0], first=1, patience=2)
    assert (keeper.state.epoch, keeper.finished()) == (4, True)
    again = EpochKeeper(keeper.checkpoint, keeper.checkpoint.load(), 2)
    assert again.finished()


def test_seconds_add_up_over_interruptions(tmp_path):
    keeper = EpochKeeper(Checkpoint(tmp_path), State(1, "", {"loss": [1.0]}, seconds=100.0))
    keeper.set_model(Model())
    keeper.on_train_begin()
    keeper.on_epoch_end(1, {"loss": 0.5})
    assert 100.0 < keeper.state.seconds < 101.0
    assert keeper.state.history == {"loss": [1.0, 0.5]}


@pytest.mark.parametrize(
    ("losses", "first", "best"),
    [([3.0, 1.0, 2.0], 1, 2), ([1.0, 1.0], 1, 1), ([1.0, 3.0, 2.0], 2, 3), ([1.0], 2, None)],
)
def test_best_epoch(losses, first, best):
    assert best_epoch({"val_loss": losses}, first) == best


def test_text_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "config.yaml"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["config.yaml"]


def test_a_checkpoint_restores_optimizer_and_noise(tmp_path, vae, x):
    model = vae(run_eagerly=True)
    model.fit(x, verbose=0)
    state = Checkpoint(tmp_path).save(model, State(1, "", {}))
    assert dataclasses.asdict(state)["epoch"] == 1
    loaded = keras.models.load_model(tmp_path / state.model)
    for fitted in (model, loaded):
        fitted.fit(x, shuffle=False, verbose=0)
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
