"""A detector of the user's own layers, and one line where such a one can't be saved or loaded."""

import json
import zipfile

import keras
import numpy as np
import pytest

from keras_ae import VariationalAutoencoder, _loading, layers
from keras_ae.estimators import AnomalyDetector

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")


class Doubling(keras.layers.Layer):
    """As in a notebook: not registered."""

    def call(self, x):
        return 2.0 * x


def model_of(layer):
    return VariationalAutoencoder(
        encoder=keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(4)]),
        bottleneck=layers.NormalBottleneck(2, seed=0),
        decoder=layers.dense_decoder((4,), 2, units=(4,), seed=0),
        likelihood=layers.GaussianLikelihood(1.0),
    )


@pytest.fixture(scope="module")
def own():
    """Return models of layers of one's own, each with its detector."""
    made = {"Lambda": keras.layers.Lambda(lambda x: 2.0 * x), "Doubling": Doubling()}
    models = {name: model_of(layer) for name, layer in made.items()}
    return {name: (model, AnomalyDetector(model).fit(X)) for name, model in models.items()}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return what a detector's file holds: its record and its model."""
    path = tmp_path_factory.mktemp("detector") / "d"
    AnomalyDetector(model_of(keras.layers.Activation("relu"))).fit(X).save(path)
    with zipfile.ZipFile(path) as archive:
        return archive.read("detector.json"), archive.read("model.keras")


@pytest.fixture
def saved(files, tmp_path):
    """Return a function that writes a detector with changed files, and returns the path."""

    def change(record=None, model=None):
        old, content = json.loads(files[0]), files[1]
        with zipfile.ZipFile(tmp_path / "d", "w") as archive:
            archive.writestr("detector.json", json.dumps(record(old) if record else old))
            archive.writestr("model.keras", content if model is None else model)
        return tmp_path / "d"

    return change


@pytest.mark.parametrize("layer", ["Lambda", "Doubling"])
def test_layers_of_one_s_own_are_copied(own, layer):
    model, detector = own[layer]
    np.testing.assert_allclose(-detector.score_samples(X), model.anomaly_score(X), rtol=1e-4)


def test_a_lambda_is_refused_before_it_is_saved(own, tmp_path):
    with pytest.raises(ValueError, match="must have no Lambda layer .*register") as caught:
        own["Lambda"][1].save(tmp_path / "d")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_layer_is_named(own, tmp_path):
    own["Doubling"][1].save(tmp_path / "d")
    with pytest.raises(ValueError, match="Received: the class or function 'Doubling', which") as e:
        AnomalyDetector.load(tmp_path / "d")
    assert "\n" not in str(e.value)
    with keras.saving.custom_object_scope({"Doubling": Doubling}):
        AnomalyDetector.load(tmp_path / "d")


@pytest.mark.parametrize(
    "changes",
    [
        {"record": lambda record: []},
        {"record": lambda record: {"schema": 1}},
        {"record": lambda record: {**record, "arguments": {"x": 1}}},
        {"record": lambda record: {**record, "scoring": {"name": "x", "arguments": {}}}},
        {"record": lambda record: {**record, "fitted": None}},
        {"model": b"text"},
    ],
)
def test_a_changed_file_gets_one_line(saved, changes):
    path = saved(**changes)
    with pytest.raises(ValueError, match=f"{path}: expected a ") as caught:
        AnomalyDetector.load(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("layer", ["Lambda", "Doubling"])
def test_models_that_can_not_be_loaded(own, tmp_path, layer):
    path = tmp_path / "m.keras"
    own[layer][0].save(path)
    with pytest.raises(
        ValueError, match=r"m.keras: expected a model. Received: (a L|the cl)"
    ) as e:
        _loading.load_model(path, "a model")
    assert "\n" not in str(e.value)
