"""Training is stock `fit`: weights, metrics, callbacks, streams, precision."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from keras_ae.execution import device_data, on_tensorflow
from tests.contract.rows import assert_equal

RNG = np.random.default_rng(3)
X = RNG.random((70, 6)).astype("float32")


def make(name="vae", optimizer="adam", **options):
    compiled = {
        key: options.pop(key)
        for key in ("metrics", "run_eagerly", "jit_compile")
        if key in options
    }
    keras.utils.set_random_seed(0)
    options.setdefault("likelihood", layers.BernoulliLikelihood())
    model = keras_ae.create_model(name, (6,), 2, units=(8,), seed=0, **options)
    model.compile(optimizer, **compiled)
    return model


def test_loss_is_nll_plus_beta_kl_with_a_short_last_batch():
    beta = 3.0
    model = make(beta=beta)
    history = model.fit(X, batch_size=32, epochs=2, validation_data=(X,), verbose=0).history
    for prefix in ("", "val_"):
        loss, nll, kl = (np.array(history[prefix + name]) for name in ("loss", "nll", "kl"))
        np.testing.assert_allclose(loss, nll + beta * kl, rtol=1e-5)
    scores = model.evaluate(X, batch_size=32, verbose=0, return_dict=True)
    np.testing.assert_allclose(scores["loss"], scores["nll"] + beta * scores["kl"], rtol=1e-5)


def test_logged_values_are_means_over_examples_not_batches():
    model = make("autoencoder")
    score = model.anomaly_score(X).mean()
    for batch_size in (70, 64, 9):
        scores = model.evaluate(X, batch_size=batch_size, verbose=0, return_dict=True)
        np.testing.assert_allclose(scores["nll"], score, rtol=1e-5)
        np.testing.assert_allclose(scores["loss"], score, rtol=1e-5)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("autoencoder", marks=pytest.mark.slow),
        "vae",
        pytest.param("sparse", marks=pytest.mark.slow),
    ],
)
def test_weights_of_zero_and_one_equal_dropping_rows(name):
    kept = np.arange(70) % 3 != 0
    weight = kept.astype("float32")
    whole, rows = make(name, "sgd"), make(name, "sgd")
    whole.bottleneck.trainable = rows.bottleneck.trainable = True
    if name == "vae":  # without noise, which would differ with the rows
        for model in (whole, rows):
            model.bottleneck.head.raw_scale.set_weights([np.zeros((8, 2)), np.full(2, -12.0)])
    whole.fit(X, batch_size=70, epochs=3, sample_weight=weight, shuffle=False, verbose=0)
    rows.fit(X[kept], batch_size=70, epochs=3, shuffle=False, verbose=0)
    assert_equal(whole.get_weights(), rows.get_weights(), atol=2e-4)


def test_evaluation_weighs_loss_and_metrics_alike_over_uneven_batches():
    model = make("autoencoder")
    weight = (np.arange(70) % 3 != 0) * 2.5
    scores = model.evaluate(X, sample_weight=weight, batch_size=32, verbose=0, return_dict=True)
    expected = np.average(model.anomaly_score(X), weights=weight)
    np.testing.assert_allclose([scores["loss"], scores["nll"]], expected, rtol=1e-5)


def test_validation_data_may_have_weights_without_targets():
    model = make("autoencoder", run_eagerly=True)
    weight = (np.arange(70) < 10).astype("float32")
    history = model.fit(X, validation_data=(X, None, weight), verbose=0).history
    np.testing.assert_allclose(history["val_nll"], model.anomaly_score(X[:10]).mean(), rtol=1e-4)


def test_user_metrics_see_data_and_reconstruction():
    model = make("autoencoder", metrics=["mse"])
    scores = model.evaluate(X, verbose=0, return_dict=True)
    np.testing.assert_allclose(scores["mse"], np.mean((X - model.reconstruct(X)) ** 2), rtol=1e-4)
    assert list(scores) == ["loss", "mse", "nll"] or set(scores) == {"loss", "mse", "nll"}


def test_a_target_of_its_own_is_what_is_reconstructed():
    model = make("autoencoder", keras.optimizers.Adam(3e-2))
    often = np.tile(X, (60, 1))  # sixty epochs in one
    model.fit(often, 1 - often, batch_size=70, verbose=0)
    assert np.mean((model.reconstruct(X) - (1 - X)) ** 2) < np.mean(
        (model.reconstruct(X) - X) ** 2
    )


def test_callbacks_work_as_in_keras(tmp_path):
    model = make(run_eagerly=True)
    names = keras.callbacks
    callbacks = [
        names.EarlyStopping(monitor="val_loss", patience=0, min_delta=1e6),
        names.ModelCheckpoint(
            tmp_path / "best.keras", monitor="val_nll", mode="min", save_best_only=True
        ),
        names.CSVLogger(tmp_path / "log.csv"),
    ]
    if (
        keras.backend.backend() == "tensorflow"
    ):  # Keras' TensorBoard callback writes with TensorFlow
        callbacks.append(names.TensorBoard(tmp_path / "logs"))
    history = model.fit(X, epochs=9, validation_data=(X,), callbacks=callbacks, verbose=0).history
    assert len(history["loss"]) == 2
    again = keras.saving.load_model(tmp_path / "best.keras")
    assert again.evaluate(X, verbose=0, return_dict=True)["nll"] > 0
    assert (tmp_path / "log.csv").read_text().startswith("epoch,kl,loss,nll,val_kl")


class Crash(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError("crash")


def test_backup_and_restore_continues_bit_for_bit(tmp_path):
    def fit(model, *callbacks):
        return model.fit(X, batch_size=35, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)

    whole, broken, resumed = (make(run_eagerly=True) for _ in range(3))
    fit(whole)
    with pytest.raises(RuntimeError, match="crash"):
        fit(broken, keras.callbacks.BackupAndRestore(tmp_path / "backup"), Crash(1))
    history = fit(resumed, keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    assert history.epoch == [1]
    assert_equal(whole.get_weights(), resumed.get_weights())


@pytest.mark.slow
def test_streams_train_like_arrays():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 7

        def __getitem__(self, index):
            return (X[10 * index : 10 * index + 10],)

    def generator():
        while True:
            for start in range(0, 70, 10):
                yield (X[start : start + 10],)

    arrays, model = make("autoencoder", "sgd"), make("autoencoder", "sgd")
    start = model.get_weights()
    arrays.fit(X, batch_size=10, shuffle=False, epochs=2, verbose=0)
    streams = [Batches(), generator()]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        streams.append(tf.data.Dataset.from_tensor_slices(X).batch(10))
    for stream in streams:
        model.set_weights(start)
        steps = 7 if stream is streams[1] else None
        model.fit(stream, steps_per_epoch=steps, epochs=2, shuffle=False, verbose=0)
        assert_equal(arrays.get_weights(), model.get_weights(), atol=1e-5)


def test_compile_is_restored_by_loading(tmp_path):
    model = make(optimizer=keras.optimizers.Adam(0.0123), metrics=["mae"], run_eagerly=True)
    model.fit(X, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert float(again.optimizer.learning_rate) == pytest.approx(0.0123)
    assert int(again.optimizer.iterations) == 3
    assert "mae" in again.evaluate(X, verbose=0, return_dict=True)


@pytest.mark.parametrize("jit", [True, False])
def test_loading_restores_whether_xla_compiles(jit, tmp_path):
    make(jit_compile=jit).save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").jit_compile is jit


def test_the_penalties_of_layers_of_ones_own_are_in_the_loss():
    encoder = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.5))]
    )
    model = keras_ae.Autoencoder(
        encoder, layers.DenseBottleneck(2), layers.dense_decoder((6,), 2, units=(4,))
    )
    model.compile("adam")
    scores = model.evaluate(X, verbose=0, return_dict=True)
    kernel = keras.ops.convert_to_numpy(encoder.layers[0].kernel)
    np.testing.assert_allclose(scores["loss"] - scores["nll"], 0.5 * np.sum(kernel**2), rtol=1e-4)


def test_what_keras_counts_batches_by_is_not_tuned():
    """Closing an iterator of a tuned dataset may wait as long as the iterator was open."""
    data = device_data.hold(X, None, None, 32)
    dataset = on_tensorflow.counter(data)
    assert dataset.options().autotune.enabled is False
    assert int(dataset.cardinality()) == -(-len(X) // 32)
