"""A run on the windows of a .csv file."""

import numpy as np
import pytest

from keras_ae.datasets import DataError
from keras_ae.training import TrainingConfig
from keras_ae.training.build_model import build_model
from keras_ae.training.examples import load_examples


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of 100 minutes whose first column counts them."""
    path = tmp_path_factory.mktemp("log") / "sensors.csv"
    time = np.arange("2025-01-01T00:00", "2025-01-01T01:40", dtype="datetime64[m]")
    rows = [f"{each},{count},{np.sin(count / 5)}" for count, each in enumerate(time)]
    path.write_text("\n".join(["time,count,wave", *rows]))
    return str(path)


@pytest.mark.parametrize("stride", [1, 3])
def test_no_part_shares_a_point(log, stride):
    examples = load_examples(TrainingConfig(data=log, time="time", window=8, stride=stride))
    parts = [examples.train, examples.validation, examples.test]
    points = [set(part[..., 0].ravel().astype(int)) for part in parts]
    assert max(points[0]) < min(points[1]) <= max(points[1]) < min(points[2])
    assert examples.test.shape[1:] == (8, 2)


def test_the_model_of_windows(log):
    config = TrainingConfig(data=log, time="time", window=8, network="tcn", filters="4", epochs=1)
    model, resolved = build_model(config, load_examples(config))
    assert model.example_shape == (8, 2)
    assert resolved.normalize
    assert "Conv1D" in [type(layer).__name__ for layer in model.encoder.layers]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"time": "time"}, ValueError, "`window` must be given with `time` or `stride`"),
        ({"window": 8, "label": "wave"}, ValueError, "`window` and `label` exclude each other"),
        ({"window": 8, "data": "digits"}, DataError, "digits: expected a .csv file"),
        (
            {"window": 8, "time": "time", "validation_fraction": 0.95},
            DataError,
            "windows, to validate",
        ),
    ],
)
def test_what_is_refused(log, options, kind, words):
    with pytest.raises(kind, match=words):
        load_examples(TrainingConfig(**{"data": log, **options}))
