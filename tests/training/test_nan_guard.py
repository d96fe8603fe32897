import keras
import numpy as np
import pytest

from keras_ae.training import NaNGuard, NonFiniteLossError


def fail(model, x, **options):
    with pytest.raises(NonFiniteLossError) as caught:
        model.fit(x, batch_size=16, verbose=0, callbacks=[NaNGuard()], **options)
    return caught.value


def test_too_large_a_learning_rate_is_named(vae, x):
    error = fail(vae(optimizer=keras.optimizers.SGD(1e4), run_eagerly=True), x, epochs=9)
    assert "learning_rate=10000 is too large" in error.cause
    assert (error.epoch, error.step) <= (2, 4)
    assert not all(np.isfinite(list(error.terms.values())))
    assert "\n" not in str(error)


class Batches(keras.utils.PyDataset):
    """Batches of which one has a NaN."""

    def __init__(self, x, spoilt):
        super().__init__()
        self.x, self.spoilt = x, spoilt

    def __len__(self):
        return 4

    def __getitem__(self, index):
        batch = self.x[16 * index : 16 * (index + 1)].copy()
        if index == self.spoilt:
            batch[3, 2] = np.nan
        return (batch,)


@pytest.mark.slow
def test_the_step_of_a_nan_in_a_stream_is_told(vae, x):
    model = vae()
    with pytest.raises(NonFiniteLossError) as caught:
        model.fit(Batches(x, 2), shuffle=False, verbose=0, callbacks=[NaNGuard()])
    error = caught.value
    assert (error.epoch, error.step) == (1, 3)
    assert set(error.terms) == {"nll", "kl"}
    assert "values in the data that aren't finite" in error.cause
    assert str(error).startswith(
        "Training stopped at the first loss that isn't finite: epoch 1, step 3, "
    )


def test_data_of_a_huge_scale_are_named(vae, x):
    error = fail(vae(run_eagerly=True), np.float32(1e30) * x)
    assert (error.epoch, error.step) == (1, 1)
    assert (
        error.cause == "values in the data that are too large for the model: scale them to about 1"
    )


def test_a_validation_loss_is_looked_at(vae, x):
    error = fail(vae(run_eagerly=True), x, validation_data=(np.float32(1e30) * x,))
    assert (error.epoch, error.step) == (1, None)
    assert "epoch 1, validation, " in str(error)


@pytest.mark.parametrize(
    ("terms", "cause"),
    [
        ({"nll": 5.0, "kl": np.inf}, "learning_rate=0.5 is too large, as the KL overflowed"),
        ({"nll": np.nan, "kl": 5.0}, "a learned scale that fell to 0, or learning_rate=0.5"),
        ({"nll": np.nan, "kl": np.nan}, "values in the data that aren't finite"),
    ],
)
def test_the_term_tells_the_cause(vae, terms, cause):
    guard = NaNGuard()
    guard.set_model(vae(optimizer=keras.optimizers.Adam(0.5)))
    guard.on_epoch_begin(1)
    guard.on_train_batch_end(0, {"loss": 10.0, "nll": 5.0, "kl": 5.0})
    with pytest.raises(NonFiniteLossError) as caught:
        guard.on_train_batch_end(1, {"loss": np.nan, **terms})
    assert cause in caught.value.cause
    assert (caught.value.epoch, caught.value.step) == (2, 2)


def test_growth_counts_for_losses_below_zero_too(vae):
    guard = NaNGuard()
    guard.set_model(vae())
    guard.on_epoch_begin(0)
    for step, loss in enumerate((-50.0, -60.0, 4e6)):
        guard.on_train_batch_end(step, {"loss": loss})
    with pytest.raises(NonFiniteLossError, match="the loss had grown from -60 to 4e\\+06"):
        guard.on_train_batch_end(3, {"loss": np.nan})


def test_finite_training_is_left_alone(vae, x):
    model = vae(run_eagerly=True)
    history = model.fit(x, validation_data=(x,), verbose=0, callbacks=[NaNGuard()]).history
    assert np.isfinite(history["loss"]).all()
