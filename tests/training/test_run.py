import json
import os
import resource
import signal

import keras
import numpy as np
import pytest

from keras_ae.evaluation import code_nll, evaluate_model
from keras_ae.training import (
    NonFiniteLossError,
    TrainingConfig,
    TrainingInterruptedError,
    read_options,
    run,
    saved_config,
)

SPLIT = {"validation_fraction": 0.1, "test_fraction": 0.2}


class At(keras.callbacks.Callback):
    """Do something at the end of a batch."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self.place, self.action, self.epoch = (epoch, batch), action, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            self.action()


class KilledError(Exception):
    pass


def kill():
    raise KilledError


def same(one, other):
    return all((a == b).all() for a, b in zip(one, other, strict=True))


def variables(path):
    model = keras.models.load_model(path / "model.keras")
    return [keras.ops.convert_to_numpy(v) for v in [*model.variables, *model.optimizer.variables]]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            {"beta_warmup": 1.5, "early_stopping": 1, "epochs": 4, **SPLIT},
            marks=pytest.mark.slow,
        ),
        {"model": "stacked", "units": (), "pretrain_epochs": 1},
        pytest.param({"model": "denoising", "batch_size": 50}, marks=pytest.mark.slow),
        pytest.param({"units": None, "filters": (4, 8)}, marks=pytest.mark.slow),
        pytest.param({"precision": "mixed_bfloat16", "jit": True}, marks=pytest.mark.slow),
    ],
    ids=["warmup, early stopping", "stacked", "denoising", "convolutions", "bfloat16, XLA"],
)
def test_a_resumed_run_is_the_unbroken_one_bit_for_bit(config, tmp_path, options):
    options = config(**options)
    whole = run(options, tmp_path / "whole", verbose=0)
    with pytest.raises(KilledError):
        run(options, tmp_path / "broken", verbose=0, callbacks=[At(1, 1, kill)])
    assert not (tmp_path / "broken").exists()
    resumed = run(options, tmp_path / "broken", verbose=0, resume=True)
    assert same(variables(tmp_path / "whole"), variables(tmp_path / "broken"))
    assert (whole.state.history, whole.scores) == (resumed.state.history, resumed.scores)


def test_a_run_leaves_all_that_is_needed_to_repeat_it(config, tmp_path):
    first = run(config(**SPLIT), tmp_path / "vae", verbose=0)
    folder = tmp_path / "vae"
    record = json.loads((folder / "run.json").read_text())
    assert record["data"]["name"] == "digits"
    assert len(record["data"]["sha256"]) == 64
    backend = keras.backend.backend()
    assert {"python", "keras", "keras_ae", "numpy", backend} <= set(record["versions"])
    metrics = json.loads((folder / "metrics.json").read_text())
    loaded = keras.models.load_model(folder / "model.keras")
    scores = evaluate_model(loaded, first.examples.test)
    assert metrics["test"]["elbo"] == pytest.approx(scores.elbo, rel=1e-6)
    history = json.loads((folder / "history.json").read_text())
    assert {"loss", "val_loss", "val_active_units"} <= set(history)
    assert len(history["loss"]) == metrics["epochs"] == 2
    # The saved configuration is one to start from.
    again = TrainingConfig.from_options(read_options(folder / "config.yaml"))
    second = run(again, tmp_path / "again", verbose=0)
    assert second.state.history == first.state.history


@pytest.mark.slow
def test_a_run_fits_a_prior_over_codes(config, tmp_path):
    options = {"model": "vq_vae", "filters": (4,), "units": None, "code_prior_epochs": 1, **SPLIT}
    done = run(config(**options), tmp_path / "vq", verbose=0)
    assert set(done.code_prior) >= {"nll", "bits", "val_nll", "val_bits"}
    metrics = json.loads((tmp_path / "vq" / "metrics.json").read_text())
    assert metrics["code_prior"] == done.code_prior
    loaded = keras.models.load_model(tmp_path / "vq" / "model.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), done.model.generate(2, seed=0))
    nll = code_nll(loaded, done.examples.validation)
    assert nll.mean() == pytest.approx(metrics["code_prior"]["val_nll"], rel=1e-4)


@pytest.mark.slow
def test_ctrl_c_leaves_a_usable_model_and_the_run_goes_on(config, tmp_path):
    """Also for more epochs than the run was begun with."""
    press = At(0, 1, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(TrainingInterruptedError) as caught:
        run(config(), tmp_path / "vae", verbose=0, callbacks=[press])
    assert caught.value.place == "in epoch 1, step 2 of 4"
    assert signal.getsignal(signal.SIGINT) is before
    assert keras.models.load_model(caught.value.model).generate(2, seed=0).shape == (2, 8, 8, 1)
    longer = run(config(epochs=3), tmp_path / "vae", verbose=0, resume=True)
    assert longer.state.epoch == len(longer.state.history["loss"]) == 3
    assert read_options(tmp_path / "vae" / "config.yaml")["epochs"] == 3


def test_nan_stops_the_run_and_keeps_the_last_complete_epoch(config, tmp_path):
    # Adam's steps have the length of its rate, so the first epoch goes well and the second not.
    class Faster(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.optimizer.learning_rate.assign(1e18)

    with pytest.raises(NonFiniteLossError, match=r"epoch 2, step \d"):
        run(config(), tmp_path / "vae", verbose=0, callbacks=[Faster()])
    kept = keras.models.load_model(tmp_path / "vae.partial" / "epoch_0001.keras")
    assert all(np.isfinite(weights).all() for weights in kept.get_weights())


@pytest.fixture
def broken(config, tmp_path):
    """Return the directory of a run of a data file, killed in its second epoch."""
    np.save(tmp_path / "data.npy", np.random.default_rng(0).uniform(size=(60, 4, 4)))
    options = config(data=str(tmp_path / "data.npy"))
    with pytest.raises(KilledError):
        run(options, tmp_path / "vae", verbose=0, callbacks=[At(1, 0, kill)])
    return tmp_path / "vae"


@pytest.mark.slow
def test_what_a_resumed_run_must_not_change(config, broken):
    saved = saved_config(broken)
    with pytest.raises(ValueError, match=r"`seed` must be that of the run to resume, 0. Rec"):
        run(config(data=saved.data, validation_fraction=0.0, seed=1), broken, resume=True)
    with pytest.raises(ValueError, match=r"vae.partial: .* Received: an unfinished run"):
        run(saved, broken)
    np.save(saved.data, np.random.default_rng(1).uniform(size=(60, 4, 4)))
    with pytest.raises(ValueError, match="expected the data of the run to resume, sha256 "):
        run(saved, broken, resume=True)
    assert (broken.with_name("vae.partial") / "epoch_0001.keras").exists()


def test_there_must_be_a_run_to_resume(config, tmp_path):
    with pytest.raises(ValueError, match=r"vae.partial: expected an unfinished run. Rec"):
        run(config(), tmp_path / "vae", resume=True)


def test_bad_data_leave_nothing_behind(config, tmp_path):
    spoilt = np.random.default_rng(0).uniform(size=(60, 4))
    spoilt[7, 2] = np.nan
    np.save(tmp_path / "data.npy", spoilt)
    expected = r"data.npy: x` must be finite. Received: 1 NaN of 240 values, first at \(7, 2\)"
    with pytest.raises(ValueError, match=expected):
        run(config(data=str(tmp_path / "data.npy")), tmp_path / "vae")
    assert [path.name for path in tmp_path.iterdir()] == ["data.npy"]


@pytest.mark.slow
def test_a_disk_that_fills_up_in_training_keeps_the_last_complete_epoch(config, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Full(keras.callbacks.Callback):
        """From the second epoch on no file can grow: the system refuses to write more."""

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))

    try:
        with pytest.raises(OSError, match="too large"):
            run(config(), tmp_path / "vae", verbose=0, callbacks=[Full()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    resumed = run(config(), tmp_path / "vae", verbose=0, resume=True)
    assert resumed.state.epoch == 2
