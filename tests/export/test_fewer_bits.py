"""TFLite and ONNX files in fewer bits, run by their own runtimes."""

import numpy as np
import pytest

from keras_ae.export.formats import FORMATS
from keras_ae.export.quality import judge
from tests.export.precision_examples import (
    FILES,
    KINDS,
    ONNX,
    PRECISIONS,
    arrays,
    converted_again,
    folder,
    path,
)

pytestmark = pytest.mark.slow  # real conversions

RUNS = [("onnx", endpoint, endpoint) for endpoint in ONNX]
RUNS += [("tflite", file, endpoint) for file, inside in FILES.items() for endpoint in inside]
OF_RANGE = {"onnx": 2e-3, "tflite": 1e-3}  # what float16 is off by


def opened(format, file, precision):
    """Open a file on one thread."""
    return FORMATS[format].open(path(file, precision, f".{format}"), threads=1)


def outputs(format, file, endpoint, precision):
    """Return an endpoint's outputs."""
    with opened(format, file, precision) as reader:
        return reader.run(endpoint, arrays("golden")["inputs"][endpoint])


@pytest.mark.parametrize(("format", "file", "endpoint"), RUNS)
def test_float16_is_within_thousandths_of_the_range(format, file, endpoint):
    received = outputs(format, file, endpoint, "float16")
    for name, expected in arrays("golden")["outputs"][endpoint].items():
        if expected.dtype == bool:
            continue
        error = np.abs(received[name] - expected).max()
        assert 0 < error < OF_RANGE[format] * np.ptp(expected)


@pytest.mark.parametrize("precision", ["int8_dynamic", "int8_static"])
@pytest.mark.parametrize(("format", "file", "endpoint"), RUNS)
def test_int8_is_within_the_default_limits(format, file, endpoint, precision):
    received = outputs(format, file, endpoint, precision)
    golden = arrays("golden")
    x = golden["inputs"][endpoint].get("x")
    measures = judge(endpoint, golden["outputs"][endpoint], received, x=x, kind=KINDS[endpoint])
    assert not [each.text for each in measures if not each.passed]
    assert any(each.value not in (0.0, 1.0) for each in measures)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("format", "file", "allowed"),
    [("onnx", "encode", 0.1), ("tflite", "encode", 0.05), ("tflite", "model", 0.05)],
)
def test_batch_stays_free(format, file, allowed, precision):
    inputs = arrays("golden")["inputs"]["encode"]
    with opened(format, file, precision) as reader:
        assert reader.signatures["encode"].inputs[0].shape == (None, 8, 8, 1)
        whole = reader.run("encode", inputs)["latent"]
        for batch in (1, 3, 17):
            part = reader.run("encode", {"x": inputs["x"][:batch]})["latent"]
            np.testing.assert_allclose(part, whole[:batch], rtol=0, atol=allowed)


@pytest.mark.parametrize(("format", "count"), [("onnx", 3), ("tflite", 4)])
def test_another_process_makes_the_same_bytes(format, count):
    files = sorted(converted_again().glob(f"*.{format}"))
    assert len(files) == count
    for file in files:
        assert file.read_bytes() == (folder() / file.name).read_bytes(), file.name
