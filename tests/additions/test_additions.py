"""A new penalty, a new kind of code: new files, and all that a model can do works with them."""

import json

import keras
import numpy as np
import pytest

import keras_ae
from keras_ae import cli, layers, training
from keras_ae.estimators import AnomalyDetector
from keras_ae.evaluation import evaluate_model
from keras_ae.models import registry
from tests.additions import mmd_penalty
from tests.additions.mmd_penalty import MMDPenalty
from tests.additions.spatial_quantizer import SpatialQuantizer

IMAGE, VECTOR = (8, 8, 1), (6,)
RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def recipe():
    mmd_penalty.register()
    yield
    del registry._RECIPES["wae_mmd"]


def wae():
    return keras_ae.create_model("wae_mmd", VECTOR, 2, units=(8,), seed=0)


def vae_without_a_kl():
    penalty = [MMDPenalty(5.0, seed=1), layers.L1Penalty(0.01)]
    return keras_ae.create_model("vae", VECTOR, 2, units=(8,), penalty=penalty, seed=0)


def info_vae():
    penalty = [layers.KLPenalty(0.1), MMDPenalty(5.0, seed=1)]
    return keras_ae.create_model("vae", VECTOR, 2, units=(8,), penalty=penalty, seed=0)


def iwae_without_a_kl():
    penalty = MMDPenalty(5.0, seed=1)
    return keras_ae.create_model("iwae", VECTOR, 2, units=(8,), penalty=penalty, seed=0)


def quantized():
    return keras_ae.Autoencoder(
        layers.conv_encoder(IMAGE, (4,), spatial=True, seed=0),
        SpatialQuantizer(3, codes=6, seed=0),
        layers.conv_decoder(IMAGE, 3, (4,), spatial=True, seed=0),
    )


MODELS = {
    make.__name__: (make, names, is_bound)
    for make, names, is_bound in (
        (wae, ["mmd"], False),
        (vae_without_a_kl, ["mmd", "sparsity"], False),
        (info_vae, ["kl", "mmd"], True),
        (iwae_without_a_kl, ["mmd"], False),
        (quantized, ["commitment"], False),
    )
}
# These combine what the others show one by one.
SLOW = {"vae_without_a_kl", "info_vae", "iwae_without_a_kl"}
EACH = pytest.mark.parametrize(
    ("make", "names", "is_bound"),
    [
        pytest.param(*model, id=name, marks=[pytest.mark.slow] * (name in SLOW))
        for name, model in MODELS.items()
    ],
)


def data(model, count=48):
    shape = model.example_shape
    patterns = np.random.default_rng(1).random((3, *shape)) > 0.5
    return patterns[np.arange(count) % 3].astype("float32")


@EACH
def test_it_trains_and_everything_says_what_the_loss_is_made_of(make, names, is_bound, tmp_path):
    model = make()
    x = data(model)
    # Few steps are quicker eager on TensorFlow; the kind of code that is new is compiled too.
    eager = keras.backend.backend() == "tensorflow" and make is not quantized
    model.compile(keras.optimizers.Adam(1e-2), run_eagerly=eager)
    history = model.fit(x, epochs=3, batch_size=16, verbose=0).history
    assert set(history) == {"loss", "nll", *names}
    assert history["loss"][-1] < history["loss"][0]
    assert model.is_bound is is_bound
    scores = evaluate_model(model, x, include=("generative", "latent"))
    assert list(scores.penalties) == names
    assert (scores.elbo is None, scores.kl is None) == (not is_bound, not is_bound)
    contributions, rest = model.score_terms(x[:5])
    each = keras.ops.convert_to_numpy(contributions).reshape(5, -1).sum(axis=1)
    rest = keras.ops.convert_to_numpy(rest)
    np.testing.assert_allclose(model.anomaly_score(x[:5]), each + rest, rtol=1e-5)
    assert bool(rest.any()) is is_bound
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
    np.testing.assert_array_equal(loaded.interpolate(x[:2], x[1:3], 3).shape[:2], (2, 3))
    if model.prior is None:
        with pytest.raises(ValueError, match="needs a model whose bottleneck has a prior"):
            model.generate(2)
    else:
        np.testing.assert_array_equal(loaded.generate(3, seed=0), model.generate(3, seed=0))


def test_weights_of_zero_and_one_equal_dropping_rows():
    model = quantized()
    x = data(model, 16)
    keep = np.arange(16) % 3 > 0
    model.compile()
    whole = model.evaluate(x, sample_weight=keep, verbose=0, return_dict=True)
    part = model.evaluate(x[keep], verbose=0, return_dict=True)
    assert whole == pytest.approx(part, rel=1e-5)


def test_integer_codes_come_back():
    model = quantized()
    x = data(model, 5)
    functions = model.functions()
    assert list(functions)[4:] == ["indices", "decode_indices"]
    indices = keras.ops.convert_to_numpy(functions["indices"](x)["indices"])
    assert (indices.dtype, indices.shape) == ("int32", (5, 4, 4))
    decoded = functions["decode_indices"](indices)["reconstruction"]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(decoded), model.reconstruct(x), atol=1e-6
    )
    assert model.bottleneck.code_shape == (4, 4, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "formats"),
    [
        (wae, ("onnx",)),  # in the others a model of this kind has nothing new
        (vae_without_a_kl, ("onnx",)),
        (quantized, ("saved_model", "tflite", "onnx")),
    ],
)
def test_it_is_exported_and_proven(make, formats, tmp_path):
    from keras_ae.export import export_model, load_artifact, verify

    model = make()
    x = data(model, 64)
    report = export_model(model, tmp_path / "bundle", formats, sample_data=x, verbose=False)
    assert report.proven
    assert verify(tmp_path / "bundle").proven
    record = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert [each["name"] for each in record["endpoints"]] == list(model.functions())
    if make is quantized:
        with load_artifact(tmp_path / "bundle", format="onnx") as artifact:
            indices = artifact.run("indices", x=x[:3])["indices"]
            assert (indices.dtype, indices.shape) == ("int32", (3, 4, 4))
            decoded = artifact.run("decode_indices", indices=indices)["reconstruction"]
        np.testing.assert_allclose(decoded, model.reconstruct(x[:3]), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("make", [wae, vae_without_a_kl])
def test_detectors_and_callbacks_take_it(make):
    x = data(make(), 64)
    detector = AnomalyDetector(make(), steps=4, random_state=0, verbose=0).fit(x)
    np.testing.assert_allclose(
        detector.score_samples(x[:4]), -detector.detect(x[:4])["score"], rtol=1e-5
    )
    model = make()
    model.compile("adam")
    with pytest.raises(TypeError, match="has a KLPenalty"):
        model.fit(x, callbacks=[training.BetaWarmup(2)], verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize("make", [vae_without_a_kl, quantized])
def test_the_command_line_takes_it(make, tmp_path, capsys, undrawn):
    model = make()
    x = data(model, 40)
    model.compile("adam", run_eagerly=keras.backend.backend() == "tensorflow")
    model.fit(x, verbose=0)
    path, arrays = tmp_path / "model.keras", tmp_path / "data.npz"
    model.save(path)
    np.savez(arrays, x=x)
    for command in (
        ["evaluate", path, "--data", arrays, "--json"],
        ["reconstruct", path, "--data", arrays, "--output", tmp_path / "r.npz"],
        ["report", path, "--data", arrays, "--output", tmp_path / "report.html"],
    ):
        code = cli.main([str(each) for each in command])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        assert "ELBO" not in printed.out + printed.err
    assert "ELBO" not in (tmp_path / "report.html").read_text()
