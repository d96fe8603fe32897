"""Bad data: one clear line before the first step, and nothing trained."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers
from tests.contract.rows import assert_equal

X = np.random.default_rng(4).random((20, 6)).astype("float32")


@pytest.fixture(scope="module")
def model():
    model = keras_ae.create_model(
        "vae", (6,), 2, units=(4,), likelihood=layers.BernoulliLikelihood(), seed=0
    )
    model.compile("adam", run_eagerly=True)  # most data are refused before the first step
    return model


def spoiled(value):
    x = X.copy()
    x[3, 2] = x[7, 1] = value
    return x


BAD = {
    "rank": (X[0], r"`x` must have shape \(examples, 6\). Received: shape=\(6,\)"),
    "size": (X[:, :5], r"`x` must have shape \(examples, 6\). Received: shape=\(20, 5\)"),
    "empty": (X[:0], r"`x` must .*no axis of size 0.*Received: .*\(0, 6\)"),
    "nan": (spoiled(np.nan), r"`x` must .*finite.*2 NaN of 120 values.*\(3, 2\)"),
    "infinity": (spoiled(np.inf), r"`x` must .*finite.*2 infinite of 120 values.*\(3, 2\)"),
    "range": (3 * X, r"`x` must .*\[0(\.0)?, 1(\.0)?\]"),
    "bytes": ((255 * X).astype("uint8"), r"`x` must .*\[0, 1\].*divide by 255"),
    "strings": (X.astype(str), r"`x` must be an array of numbers. Received: dtype=<U"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("call", ["fit", "evaluate", "anomaly_score", "log_likelihood"])
def test_bad_arrays_are_refused(model, call, case):
    x, message = BAD[case]
    before = model.get_weights()
    with pytest.raises(ValueError, match=message) as caught:
        getattr(model, call)(x)
    assert "\n" not in str(caught.value)
    assert_equal(before, model.get_weights())


@pytest.mark.parametrize("case", BAD)
def test_bad_validation_data_is_refused_before_training(model, case):
    x, message = BAD[case]
    steps = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
    with pytest.raises(ValueError, match=message.replace("`x`", "`validation_data`")):
        model.fit(X, validation_data=(x,), verbose=0)
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == steps


@pytest.mark.parametrize("y", [np.arange(20), np.zeros((20, 3)), X[:, :5]])
def test_labels_passed_by_mistake_are_explained(model, y):
    with pytest.raises(
        ValueError, match=r"`y` must have the reconstruction's shape.*call fit\(x\)"
    ):
        model.fit(X, y, verbose=0)


def streams(batch):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return batch

    yield Batches()
    yield (batch for _ in range(2))
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        yield tf.data.Dataset.from_tensors(batch).repeat(2)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((spoiled(np.nan),), "first batch of x"),
        ((3 * X,), "first batch of x"),
        ((X[:, :5],), "first batch of x"),
        ((X, np.arange(20)), r"`y` must have the reconstruction's shape.*call fit\(x\)"),
    ],
)
def test_streams_are_checked_by_their_first_batch(model, batch, message):
    for stream in streams(batch):
        with pytest.raises(ValueError, match=message):
            model.fit(stream, verbose=0)


def test_looking_at_a_generator_loses_no_batch(model):
    seen = []

    def generator():
        for index in range(4):
            seen.append(index)
            yield (X,)

    history = model.fit(generator(), steps_per_epoch=4, shuffle=False, verbose=0)
    assert seen == [0, 1, 2, 3]
    assert len(history.history["loss"]) == 1


def test_preprocessed_values_are_what_must_be_in_range():
    model = keras_ae.create_model(
        "autoencoder",
        (6,),
        2,
        units=(4,),
        likelihood=layers.BernoulliLikelihood(),
        preprocessor=keras.layers.Rescaling(1 / 255),
    )
    model.compile("adam", run_eagerly=True)
    model.fit((255 * X).astype("uint8"), verbose=0)
    with pytest.raises(ValueError, match="preprocessed x"):
        model.fit(300 * X + 200, verbose=0)


def test_lists_and_data_frames_are_arrays(model):
    class Frame:
        """What a data frame offers: the same as pandas, which is no dependency."""

        def to_numpy(self):
            return X

        def __array__(self, dtype=None, copy=None):
            return np.array(X, dtype=dtype, copy=copy)

    expected = model.evaluate(X, verbose=0)
    assert model.evaluate(X.tolist(), verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(Frame(), verbose=0) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(model.encode(X.tolist()), model.encode(X), atol=1e-6)
    with pytest.raises(ValueError, match=r"`x` must have shape \(examples, 6\)"):
        model.fit([[1.0, 2.0]], verbose=0)


def weights(value=1.0, size=20):
    made = np.ones(size)
    made[3 % size] = value
    return made


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (weights(np.nan), r"must be finite.*1 NaN.*first at \(3,\)"),
        (weights(np.inf), r"must be finite.*1 infinite"),
        (
            weights(-0.5),
            r"must be numbers >= 0\. Received: 1 of 20 below 0, first -0\.5 at \(3,\)",
        ),
        (weights(size=19), r"as many weights as there are examples, 20\. .*\(19,\)"),
        (np.ones((20, 1)), r"must weigh whole examples.*\(20, 1\)"),
        (np.ones((20, 6)), r"whole examples: shape \(examples,\)\. .*\(20, 6\)"),
        (np.array(["a"] * 20), "must be an array of numbers"),
    ],
    ids=["nan", "infinity", "negative", "length", "rank", "parts", "strings"],
)
def test_bad_weights_are_refused_before_the_first_step(model, bad, message):
    import tensorflow as tf

    before = model.get_weights()
    stream = tf.data.Dataset.from_tensors((X, X, np.resize(bad, 20) if bad.ndim < 2 else bad))
    calls = {
        "fit": lambda: model.fit(X, sample_weight=bad, verbose=0),
        "validation": lambda: model.fit(X, validation_data=(X, None, bad), verbose=0),
        "evaluate": lambda: model.evaluate(X, sample_weight=bad, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(X, sample_weight=bad),
        "test_on_batch": lambda: model.test_on_batch(X, sample_weight=bad),
    }
    if len(bad) == 20:
        calls["stream"] = lambda: model.fit(stream, verbose=0)
        calls["validation stream"] = lambda: model.fit(X, validation_data=stream, verbose=0)
    for name, call in calls.items():
        with pytest.raises(ValueError, match=message) as caught:
            call()
        assert "sample_weight" in str(caught.value), name
    assert_equal(before, model.get_weights())


def test_weights_of_zero_are_weights(model):
    """A batch that counts for nothing gives no gradient, and no NaN."""
    model.fit(X, sample_weight=np.zeros(20), verbose=0)
    assert all(np.isfinite(each).all() for each in model.get_weights())


@pytest.mark.parametrize("data", [(X, X), {"x": X}], ids=["tuple", "dict"])
def test_several_arrays_are_refused(model, data):
    with pytest.raises(TypeError, match=r"`x` must be one array.*call fit\(x\)"):
        model.fit(data, verbose=0)


def test_predict_looks_at_the_first_batch_of_a_stream():
    model = keras_ae.create_model("autoencoder", (3,), latent_dim=2, units=(4,), seed=0)
    x = np.random.default_rng(0).random((4, 3)).astype("float32")
    with pytest.raises(ValueError, match="`first batch of x` must be finite"):
        model.predict((np.full((2, 3), np.nan, "float32") for _ in range(2)), verbose=0)
    with pytest.raises((TypeError, ValueError), match="`first batch of x`"):
        model.predict(iter(range(2)), verbose=0)
    batches = ((x[start : start + 2],) for start in (0, 2))
    np.testing.assert_allclose(
        model.predict(batches, steps=2, verbose=0), model.reconstruct(x), rtol=1e-5, atol=1e-6
    )
