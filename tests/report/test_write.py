"""`report.write`: the page of a model in memory, and what is refused before it is scored."""

import numpy as np
import pytest

import keras_ae
from keras_ae import report
from keras_ae.datasets import load_dataset
from keras_ae.evaluation import evaluate_model
from keras_ae.export import ExportError
from tests.environments import REFERENCE
from tests.plotting.pages import read, unread


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", max_examples=60)


@pytest.fixture(scope="module")
def trained(digits):
    """Return a small VAE of digits, and what its `fit` returned."""
    model = keras_ae.create_model("vae", (8, 8, 1), latent_dim=2, units=(16,), seed=0)
    model.compile("adam", jit_compile=False)
    return model, model.fit(digits.x_train, epochs=2, verbose=0)


@pytest.fixture(scope="module")
def autoencoder():
    return keras_ae.create_model("autoencoder", (8, 8, 1), latent_dim=3, units=(16,), seed=0)


def test_a_model_and_a_data_set_in_memory(undrawn, trained, digits, tmp_path):
    model, history = trained
    path = report.write(
        model,
        digits,
        tmp_path / "page.html",
        title="My <digits>",
        history=history,
        anomalies=digits.x_test[:, ::-1],
        bundle=REFERENCE,
        seed=3,
    )
    assert path == tmp_path / "page.html"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    page, words = unread(path)
    # Three curves; reconstructions, samples, interpolations; map, KL, traversals, plane; scores
    # and ROC.
    assert len(page.all("img")) == 12
    assert "My <digits> | VariationalAutoencoder with " in words
    scores = evaluate_model(model, digits.x_test)
    assert f"evidence lower bound, ELBO | {scores.elbo:.2f} | nats per example" in words
    assert f"ELBO | {scores.elbo:.2f} | nats per example" in words
    assert "On digits, test part." in words
    assert "Anomalies here are examples of the given anomalies." in words
    assert "onnx/encode.onnx | float32 | " in words
    assert f"keras_ae | {keras_ae.__version__}" in words
    assert "Make it again" not in words
    (alt,) = (each["alt"] for each in page.all("img") if each["alt"].startswith("nll over 2"))
    losses = history.history["nll"]
    assert f"training {losses[0]:.4g} to {losses[1]:.4g}" in alt


@pytest.mark.slow
def test_an_array_of_a_model_without_a_prior_replaces_a_page(autoencoder, digits, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    labels = np.array(["even", "odd"])[digits.y_test % 2]
    report.write(autoencoder, digits.x_test, str(path), labels=labels, max_examples=20)
    page, pictures, words = read(path)
    assert pictures == 3  # reconstructions, map, scores
    assert f"{autoencoder.name} | Autoencoder with " in words
    assert "ELBO" not in words
    assert "examples scored | 20" in words
    assert "On the given examples, all." in words
    assert any("Map of 20 examples" in each["alt"] for each in page.all("img"))
    assert any("coloured by label" in each["alt"] for each in page.all("img"))


def test_every_penalty_has_its_curve(undrawn, digits, tmp_path):
    model = keras_ae.create_model("sparse", (8, 8, 1), latent_dim=3, units=(16,), seed=0)
    history = {"loss": [3.0, 2.0], "nll": [2.5, 1.75], "sparsity": [0.5, 0.25]}
    report.write(model, digits.x_test, tmp_path / "page.html", history=history)
    page, _ = unread(tmp_path / "page.html")
    curves = [each["alt"] for each in page.all("img") if " over 2 epochs" in each["alt"]]
    assert [each.split(" over")[0] for each in curves] == ["Loss", "nll", "sparsity"]
    assert [each.endswith(" nats per example") for each in curves] == [True, True, False]


@pytest.mark.slow
def test_a_code_may_be_a_map(undrawn, digits, tmp_path):
    layers = keras_ae.layers
    model = keras_ae.VariationalAutoencoder(
        encoder=layers.conv_encoder((8, 8, 1), filters=(4,), spatial=True),
        bottleneck=layers.NormalBottleneck(2),
        decoder=layers.conv_decoder((8, 8, 1), latent_dim=2, filters=(4,), spatial=True),
    )
    report.write(model, digits.x_test, tmp_path / "page.html")
    page, words = unread(tmp_path / "page.html")
    # Reconstructions, samples, interpolations; map, KL, traversals, plane; scores.
    assert len(page.all("img")) == 8
    assert "weights and a latent of 4 x 4 x 2 dimensions." in words
    assert "of 32 latent dimensions" in words


@pytest.mark.slow
def test_codes_are_counted_and_drawn_from(undrawn, digits, tmp_path):
    model = keras_ae.create_model("residual_vq_vae", (8, 8, 1), 2, stages=2, codes=4, filters=(4,))
    report.write(model, digits.x_test, tmp_path / "page.html")
    page, words = unread(tmp_path / "page.html")
    assert "An example is 4 x 4 x 2 indices of 4 codes, 64 bits as plain integers." in words
    assert any(each["alt"].startswith("Share of each of 4 codes") for each in page.all("img"))
    assert "Under the prior" not in words
    prior = keras_ae.layers.CodePrior(4, width=4, blocks=1, heads=1)
    prior.build((None, 4, 4, 2))
    model.bottleneck.attach_prior(prior)
    report.write(model, digits.x_test, tmp_path / "page.html")
    _, words = unread(tmp_path / "page.html")
    nats = keras_ae.evaluation.code_nll(model, digits.x_test).mean()
    assert f"they cost {nats / np.log(2):,.4g} bits ({nats:,.4g} nats)" in words
    assert "Generated: the decoder's mean at indices drawn from the prior." in words


def test_a_loss_that_is_no_bound_is_not_called_one(undrawn, digits, tmp_path):
    layers = keras_ae.layers
    model = keras_ae.VariationalAutoencoder(
        encoder=layers.dense_encoder((8, 8, 1), units=(16,)),
        bottleneck=layers.NormalBottleneck(2, penalty=layers.L1Penalty(0.1)),
        decoder=layers.dense_decoder((8, 8, 1), latent_dim=2, units=(16,)),
    )
    report.write(model, digits.x_test, tmp_path / "page.html")
    _, words = unread(tmp_path / "page.html")
    assert "ELBO" not in words
    assert "KL from the prior" not in words
    assert "penalty sparsity | " in words
    assert "Generated: " in words


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "vae"}, TypeError, "`model` must be an Autoencoder or a TableModel. Received"),
        ({"path": "page.pdf"}, ValueError, "`path` must end in .html. Received: path='page.pdf'"),
        ({"path": "no/page.html"}, OSError, "`path` must be in a folder that exists. Received: "),
        ({"data": np.ones((4, 8, 8))}, ValueError, "`data` must have shape (examples, 8, 8, 1). "),
        ({"data": "digits"}, ValueError, "`data` must be an array of numbers"),
        ({"data": np.ones((0, 8, 8, 1))}, ValueError, "`data` must have no axis of size 0"),
        ({"data": np.full((4, 8, 8, 1), np.nan)}, ValueError, "finite"),
        ({"labels": [1, 2]}, ValueError, "strings of shape (4,), one for each example. Received"),
        ({"title": 3}, TypeError, "`title` must be a string. Received: title=3"),
        ({"history": [1.0]}, TypeError, "`history` must be what `model.fit` returned"),
        ({"anomalies": np.ones((4, 2))}, ValueError, "`anomalies` must have shape (examples, 8"),
        ({"bundle": "nowhere"}, ExportError, "nowhere: expected the directory of a bundle"),
        ({"max_examples": 0}, ValueError, "`max_examples` must be an integer >= 1"),
        ({"seed": -1}, ValueError, "`seed` must be an integer >= 0. Received: seed=-1"),
    ],
)
def test_what_is_refused_writes_nothing(
    autoencoder, tmp_path, monkeypatch, arguments, error, message
):
    monkeypatch.chdir(tmp_path)
    good = {"model": autoencoder, "data": np.ones((4, 8, 8, 1)), "path": "page.html"}
    with pytest.raises(error) as caught:
        report.write(**{**good, **arguments})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_labels_of_a_data_set_are_its_own(autoencoder, digits, tmp_path):
    with pytest.raises(ValueError, match="`labels` must be None where `data` is a Dataset"):
        report.write(autoencoder, digits, tmp_path / "page.html", labels=digits.y_test)
