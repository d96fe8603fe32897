"""A quick version of each row of the reproduction tables stays within stated bounds.

On the bundled digits or scikit-learn's, for seconds to a minute; the rows themselves are in
docs/evidence.md.
"""

import dataclasses
import json
import shutil
import types

import keras
import numpy as np
import pytest
import sklearn.datasets

from benchmarks import _runs
from benchmarks.reproduce import (
    burda_mnist,
    categorical_vae_mnist,
    conv_denoiser,
    denoising_filters,
    dense_autoencoder,
    image_tokenizers,
    linear_models,
    small_tokenizer,
    vae_gan_digits,
    vq_vae_mnist,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def fewer(monkeypatch):
    """Return a function that leaves a script fewer digits to train on and to be judged by."""

    def leave(script, train, test):
        def load(*arguments):
            data = _runs.load_digits(*arguments)
            kept = {"train": train, "test": test}
            parts = {
                f"{axis}_{part}": getattr(data, f"{axis}_{part}")[:count].copy()
                for part, count in kept.items()
                for axis in "xy"
            }
            return dataclasses.replace(data, **parts)

        monkeypatch.setattr(script, "load_digits", load)

    return leave


def burda(folder, stages, *options):
    quick = ["--quick", "--curve-samples", "20", "--samples", "50"]
    places = ["--checkpoint", str(folder), "--output", str(folder / "result.json")]
    return burda_mnist.main([*quick, *places, "--stages", str(stages), *options])


def test_burda_s_autoencoder_learns(tmp_path, fewer):
    """After 120 steps, from the 206 nats of a mean image."""
    fewer(burda_mnist, 12_000, 300)
    result = burda(tmp_path, 1, "--batch-size", "100")
    assert (result["objective"], result["k"], result["epochs"]) == ("vae", 1, 1)
    assert result["test_nll"] < 175.0


def test_a_broken_run_of_the_weighted_bound_goes_on_bit_for_bit(tmp_path, fewer, monkeypatch):
    """After 4 epochs of 120 steps; broken after the first, with the checkpoint that is there."""
    fewer(burda_mnist, 6_000, 300)
    options = ("--objective", "iwae", "--k", "5", "--batch-size", "50")
    save = burda_mnist.Checkpoint.save

    def save_and_keep(checkpoint, model, state):
        save(checkpoint, model, state)
        if state["epoch"] == 1:
            shutil.copytree(checkpoint.folder, tmp_path / "broken")

    with monkeypatch.context() as watched:
        watched.setattr(burda_mnist.Checkpoint, "save", save_and_keep)
        whole = burda(tmp_path / "whole", 2, *options)
    assert whole["test_nll"] < 145.0
    assert [point["epoch"] for point in whole["curve"]] == [1, 4]
    assert whole["curve"][1]["nll"] < whole["curve"][0]["nll"] - 5
    assert [each.name for each in (tmp_path / "broken").glob("*.keras")] == ["epoch_00001.keras"]
    resumed = burda(tmp_path / "broken", 2, *options)
    assert resumed["curve"] == whole["curve"]
    assert resumed["test_nll"] == whole["test_nll"]
    assert json.loads((tmp_path / "broken" / "result.json").read_text()) == resumed
    models = [
        keras.models.load_model(tmp_path / name / "epoch_00004.keras")
        for name in ("whole", "broken")
    ]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(SystemExit, match="--checkpoint must be of a run with these settings"):
        burda(tmp_path / "broken", 2, *options, "--seed", "1")


def test_the_dense_autoencoder():
    """94 steps an epoch; 0.09 is what ten times the steps on five times the images reach."""
    result = dense_autoencoder.main(["--quick", "--epochs", "15"])
    assert 0.085 < result["test_bce_per_pixel"] < 0.14
    assert result["curve"] == sorted(result["curve"], reverse=True)


def test_the_convolutional_denoiser(fewer):
    fewer(conv_denoiser, 12_000, 300)
    result = conv_denoiser.main(["--quick", "--epochs", "1"])
    assert result["epochs"] == 1
    assert 0.08 < result["test_bce_per_pixel"] < 0.23  # the mean image has 0.263


def test_the_vq_vae(fewer):
    """71 steps each way, with 49,937 weights; the training mean of each pixel has 0.71."""
    fewer(vq_vae_mnist, 9_000, 300)
    result = vq_vae_mnist.main(["--quick", "--epochs", "1"])
    assert list(result["ways"]) == ["gradient", "moving averages"]
    for way in result["ways"].values():
        assert 0.04 < way["test"] < 0.5
        assert way["test"] < way["curve"][0]
        assert 1 < way["codes_used_in_test"] <= 128


def test_the_categorical_vae(fewer):
    """240 steps, from the 206 nats of a mean image; one-hot and relaxed bounds are of one size."""
    fewer(categorical_vae_mnist, 12_000, 300)
    result = categorical_vae_mnist.main(["--quick", "--epochs", "2"])
    assert result["steps"] == 240
    assert 90 < result["curve"][-1] < 206
    assert result["test_one_hot"]["loss"] == pytest.approx(result["curve"][-1], abs=30)
    assert 0.99 < result["temperature"] < 1


def test_a_discriminator_sharpens():
    """8 epochs of 45 steps."""
    result = vae_gan_digits.main(["--quick", "--epochs", "8"])
    plain, judged = result["models"]["vae"], result["models"]["vae_gan"]
    assert plain["sharpness"] < 0.9 * judged["sharpness"] < result["images"]
    assert judged["nll"] < plain["nll"] + 8


def test_image_tokenizers():
    """32 steps each, at equal bits; the mean colour for all pixels has a PSNR of 9.6 dB."""
    options = ["--patches", "512", "--epochs", "2", "--only", "VQ", "KL"]
    result = image_tokenizers.main(["--quick", *options])
    vq, kl = result["tokenizers"]["VQ"], result["tokenizers"]["KL"]
    assert (result["steps"], result["test_patches"]) == (32, 130)
    assert vq["bits_per_pixel"] == 0.625
    assert 1 / 1024 < vq["used_share"] <= 1
    assert 1 < vq["perplexity"] <= 1024 * vq["used_share"]
    assert 200 < kl["bits"] < 1300
    for row in (vq, kl):
        assert 13 < row["psnr"] < 30
        assert 0.1 < row["ssim"] < 0.95
        assert 0 < row["frechet"] < 20


def test_training_and_test_patches_share_no_pixel(monkeypatch):
    """In photographs whose pixels say from which four columns they are."""
    columns = np.tile(np.arange(640)[:, None] // 4, (427, 1, 3)).astype("uint8")
    marked = types.SimpleNamespace(images=[columns, columns])
    monkeypatch.setattr(sklearn.datasets, "load_sample_images", lambda: marked)
    data = image_tokenizers.load_patches(2000, 0, test_step=8)
    train, test = (np.round(each * 255) for each in (data.x_train, data.x_test))
    assert train.shape[1:] == test.shape[1:] == (32, 32, 3)
    assert (train.min(), train.max()) == (0, 119)
    assert (test.min(), test.max()) == (120, 159)
    assert len(test) == 2 * 50 * 17


def test_the_small_decoder_is_of_convolutions_relu_and_resizing():
    """TAESD's decoder has 1,222,531 weights."""
    decoder = small_tokenizer.make(64, small_tokenizer.DECODER, seed=0).decoder
    assert small_tokenizer.taesd_decoder_weights() == 1_222_531
    assert decoder.count_params() == pytest.approx(1_222_531, rel=0.03)
    kinds = {type(layer).__name__ for layer in decoder.layers}
    # A Reshape to the same shape, for TFLite, and the sum of each residual block.
    assert kinds == {"InputLayer", "Conv2D", "Activation", "UpSampling2D", "Reshape", "Add"}
    activations = [each for each in decoder.layers if type(each).__name__ == "Activation"]
    assert {each.activation for each in activations} == {keras.activations.relu}


def test_linear_models_reach_their_closed_forms():
    """On 2 latents, whose optimum is found sooner than that of 10."""
    result = linear_models.main(["--quick", "--steps", "2000", "--latent-dim", "2"])
    errors, nats = result["mean_squared_error"], result["nats"]
    assert errors["ours"] == pytest.approx(errors["pca"], rel=3e-4)
    assert errors["ours"] >= errors["pca"] * (1 - 1e-6)
    assert abs(nats["bound"] - nats["probabilistic_pca"]) < 0.1
    assert nats["evidence"] <= nats["probabilistic_pca"] + 1e-4


def test_denoising_beats_the_filters():
    options = ["--epochs", "2", "--test-images", "50", "--tuning-images", "5"]
    result = denoising_filters.main(["--quick", *options, "--corruptions", "noise 0.5"])
    (row,) = result["rows"]
    gains = {name: row[name]["gain"] for name in ("gaussian filter", "non-local means")}
    assert all(2.0 < gain < 6.0 for gain in gains.values())
    assert row["autoencoder"]["gain"] > max(gains.values()) + 1.0
    # The settings are inside the grid: another one would not be better by far.
    assert denoising_filters.GAUSSIAN[0] < row["gaussian filter"]["settings"]["sigma"]
    assert row["gaussian filter"]["settings"]["sigma"] < denoising_filters.GAUSSIAN[-1]
