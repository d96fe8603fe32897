import logging

import keras
import numpy as np
import pytest

from keras_ae.evaluation import active_units
from keras_ae.models import create_model
from keras_ae.training import CollapseMonitor


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, "keras_ae")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "keras_ae"]


@pytest.mark.slow
def test_a_collapsed_model_is_told_once_with_the_remedy(vae, x, warnings):
    model = vae(1000.0, keras.optimizers.Adam(0.03))
    model.fit(np.tile(x, (15, 1)), batch_size=16, verbose=0)
    monitor = CollapseMonitor(x, patience=2)
    logs = model.fit(x, batch_size=16, epochs=4, verbose=0, callbacks=[monitor]).history
    assert logs["val_active_units"][-1] == 0
    (message,) = warnings()
    assert message.startswith("Posterior collapse: 0 of 2 latent dimensions")
    assert "Lower beta (it is 1000), raise it gradually with BetaWarmup" in message


@pytest.mark.slow
def test_a_healthy_model_is_not_flagged(vae, x, warnings):
    model = vae(beta=0.1)
    monitor = CollapseMonitor(x)
    often = np.tile(x, (4, 1))
    logs = model.fit(often, batch_size=16, epochs=5, verbose=0, callbacks=[monitor]).history
    assert logs["val_active_units"][-1] == active_units(model.encode(x)) == 2
    assert (warnings(), monitor.warned) == ([], False)


class Posterior:
    def __init__(self, mean, scale):
        self.mean, self.scale = mean, scale


@pytest.fixture
def judge(vae, x, warnings):
    """Return a function from means and scales of an epoch each to the warnings they lead to."""

    def run(epochs, nll=None, **options):
        model = vae()
        monitor = CollapseMonitor(x, **options)
        monitor.set_model(model)
        monitor.on_train_begin()
        for epoch, (mean, scale) in enumerate(epochs):
            model.posterior = lambda *_, m=mean, s=scale: Posterior(m, s)
            monitor.on_epoch_end(epoch, {"nll": 9.0 if nll is None else nll[epoch]})
        monitor.on_train_end()
        return warnings()

    return run


SPREAD = np.random.default_rng(0).normal(size=(64, 2))
DEAD = (0.01 * SPREAD, np.ones((64, 2)))
ALIVE = (SPREAD, np.full((64, 2), 0.1))
HALF = (SPREAD * [1.0, 0.01], np.ones((64, 2)))


def test_unused_dimensions_beside_used_ones_are_no_collapse(judge):
    assert judge([HALF] * 5) == []


def test_they_are_if_more_must_be_alive(judge):
    assert "1 of 2" in judge([HALF] * 5, minimum=2)[0]


def test_a_small_prior_is_no_collapse(judge):
    assert judge([(0.05 * SPREAD, np.full((64, 2), 0.01))] * 5) == []


def test_a_dead_beginning_that_passes_is_no_collapse(judge):
    assert judge([DEAD, DEAD, DEAD, ALIVE], nll=[90.0, 70.0, 60.0, 55.0]) == []


def test_a_collapse_late_in_training_is_told_when_it_lasts(judge):
    (message,) = judge([ALIVE, ALIVE, DEAD, DEAD, DEAD])
    assert "(since epoch 3)" in message


def test_a_collapse_at_the_end_is_told(judge):
    (message,) = judge([ALIVE, DEAD])
    assert "at the end of training" in message


def test_other_models_and_arguments_are_refused(x):
    model = create_model("autoencoder", (6,), latent_dim=2, units=(8,))
    model.compile("adam")
    with pytest.raises(
        TypeError, match=r"needs an autoencoder with a posterior. Received: .* Autoencod"
    ):
        model.fit(x, verbose=0, callbacks=[CollapseMonitor(x)])
    with pytest.raises(ValueError, match=r"`x` must be an array of at least 2 .* shape=\(1, 6\)"):
        CollapseMonitor(x[:1])
    with pytest.raises(ValueError, match="`patience` must be an integer >= 1"):
        CollapseMonitor(x, patience=0)
    with pytest.raises(TypeError, match="`threshold` must be a number"):
        CollapseMonitor(x, threshold="low")
