"""Models of images of any size: made, saved and used on several; one line where they can't."""

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import layers

OPTIONS = {"network": "resnet", "filters": (4,), "seed": 0}


def model(**options):
    return keras_ae.create_model("spatial_vae", (None, None, 1), 2, **{**OPTIONS, **options})


def images(height, width, examples=6):
    return np.random.default_rng(0).random((examples, height, width, 1)).astype("float32")


@pytest.fixture(scope="module")
def made():
    return model()


@pytest.mark.slow
def test_it_trains_and_is_evaluated():
    autoencoder = model()
    autoencoder.compile("adam")
    x = images(8, 12)
    logs = autoencoder.fit(x, validation_data=(x,), epochs=5, verbose=0).history
    assert np.isfinite([*logs["val_loss"], *logs["kl"]]).all()
    assert logs["loss"][-1] < logs["loss"][0]
    for height, width in ((8, 12), (20, 2)):
        x = images(height, width)
        assert np.isfinite(autoencoder.evaluate(x, verbose=0)).all()
        predicted = autoencoder.predict(x, verbose=0)
        np.testing.assert_allclose(predicted, autoencoder.reconstruct(x), atol=1e-6)


@pytest.mark.slow
def test_one_model_takes_images_of_several_sizes(made, tmp_path):
    for height, width in ((8, 12), (20, 2)):
        x = images(height, width)
        codes = made.encode(x)
        assert codes.shape == made.posterior(x).scale.shape == (6, height // 2, width // 2, 2)
        assert made.reconstruct(x).shape == x.shape
        np.testing.assert_allclose(made.reconstruct(x), made.decode(codes), atol=1e-6)
        assert made.anomaly_score(x).shape == (6,)
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(x), made.reconstruct(x))


@pytest.mark.slow
def test_it_computes_what_the_model_of_one_size_does(made):
    fixed = keras_ae.create_model("spatial_vae", (8, 12, 1), 2, **OPTIONS)
    for part in ("encoder", "bottleneck", "decoder"):
        getattr(fixed, part).set_weights(getattr(made, part).get_weights())
    x = images(8, 12)
    np.testing.assert_allclose(fixed.encode(x), made.encode(x), atol=1e-6)
    np.testing.assert_allclose(fixed.anomaly_score(x), made.anomaly_score(x), rtol=1e-4)


@pytest.mark.parametrize("shape", [(9, 12), (1, 1)])
@pytest.mark.parametrize("method", ["encode", "reconstruct", "fit", "anomaly_score"])
def test_a_size_that_would_not_come_back_is_refused(made, method, shape):
    words = rf"`x` must have a height and a width .*shape=\(6, {shape[0]}, {shape[1]}, 1\)"
    with pytest.raises(ValueError, match=words) as caught:
        getattr(made, method)(images(*shape))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda model: model.generate(2), "`generate` needs a model of images of one size"),
        (lambda model: model.log_likelihood(images(8, 8)), "`log_likelihood` needs a model of im"),
        (lambda model: model.encode(images(8, 8)[..., [0, 0]]), r"\(examples, any, any, 1\)"),
        (lambda model: model.interpolate(images(8, 8), images(8, 4)), "must be of one size"),
    ],
)
def test_what_needs_one_size_says_so(made, call, words):
    with pytest.raises(ValueError, match=words):
        call(made)


def test_a_prior_of_known_size_is_refused():
    with pytest.raises(ValueError, match="MixturePrior must have a code of a known shape"):
        model(prior=layers.MixturePrior(2))


def test_other_networks_and_recipes_take_one_size():
    with pytest.raises(ValueError, match="`input_shape` must have a height and a width"):
        keras_ae.create_model("vae", (None, None, 1), 2, network="resnet")
    for options in ({}, {"units": (8,)}):
        with pytest.raises((TypeError, ValueError), match="`input_shape` must be a tuple of posi"):
            keras_ae.create_model("vae", (None, None, 1), 2, **options)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="exports need TensorFlow")
def test_an_export_needs_one_size(tmp_path):
    from keras_ae.export import export_model

    with pytest.raises(
        ValueError, match=r"`model` must be of images of one size.*\(None, None, 1"
    ):
        export_model(model(), tmp_path / "bundle", sample_data=images(8, 8), verbose=False)
    assert not any(tmp_path.iterdir())
