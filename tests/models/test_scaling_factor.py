"""The scale of latents: a variance of 1 by draws; one factor in every method, file and model."""

import keras
import numpy as np
import pytest

import keras_ae

X = np.random.default_rng(0).random((40, 6, 6, 1)).astype("float32")


def model(**options):
    return keras_ae.create_model("spatial_vae", (6, 6, 1), 2, filters=(4,), seed=0, **options)


@pytest.fixture(scope="module")
def pair():
    """A model with a factor, and the same one before it had any."""
    scaled, before = model(), model()
    for each in (scaled, before):
        random = np.random.default_rng(1)  # the same weights on every backend
        for variable in each.trainable_variables:
            variable.assign(random.normal(scale=0.5, size=variable.shape))
    scaled.fit_scaling_factor(X)
    return scaled, before


def test_latents_drawn_from_the_posteriors_have_unit_variance(pair):
    scaled, before = pair
    draws = np.stack([np.asarray(before.posterior(X).sample(seed=seed)) for seed in range(200)])
    factor = float(scaled.bottleneck.scaling_factor)
    assert not 0.8 < factor < 1.25
    np.testing.assert_allclose(np.std(factor * draws), 1.0, atol=0.01)


@pytest.mark.slow
def test_what_is_called_a_latent_is_scaled_and_nothing_else_changes(pair):
    scaled, before = pair
    factor = float(scaled.bottleneck.scaling_factor)
    latent = before.encode(X)
    np.testing.assert_allclose(scaled.encode(X), factor * latent, rtol=1e-5)
    np.testing.assert_allclose(scaled.decode(factor * latent), before.decode(latent), atol=1e-6)
    noise = np.ones_like(latent)
    drawn = [each.functions()["sample_posterior"](X, noise)["latent"] for each in pair]
    drawn = [keras.ops.convert_to_numpy(each) for each in drawn]
    np.testing.assert_allclose(drawn[0], factor * drawn[1], rtol=1e-5)
    for method, *arguments in (
        ("reconstruct", X),
        ("anomaly_score", X),
        ("generate", 3, 0),
        ("interpolate", X[:2], X[2:4], 3),
        ("log_likelihood", X[:4], 5),
    ):
        ours, theirs = (getattr(each, method)(*arguments) for each in pair)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6, err_msg=method)
    for name in ("mean", "scale"):
        ours, theirs = (np.asarray(getattr(each.posterior(X), name)) for each in pair)
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_training_and_bounds_do_not_depend_on_it(pair):
    logs = []
    for each in pair:
        copy = keras.models.clone_model(each)
        copy.set_weights(each.get_weights())
        copy.compile("adam")
        evaluated = copy.evaluate(X, verbose=0, return_dict=True)
        logs.append({**evaluated, **copy.fit(X, epochs=1, shuffle=False, verbose=0).history})
    assert logs[0] == {name: pytest.approx(value, rel=1e-5) for name, value in logs[1].items()}


def test_it_is_saved_with_the_model(pair, tmp_path):
    scaled, _ = pair
    scaled.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert float(loaded.bottleneck.scaling_factor) == float(scaled.bottleneck.scaling_factor)
    np.testing.assert_array_equal(loaded.encode(X), scaled.encode(X))
    latent = scaled.encode(X)
    np.testing.assert_array_equal(loaded.decode(latent), scaled.decode(latent))


def test_plain_models_speak_of_scaled_latents(pair):
    scaled, _ = pair
    mean, scale = scaled.encoder_model()(X)
    np.testing.assert_allclose(np.asarray(mean), scaled.encode(X), rtol=1e-5, atol=1e-6)
    factor = float(scaled.bottleneck.scaling_factor)
    expected = factor * np.asarray(scaled.posterior(X).scale)
    np.testing.assert_allclose(np.asarray(scale), expected, rtol=1e-5)
    decoded = np.asarray(scaled.decoder_model()(mean))
    np.testing.assert_allclose(decoded, scaled.reconstruct(X), atol=1e-6)


def test_other_bottlenecks_say_that_they_have_none():
    with pytest.raises(ValueError, match="needs a model with a ScaledNormalB.*a NormalBottleneck"):
        keras_ae.create_model("vae", (4,), 2, units=(4,)).fit_scaling_factor(X)
    with pytest.raises(ValueError, match="`x` must have shape"):
        model().fit_scaling_factor(X[:, :4])


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="exports need TensorFlow")
def test_files_of_every_format_have_it(pair, tmp_path):
    from keras_ae.export import export_model, load_artifact

    scaled, _ = pair
    endpoints = ("encode", "decode", "sample_posterior", "generate")
    formats = ("saved_model", "tflite", "onnx")
    export_model(
        scaled,
        tmp_path / "bundle",
        formats=formats,
        endpoints=endpoints,
        sample_data=X,
        verbose=False,
    )
    latent = scaled.encode(X)
    for name in formats:
        with load_artifact(tmp_path / "bundle", format=name) as artifact:
            np.testing.assert_allclose(artifact.run("encode", x=X)["latent"], latent, atol=1e-4)
            decoded = artifact.run("decode", latent=latent)["reconstruction"]
            np.testing.assert_allclose(decoded, scaled.decode(latent), atol=1e-4)
