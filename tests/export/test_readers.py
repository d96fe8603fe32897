"""Readers answer as Keras does, in each format, and refuse what an endpoint doesn't take."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.onnx.onnx_reader import OnnxReader
from keras_ae.export.formats.saved_model.saved_model_reader import SavedModelReader
from keras_ae.export.formats.tflite.tflite_reader import TFLiteReader
from keras_ae.export.signature import Signature, TensorInfo
from tests.export.reader_examples import (
    ENDPOINTS,
    FORMATS,
    SHAPES,
    STATIC_BATCH,
    bundle,
    feeds,
    golden,
    same_as_keras,
)

pytestmark = pytest.mark.slow  # real conversions

READERS = {"saved_model": SavedModelReader, "tflite": TFLiteReader, "onnx": OnnxReader}
STATIC = {"saved_model": "saved_model", "tflite": "encode.tflite", "onnx": "encode.onnx"}


def reader(kind, endpoint="encode", precision=""):
    """Open the file of an endpoint."""
    path = bundle() / kind
    return READERS[kind](path if kind == "saved_model" else path / f"{endpoint}{precision}.{kind}")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", FORMATS)
def test_outputs_are_those_of_keras_at_every_batch_size(kind, endpoint):
    with reader(kind, endpoint) as opened:
        for batch in (3, 17, 1, 1, 17):
            inputs = feeds(endpoint, batch)
            backwards = dict(reversed(inputs.items()))
            same_as_keras(endpoint, opened.run(endpoint, inputs), batch)
            same_as_keras(endpoint, opened.run(endpoint, backwards), batch)


@pytest.mark.parametrize("kind", FORMATS)
def test_signatures_are_the_same_in_every_format(kind):
    def tensors(endpoint, names):
        arrays = golden()[endpoint]
        return tuple(
            TensorInfo(name, (None, *arrays[name].shape[1:]), arrays[name].dtype.name)
            for name in names
        )

    for endpoint, (inputs, outputs) in ENDPOINTS.items():
        # Arguments in their order, outputs of other names in the alphabet's.
        names = sorted(outputs) if endpoint == "call" else outputs
        expected = Signature(endpoint, tensors(endpoint, inputs), tensors(endpoint, names))
        with reader(kind, endpoint) as opened:
            assert opened.signatures[endpoint] == expected
            assert opened.quantization == {}


def test_several_endpoints_of_one_tflite_file_take_turns():
    opened = TFLiteReader(bundle() / "tflite" / "model.tflite", threads=2)
    assert set(opened.signatures) == set(ENDPOINTS)
    for batch in (17, 3):
        for endpoint in ENDPOINTS:
            same_as_keras(endpoint, opened.run(endpoint, feeds(endpoint, batch)), batch)


@pytest.mark.parametrize("kind", FORMATS)
def test_threads_that_share_a_reader_get_their_own_outputs(kind):
    opened = reader(kind)
    batches = [1, 3, 17] * 20
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: opened.run("encode", feeds("encode", n)), batches))
    for batch, result in zip(batches, results, strict=True):
        same_as_keras("encode", result, batch)


@pytest.mark.parametrize("endpoint", ["encode", "posterior", "decode"])
def test_int8_files_take_and_return_real_units(endpoint):
    opened = reader("tflite", endpoint, ".int8_static")
    names = [name for side in ENDPOINTS[endpoint] for name in side]
    quantized = opened.quantization[endpoint]
    assert set(quantized) == set(names)
    signature = opened.signatures[endpoint]
    assert {tensor.dtype for tensor in signature.inputs + signature.outputs} == {"float32"}
    for batch in (1, 17):
        for name, output in opened.run(endpoint, feeds(endpoint, batch)).items():
            scale, zero_point = quantized[name]["scale"], quantized[name]["zero_point"]
            assert quantized[name]["dtype"] == "int8"
            assert output.dtype == "float32"
            steps = output / scale + zero_point
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
            assert np.abs(output - golden()[endpoint][name][:batch]).max() < 6 * scale


def test_int8_inputs_are_cut_off_at_their_range_and_do_not_wrap_around():
    opened = reader("tflite", "decode", ".int8_static")
    largest = (127 - opened.quantization["decode"]["latent"]["zero_point"]) * (
        opened.quantization["decode"]["latent"]["scale"]
    )
    ends = [[largest, largest], [1e6, np.inf]]
    outputs = opened.run("decode", {"latent": ends})["reconstruction"]
    np.testing.assert_array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_static_file_takes_its_own_batch_size_alone(kind):
    opened = READERS[kind](bundle() / "static" / STATIC[kind])
    assert opened.signatures["encode"].inputs[0].shape == (STATIC_BATCH, 8, 8, 1)
    inputs = feeds("encode", STATIC_BATCH)
    same_as_keras("encode", opened.run("encode", inputs), STATIC_BATCH)
    with pytest.raises(ValueError, match=r"shape \(4, 8, 8, 1\).*Received: x: float32 \(3, 8,"):
        opened.run("encode", feeds("encode", 3))
    same_as_keras("encode", opened.run("encode", inputs), STATIC_BATCH)


X, EPSILON = np.zeros((3, *SHAPES["x"])), np.zeros((3, 2))
TAKES = "`sample_posterior` takes x: float32 (batch, 8, 8, 1); epsilon: float32 (batch, 2). "
WRONG = {
    "`epsilon` is missing": ({"x": X}, "x: float64 (3, 8, 8, 1)"),
    "`x` is missing": ({}, "nothing"),
    "`noise` is not an input": (
        {"x": X, "epsilon": EPSILON, "noise": 1},
        "x: float64 (3, 8, 8, 1); epsilon: float64 (3, 2); noise: int64 ()",
    ),
    "`x` must have shape (batch, 8, 8, 1)": (
        {"x": X[0], "epsilon": EPSILON},
        "x: float64 (8, 8, 1); epsilon: float64 (3, 2)",
    ),
    "`epsilon` must have shape (batch, 2)": (
        {"x": X, "epsilon": EPSILON[:, :1]},
        "x: float64 (3, 8, 8, 1); epsilon: float64 (3, 1)",
    ),
    "`x` must be float32": (
        {"x": X.astype(complex), "epsilon": EPSILON},
        "x: complex128 (3, 8, 8, 1); epsilon: float64 (3, 2)",
    ),
    "`x` and `epsilon` must have as many examples": (
        {"x": X[:2], "epsilon": EPSILON},
        "x: float64 (2, 8, 8, 1); epsilon: float64 (3, 2)",
    ),
    "`x` must have at least one example": (
        {"x": X[:0], "epsilon": EPSILON[:0]},
        "x: float64 (0, 8, 8, 1); epsilon: float64 (0, 2)",
    ),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_wrong_inputs_are_one_error_with_all_that_was_expected_and_received(kind):
    opened = reader(kind, "sample_posterior")
    for reason, (inputs, received) in WRONG.items():
        message = f"{reason}: {TAKES}Received: {received}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            opened.run("sample_posterior", inputs)
    with pytest.raises(TypeError, match="`x` must hold examples of one shape"):
        opened.run("sample_posterior", {"x": [[1], [1, 2]], "epsilon": EPSILON})
    inputs = feeds("sample_posterior")
    same_as_keras("sample_posterior", opened.run("sample_posterior", inputs))


@pytest.mark.parametrize("kind", FORMATS)
def test_numbers_convert_where_nothing_is_lost(kind):
    pixels = golden()["call"]["pixels"]
    with reader(kind, "call") as opened:
        for given in (pixels.astype("int64"), pixels.tolist()):
            same_as_keras("call", opened.run("call", {"pixels": given}))
        with pytest.raises(ValueError, match="`pixels` must be uint8.*Received: pixels: float64"):
            opened.run("call", {"pixels": pixels / 255.0})
        for wrong in (-1, 256):
            with pytest.raises(ValueError, match="`pixels` must be from 0 to 255"):
                opened.run("call", {"pixels": np.full((1, 8, 8, 1), wrong)})
    x = np.asfortranarray(golden()["encode"]["x"].astype("float64"))
    opened = reader(kind)
    same_as_keras("encode", opened.run("encode", {"x": x}))
    assert opened.run("encode", {"x": np.full((2, 8, 8, 1), 2**24)})["latent"].shape == (2, 2)
    for wrong in (2**24 + 1, 1e300):
        with pytest.raises(ValueError, match="numbers that float32 holds without rounding"):
            opened.run("encode", {"x": np.full((2, 8, 8, 1), wrong)})


@pytest.mark.parametrize("kind", FORMATS)
def test_unknown_endpoints_and_closed_readers(kind):
    opened = reader(kind)
    with pytest.raises(ValueError, match=r"must be one of .*encode.* Received: endpoint='embed'"):
        opened.run("embed", {})
    opened.close()
    opened.close()
    with pytest.raises(ExportError, match="is closed"):
        opened.run("encode", feeds("encode"))


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_a_broken_file_is_an_error_that_names_it(kind, tmp_path):
    whole = (bundle() / kind / f"posterior.{kind}").read_bytes()
    path = tmp_path / f"posterior.{kind}"
    for share in (0, 0.01, 0.3, 0.6, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ExportError, match=f"^{path} "):
            READERS[kind](path)
    path.write_bytes(bytes(reversed(whole)))
    with pytest.raises(ExportError, match=f"^{path} "):
        READERS[kind](path)
    with pytest.raises(ExportError, match="absent"):
        READERS[kind](tmp_path / f"absent.{kind}")


def test_a_tflite_signature_that_names_no_tensor_is_an_error_of_the_file(tmp_path):
    whole = (bundle() / "tflite" / "posterior.tflite").read_bytes()
    path, failures = tmp_path / "posterior.tflite", []
    place = whole.index(b"posterior")  # the signature is written around its name
    for byte in range(place, place + 60):
        path.write_bytes(whole[:byte] + bytes([whole[byte] ^ 128]) + whole[byte + 1 :])
        try:
            TFLiteReader(path).close()
        except ExportError as error:
            failures.append(str(error))
    assert all(text.startswith(f"{path} ") for text in failures)
    assert any("Invalid tensor index" in text for text in failures)


def test_a_tflite_file_without_signatures_is_refused():
    with pytest.raises(ExportError, match="nameless.tflite has no signature"):
        TFLiteReader(bundle() / "odd" / "nameless.tflite")


def test_float16_tensors_of_an_onnx_file_are_float32_outside():
    opened = OnnxReader(bundle() / "odd" / "negate.float16.onnx")
    (signature,) = opened.signatures.values()
    assert signature.name == "negate"  # the file has no metadata
    assert signature.inputs == (TensorInfo("x", (None, 2), "float32"),)
    output = opened.run("negate", {"x": [[1.0, 0.1]]})["negative"]
    assert output.dtype == "float32"
    np.testing.assert_array_equal(output, -np.float32(np.float16([[1.0, 0.1]])))


def test_onnx_takes_the_endpoint_from_the_metadata_before_the_file_name(tmp_path):
    path = tmp_path / "renamed.onnx"
    path.write_bytes((bundle() / "onnx" / "decode.onnx").read_bytes())
    with OnnxReader(path, threads=1) as opened:
        assert list(opened.signatures) == ["decode"]
