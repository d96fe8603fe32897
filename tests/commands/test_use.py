import json
import pathlib

import keras
import numpy as np
import pytest

from keras_ae.datasets import load_dataset
from keras_ae.evaluation import evaluate_model
from keras_ae.models import create_model


def is_png(path):
    return pathlib.Path(path).read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def vae(models):
    return keras.models.load_model(models / "vae" / "model.keras")


@pytest.fixture(scope="module")
def test_part():
    return load_dataset("digits", max_examples=120).x_test


def test_evaluate_scores_the_data_that_training_left_out(keras_ae, models):
    few = ["--scores", "none", "--num-samples", 0]
    code, output, errors = keras_ae(
        "evaluate", models / "vae", "--max-examples", 120, *few, "--json"
    )
    result = json.loads(output)
    trained = json.loads((models / "vae" / "metrics.json").read_text())["test"]
    assert (code, errors, result["part"]) == (0, "", "test part")
    assert trained.keys() <= result.keys()
    for name in ("nll", "kl", "elbo", "reconstruction_mse", "examples", "active_units"):
        assert result[name] == pytest.approx(trained[name], rel=1e-5)


@pytest.mark.slow
def test_evaluate_for_people(keras_ae, models, vae, test_part, tmp_path):
    np.savez(tmp_path / "mine.npz", x=test_part)
    arguments = ["--data", tmp_path / "mine.npz", "--num-samples", 20, "--seed", 1]
    code, output, _ = keras_ae(
        "evaluate", models / "vae" / "model.keras", *arguments, "--scores", "none"
    )
    scores = evaluate_model(vae, test_part, num_samples=20, seed=1)
    assert (code, output.splitlines()[0]) == (0, "mine (all), 120 examples, per example:")
    error = f"standard error {scores.log_likelihood_error:.2f}"
    assert f"{scores.log_likelihood:.2f} nats, {error}, from 20 importance samples\n" in output
    assert f"{scores.elbo:.2f} nats" in output
    assert "PSNR" not in output
    assert "Left out" not in output


@pytest.mark.slow
def test_evaluate_prints_all_that_makes_sense(keras_ae, models, vae, test_part, tmp_path):
    labels = np.repeat(["even", "odd"], 60)
    np.savez(tmp_path / "mine.npz", x=test_part, y=labels)
    features = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    features.save(tmp_path / "features.keras")
    model, data = models / "vae", ["--data", tmp_path / "mine.npz"]
    extra = ["--feature-model", tmp_path / "features.keras"]
    code, output, errors = keras_ae("evaluate", model, *data, *extra)
    assert (code, errors) == (0, "")
    lines = dict(line.strip().split("  ", 1) for line in output.splitlines()[1:] if "  " in line)
    few = ["--num-samples", 20, "--json"]
    _, output, _ = keras_ae("evaluate", model, *data, *extra, *few)
    result = json.loads(output)
    assert result["log_likelihood_error"] > 0
    assert f"{result['linear_probe_accuracy']:.4g}" == lines["linear probe"].strip()
    assert f"{result['psnr']:.2f} dB" in lines["PSNR"]
    information = result["mutual_information"]
    assert f"{information['mutual_information']:.2f} nats" in lines["mutual info."]
    assert f"{result['compression']['coded_bytes']:.2f} bytes" in lines["the code"]
    # Flattened pixels are features whose MMD is that of pixels.
    assert lines["feature MMD**2"].split() == lines["sample MMD**2"].split()
    assert result["left_out"].keys() == {"bits_per_dimension", "ssim", "mig", "dci", "sap"}
    assert "at least 11 pixels" in result["left_out"]["ssim"]


@pytest.mark.slow
def test_evaluate_knows_the_factors_of_shapes(keras_ae, tmp_path):
    model = create_model("autoencoder", (32, 32, 1), latent_dim=2, filters=(4,))
    model.save(tmp_path / "model.keras")
    arguments = ["--data", "shapes", "--max-examples", 200, "--scores", "latent"]
    code, output, _ = keras_ae("evaluate", tmp_path / "model.keras", *arguments)
    assert code == 0
    for name in ("linear probe", "k-means NMI", "MIG", "SAP", "DCI complete"):
        assert f"  {name} " in output
    assert "Left out" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scores", "fid"], "--scores: expected all, none, or some of generative, recons"),
        (["--feature-model", "no.keras"], "no.keras: expected a complete .keras file"),
        (["--level-width", "-1"], "`level_width` must be a number > 0"),
        (["--seed", "-1"], "`seed` must be an integer >= 0"),
    ],
)
def test_evaluate_refuses(refused, models, arguments, message):
    assert message in refused("evaluate", models / "vae", *arguments)


def test_features_of_other_data_are_refused(refused, models, tmp_path):
    keras.Sequential([keras.Input((9,)), keras.layers.Dense(2)]).save(tmp_path / "f.keras")
    arguments = ["--feature-model", tmp_path / "f.keras"]
    line = refused("evaluate", models / "vae", *arguments)
    assert "f.keras: expected a model of examples of shape (8, 8, 1). Received: one of" in line


def test_generate_is_the_models_own(keras_ae, models, vae, tmp_path):
    for name in ("a.npz", "b.npz"):
        arguments = ["--n", 5, "--seed", 3, "--output", tmp_path / name]
        assert keras_ae("generate", models / "vae", *arguments)[0] == 0
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        np.testing.assert_array_equal(a["x"], b["x"])
        np.testing.assert_allclose(a["x"], vae.generate(5, seed=3), atol=1e-6)


def test_generate_draws(keras_ae, models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert keras_ae("generate", models / "vae")[:2] == (
        0,
        "Written to generated.png: 16 examples\n",
    )
    assert is_png("generated.png")
    assert keras_ae("generate", models / "vae", "--output", "new/few.png", "--n", 3)[0] == 0


def test_reconstruct_writes_arrays_or_a_picture(keras_ae, models, vae, test_part, tmp_path):
    np.save(tmp_path / "mine.npy", test_part)
    data = ["--data", tmp_path / "mine.npy"]
    path = tmp_path / "out.npz"
    code, output, _ = keras_ae("reconstruct", models / "vae", *data, "--output", path, "--json")
    assert (code, json.loads(output)) == (0, {"output": str(path), "examples": 120})
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["x"], test_part)
        np.testing.assert_allclose(arrays["reconstruction"], vae.reconstruct(test_part), atol=1e-6)
        scores = vae.anomaly_score(test_part)
        np.testing.assert_allclose(arrays["anomaly_score"], scores, rtol=1e-5)
    picture = tmp_path / "out.png"
    assert keras_ae("reconstruct", models / "vae", "--n", 4, "--output", picture)[0] == 0
    assert is_png(picture)


def test_denoise(keras_ae, models, test_part, tmp_path):
    noisy = test_part * (np.random.default_rng(0).uniform(size=test_part.shape) > 0.3)
    np.save(tmp_path / "noisy.npy", noisy.astype("float32"))
    data, path = ["--data", tmp_path / "noisy.npy"], tmp_path / "clean.npz"
    assert keras_ae("denoise", models / "denoising", *data, "--output", path)[0] == 0
    model = keras.models.load_model(models / "denoising" / "model.keras")
    with np.load(path) as arrays:
        np.testing.assert_allclose(arrays["reconstruction"], model.denoise(noisy), atol=1e-6)


def test_denoise_can_show_its_own_noise(keras_ae, models, tmp_path):
    for name in ("out.npz", "out.png"):
        arguments = ["--corrupt", "--max-examples", 12, "--output", tmp_path / name]
        assert keras_ae("denoise", models / "denoising", *arguments)[0] == 0
    with np.load(tmp_path / "out.npz") as arrays:
        kept = arrays["corrupted"] == arrays["x"]
        assert 0.6 < kept[arrays["x"] > 0].mean() < 0.8  # the recipe masks 30 %


def test_an_existing_file_is_replaced_only_on_demand(keras_ae, models, tmp_path):
    path = tmp_path / "mine.png"
    path.write_text("mine")
    code, _, errors = keras_ae("generate", models / "vae", "--output", path)
    assert (code, path.read_text()) == (2, "mine")
    assert "mine.png: expected a file that doesn't exist yet" in errors
    assert keras_ae("generate", models / "vae", "--output", path, "--overwrite")[0] == 0
    assert is_png(path)
