"""`export` of models that aren't of this package: arrays by input, old files, limits, labels."""

import keras
import numpy as np
import pytest

from keras_ae.commands.export_inputs import read_limits_option
from keras_ae.export import load_artifact

pytestmark = pytest.mark.slow  # real conversions


def test_any_keras_model_is_exported_from_arrays_by_input(keras_ae, refused, tmp_path):
    left = keras.Input((3,), name="left-side")
    ids = keras.Input((1,), dtype="int64", name="ids")
    row = keras.layers.Flatten()(keras.layers.Embedding(100, 4)(keras.ops.mod(ids, 100)))
    model = keras.Model([left, ids], {"code": keras.layers.Concatenate()([left, row])})
    random = np.random.default_rng(0)
    data = {"ids": random.integers(2**30, 2**40, (40, 1)), "left_side": random.random((40, 3))}
    np.savez(tmp_path / "data.npz", **data)
    model.save(tmp_path / "any.keras")
    command = ["export", tmp_path / "any.keras", "--formats", "onnx"]
    code, _, errors = keras_ae(*command, "--data", tmp_path / "data.npz")
    assert code == 0, errors
    with load_artifact(tmp_path / "bundle") as artifact:
        found = artifact.call(**data)
    expected = model.predict([data["left_side"], data["ids"]], verbose=0)["code"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert "--data: expected examples" in refused(*command, "--overwrite")
    np.savez(tmp_path / "other.npz", other=np.zeros((40, 3)))
    command += ["--overwrite", "--data", tmp_path / "other.npz"]
    assert "left_side, ids. Received: other" in refused(*command)


def test_an_old_file_and_limits_and_labels(keras_ae, tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64), keras.layers.Dense(4)])
    model.save(tmp_path / "old.h5")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(120, 4)))
    command = ["export", tmp_path / "old.h5", "--data", tmp_path / "x.npy", "--formats", "onnx"]
    command += ["--precisions", "int8_static"]
    code, _, errors = keras_ae(*command, "--limits", "call.relative_error=0.00001")
    assert (code, "(limit 1e-05)" in errors) == (1, True)
    np.savez(tmp_path / "y.npz", y=np.arange(120) % 2)
    code, _, errors = keras_ae(*command, "--labels", tmp_path / "y.npz")
    assert code == 0, errors


def test_limits_of_several_options_are_joined():
    found = read_limits_option(["encode.latent_error=0.3, score.nats_lost=2", "encode.a=1"])
    assert found == {"encode": {"latent_error": 0.3, "a": 1.0}, "score": {"nats_lost": 2.0}}
    assert read_limits_option(None) is None
