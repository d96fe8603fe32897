"""OpenVINO files in int8, made by NNCF and run by OpenVINO."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from keras_ae.export import MissingDependencyError, export_model, load_artifact, verify
from keras_ae.export.formats import openvino
from keras_ae.export.formats.convert import Conversion
from keras_ae.export.formats.openvino import write
from keras_ae.export.formats.openvino.openvino_reader import OpenVINOReader
from keras_ae.export.proof.quantized_share import narrow_weights, quantized_share
from keras_ae.export.quality import judge
from keras_ae.export.staging import write_arrays
from tests.export.bundle_readme import run_readme
from tests.export.precision_examples import ENDPOINTS, KINDS, arrays, folder

pytestmark = pytest.mark.slow  # real conversions

INT8 = "int8_static"
# What a score is made of behind the networks, in nats.
NATS = {"ReduceSum", "SoftPlus", "Log", "Multiply", "Subtract", "Negative", "Greater"}


def converted(place):
    """Convert the example's SavedModel, with its calibration data, to int8 files in a folder."""
    (place / "saved_model").mkdir()
    (place / "saved_model" / "1").symlink_to(folder() / "saved_model")
    write_arrays(place / "calibration.npz", arrays("calibration")["inputs"])
    write.convert(
        lambda said: None,
        Conversion(
            str(place),
            ENDPOINTS,
            ["float32", INT8],
            str(place / "calibration.npz"),
            {"keras_ae.version": "0"},
            {},
        ),
    )
    return place / "openvino"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the folder of float32 and int8 files of every endpoint."""
    return converted(tmp_path_factory.mktemp("int8"))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_it_is_within_the_default_limits(files, endpoint):
    with OpenVINOReader(files / f"{endpoint}.{INT8}.xml", threads=1) as reader:
        received = reader.run(endpoint, arrays("golden")["inputs"][endpoint])
    expected = arrays("golden")["outputs"][endpoint]
    measures = judge(endpoint, expected, received, kind=KINDS[endpoint])
    assert not [each.text for each in measures if not each.passed]
    assert any(each.value not in (0.0, 1.0) for each in measures)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_all_weights_are_int8_and_all_layers_compute_in_it(files, endpoint):
    share = quantized_share(files / f"{endpoint}.{INT8}.xml", "openvino")
    assert (share.weights, share.ops) == (1.0, 1.0)
    assert quantized_share(files / f"{endpoint}.xml", "openvino").ops == 0.0
    assert narrow_weights(files / f"{endpoint}.xml", "openvino", bits=8) == 0.0
    sizes = [(files / f"{endpoint}{middle}.bin").stat().st_size for middle in ("", f".{INT8}")]
    assert sizes[1] < 0.4 * sizes[0]


def test_kernels_have_a_scale_a_channel_and_seven_bits(files):
    root = ElementTree.parse(files / f"encode.{INT8}.xml").getroot()
    numbers = (files / f"encode.{INT8}.bin").read_bytes()
    found = []
    for layer in root.iter("layer"):
        data = layer.find("data")
        if layer.get("type") == "Const" and data.get("element_type") == "i8":
            start, size = int(data.get("offset")), int(data.get("size"))
            kernel = np.frombuffer(numbers[start : start + size], "int8").astype("int32")
            found.append(kernel.reshape([int(size) for size in data.get("shape").split(",")]))
    first, second, dense = found
    assert (first.shape, second.shape, dense.shape) == ((16, 1, 3, 3), (32, 16, 3, 3), (128, 8))
    # Without AVX-512 NNCF's folding rounds a channel's end of 63.0 steps to 64 now and then; the
    # sum of two products still fits into 16 bits: 2 x 255 x 64 < 32768.
    for largest in (np.abs(each).max(axis=(1, 2, 3)) for each in (first, second)):
        assert set(largest) <= {63, 64}
        assert np.median(largest) == 63
    np.testing.assert_array_equal(np.abs(dense).max(axis=0), 63)


def test_a_score_computes_nats_in_float(files):
    root = ElementTree.parse(files / f"score.{INT8}.xml").getroot()
    kinds = {layer.get("id"): layer.get("type") for layer in root.iter("layer")}
    before = {
        kinds[edge.get("from-layer")]
        for edge in root.iter("edge")
        if kinds[edge.get("to-layer")] == "FakeQuantize" and edge.get("to-port") == "0"
    }
    assert before
    assert not before & NATS


def test_two_conversions_give_the_same_numbers(files, tmp_path):
    again = converted(tmp_path)  # names are counted within a process, so the .xml files differ
    for path in files.glob("*.bin"):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_a_bundle_is_proven_and_used_as_any(digits_vae, tmp_path):
    model, x = digits_vae.model, digits_vae.x
    place = tmp_path / "bundle"
    report = export_model(
        model,
        place,
        formats=("openvino",),
        precisions=("float32", INT8),
        endpoints=("encode", "score"),
        sample_data=x[:64],
        calibration_data=x,
        threshold=20.0,
        verbose=False,
    )
    assert report.proven
    record = json.loads((place / "manifest.json").read_text("utf-8"))
    narrow = [each for each in record["artifacts"] if each["precision"] == INT8]
    assert [each["quantized_share"] for each in narrow] == [{"weights": 1.0, "ops": 1.0}] * 2
    assert "nncf" in record["packages"]
    assert verify(place).proven
    with load_artifact(place, format="openvino", precision=INT8) as artifact:
        latent = artifact.encode(x[:50])
        assert artifact.score(x[:50]).score.dtype == "float32"
    assert 0 < np.abs(latent - model.encode(x[:50])).max() < 0.2
    assert len(run_readme(place)) == 2


def test_without_nncf_it_is_refused_in_one_line(digits_vae, tmp_path, monkeypatch):
    row = openvino.openvino_format.OpenVINOFormat
    monkeypatch.setattr(row, "quantizers", (("no_such_module", "nncf", "openvino-int8"),))
    options = {"formats": ("openvino",), "sample_data": digits_vae.x, "verbose": False}
    with pytest.raises(MissingDependencyError, match=r"nncf .*'keras-ae\[openvino-int8\]'"):
        export_model(
            *(digits_vae.model, tmp_path / "bundle"),
            precisions=("float32", INT8),
            calibration_data=digits_vae.x,
            **options,
        )
    export_model(digits_vae.model, tmp_path / "bundle", endpoints=("encode",), **options)
