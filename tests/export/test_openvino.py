"""OpenVINO: two files an endpoint, proven and opened as the other formats are."""

import json
import re
import shutil
import sys

import keras
import numpy as np
import openvino
import pytest
import tensorflow as tf

from keras_ae import cli
from keras_ae.export import (
    ExportError,
    UnsupportedModelError,
    export_model,
    load_artifact,
    measure_latency,
    verify,
)
from keras_ae.export.formats.openvino.openvino_reader import OpenVINOReader
from keras_ae.export.proof.operations import check_operations, forbidden_operations
from keras_ae.export.proof.quantized_share import narrow_weights
from tests.export.bundle_readme import run_readme
from tests.export.deployment_page import snippet
from tests.subprocesses import run

ENDPOINTS = ("encode", "decode", "posterior", "score")
PRECISIONS = ("float32", "float16")
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def made(digits_vae, tmp_path_factory):
    """Return the directory and the report of a bundle of OpenVINO files."""
    directory = tmp_path_factory.mktemp("openvino") / "digits"
    report = export_model(
        digits_vae.model,
        directory,
        formats=("openvino",),
        precisions=PRECISIONS,
        endpoints=ENDPOINTS,
        sample_data=digits_vae.x,
        threshold=20.0,
        metadata={"license": "CC BY 4.0"},
        verbose=False,
    )
    return directory, report


@pytest.mark.slow
def test_each_artifact_is_two_files_both_sized_and_hashed(made):
    directory, report = made
    assert report.proven
    assert not (directory / "saved_model").exists()  # the source goes when it isn't asked for
    record = json.loads((directory / "manifest.json").read_text())
    assert len(report.artifacts) == len(ENDPOINTS) * len(PRECISIONS)
    for artifact, found in zip(record["artifacts"], report.artifacts, strict=True):
        side_file = artifact["path"].replace(".xml", ".bin")
        assert artifact["side_files"] == [side_file]
        sizes = [record["files"][name]["size"] for name in (artifact["path"], side_file)]
        assert found.size == sum(sizes)
        assert sizes == [(directory / name).stat().st_size for name in (found.path, side_file)]
        assert {error["data"] for error in artifact["errors"]} == {"sample", "drawn"}
        assert all(error["passed"] for error in artifact["errors"])
        assert artifact["operations"]["Result"] >= 1
    assert "openvino" in record["packages"]


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
def test_endpoints_equal_the_methods(made, digits_vae, precision):
    model, x = digits_vae.model, digits_vae.x[:5]
    close = CLOSE if precision == "float32" else {"rtol": 1e-3, "atol": 5e-3}
    with load_artifact(made[0], precision=precision, threads=1) as artifact:
        assert set(artifact.endpoints) == set(ENDPOINTS)
        np.testing.assert_allclose(artifact.encode(x), model.encode(x), **close)
        posterior = artifact.posterior(x)
        np.testing.assert_allclose(posterior.mean, model.posterior(x).mean, **close)
        np.testing.assert_allclose(posterior.scale, model.posterior(x).scale, **close)
        score = artifact.score(x)
        np.testing.assert_allclose(score.score, model.anomaly_score(x), **close)
        np.testing.assert_array_equal(score.is_anomaly, score.score > 20.0)
        assert score.is_anomaly.dtype == bool


@pytest.mark.slow
def test_ctrl_c_reaches_python_after_artifacts_are_closed(made):
    program = (
        "import signal, sys\n"
        "import numpy as np\n"
        "from keras_ae.export import load_artifact\n"
        "opened = [load_artifact(sys.argv[1], precision=each) for each in sys.argv[2:]]\n"
        "for artifact in opened:\n"
        "    artifact.decode(np.zeros((1, 2), 'float32'))\n"
        "for artifact in opened:\n"
        "    artifact.close()\n"
        "signal.signal(signal.SIGINT, lambda *_: print('noted'))\n"
        "signal.raise_signal(signal.SIGINT)\n"
    )
    assert run([sys.executable, "-c", program, str(made[0]), *PRECISIONS]) == "noted\n"


@pytest.mark.slow
def test_a_lone_file_knows_what_it_is(made, digits_vae, tmp_path):
    for suffix in ("xml", "bin"):
        shutil.copy(made[0] / "openvino" / f"decode.{suffix}", tmp_path / f"renamed.{suffix}")
    latent = np.zeros((3, 2), "float32")
    with load_artifact(tmp_path / "renamed.xml") as artifact:
        assert artifact.endpoints == ("decode",)
        np.testing.assert_allclose(
            artifact.decode(latent), digits_vae.model.decode(latent), **CLOSE
        )


@pytest.mark.slow
def test_float16_files_are_smaller_and_keep_what_is_no_kernel(made):
    directory = made[0] / "openvino"
    for name in ENDPOINTS:
        sizes = [(directory / f"{name}{middle}.bin").stat().st_size for middle in ("", ".float16")]
        assert sizes[1] < 0.6 * sizes[0]
        assert narrow_weights(directory / f"{name}.xml", "openvino", 16) == 0.0
        assert narrow_weights(directory / f"{name}.float16.xml", "openvino", 16) == 1.0


@pytest.mark.slow
def test_the_readme_runs(made, digits_vae):
    results = run_readme(made[0])
    assert len(results) == 2
    for latent in results:  # the last file of each block: float32 of any, float16 of the format's
        np.testing.assert_allclose(latent, digits_vae.model.encode(digits_vae.x[:17]), atol=5e-3)


@pytest.mark.slow
def test_the_snippet_of_the_page_runs(made, digits_vae):
    code = snippet("openvino")
    path = re.search(r'"(.*)/openvino/decode.xml"', code)[1]
    assert "np.arange(16" in code
    names = {}
    exec(code.replace(path, str(made[0])).replace("np.arange(16", "np.arange(2"), names)
    expected = digits_vae.model.decode(names["latent"])
    np.testing.assert_allclose(names["reconstruction"], expected, **CLOSE)


@pytest.mark.slow
def test_a_changed_or_absent_side_file_is_found(made, tmp_path):
    shutil.copytree(made[0], tmp_path / "bundle")
    weights = tmp_path / "bundle" / "openvino" / "encode.bin"
    content = bytearray(weights.read_bytes())
    content[5] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ExportError, match=r"encode\.bin is not as it was written"):
        load_artifact(tmp_path / "bundle")
    found = {each.path: each.status for each in verify(tmp_path / "bundle").artifacts}
    assert found.pop("openvino/encode.xml") == "failed"
    assert set(found.values()) == {"proven"}
    weights.unlink()
    with pytest.raises(ExportError, match=r"encode\.bin is missing"):
        load_artifact(tmp_path / "bundle")
    with pytest.raises(ExportError, match="can't be opened in OpenVINO"):
        load_artifact(weights.with_suffix(".xml"))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_broken_file_is_an_error_that_names_it(made, tmp_path, share):
    path = tmp_path / "encode.xml"
    shutil.copy(made[0] / "openvino" / "encode.bin", tmp_path)
    whole = (made[0] / "openvino" / "encode.xml").read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ExportError, match=f"^{path} "):
        OpenVINOReader(path)
    with pytest.raises(ExportError, match=f"^{path} "):
        check_operations(path, "openvino")


def test_what_must_not_be_in_a_file():
    found = dict(forbidden_operations(["MatMul", "RandomUniform", "extension.My"], "openvino"))
    assert set(found) == {"RandomUniform", "extension.My"}
    assert not forbidden_operations(["ScatterUpdate"], "openvino")  # its own, of a copy
    for state in ("opset6.ReadValue", "Assign"):
        assert forbidden_operations([state], "openvino")


def test_integers_that_the_runtime_would_cut_are_refused(tmp_path):
    """OpenVINO's CPU computes int64 in 32 bits: 2**40 + 1 would be 1, without an error."""
    parameter = openvino.opset13.parameter([-1, 2], np.int64, name="ids")
    model = openvino.Model([openvino.opset13.add(parameter, np.int64(1))], [parameter], "more")
    openvino.save_model(model, tmp_path / "more.xml")
    with OpenVINOReader(tmp_path / "more.xml") as opened:
        ((signature,), (output,)) = opened.signatures.values(), opened.signatures["more"].outputs
        (name,) = (each.name for each in signature.inputs)
        found = opened.run("more", {name: [[2**31 - 2, -5]]})[output.name]
        assert found.tolist() == [[2**31 - 1, -4]]
        with pytest.raises(ValueError, match="computes int64 in 32 bits"):
            opened.run("more", {name: [[2**40, 0]]})


@pytest.mark.slow
def test_a_fixed_batch_is_kept_and_two_exports_give_the_same_bytes(digits_vae, tmp_path):
    for name in ("first", "second"):
        export_model(
            digits_vae.model,
            tmp_path / name,
            formats=("openvino",),
            endpoints=("reconstruct",),
            sample_data=digits_vae.x,
            batch=4,
            verbose=False,
        )
    files = ("reconstruct.xml", "reconstruct.bin")
    first, second = (
        [(tmp_path / name / "openvino" / file).read_bytes() for file in files]
        for name in ("first", "second")
    )
    assert first == second
    x = digits_vae.x[:4]
    with load_artifact(tmp_path / "first") as artifact:
        assert artifact.signatures["reconstruct"].inputs[0].shape == (4, 8, 8, 1)
        np.testing.assert_allclose(
            artifact.reconstruct(x), digits_vae.model.reconstruct(x), **CLOSE
        )
        with pytest.raises(ValueError, match=r"shape \(4, 8, 8, 1\)"):
            artifact.reconstruct(x[:3])


@pytest.mark.slow
def test_models_of_others_keep_their_types_and_names(tmp_path):
    ids = keras.Input((6,), dtype="int64", name="item-ids")
    state = keras.Input((None, 3), name="state")
    rows = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(50, 8)(ids))
    both = keras.layers.Concatenate()([rows, keras.layers.LSTM(4)(state)])
    outputs = {"code": keras.layers.Dense(4, "gelu")(both), "place": keras.ops.argmax(both, -1)}
    model = keras.Model([ids, state], outputs)
    random = np.random.default_rng(0)
    data = {
        "item_ids": random.integers(0, 50, (32, 6)),
        "state": random.normal(size=(32, 5, 3)).astype("float32"),
    }
    options = {"sample_data": data, "formats": ("openvino",), "verbose": False}
    assert export_model(model, tmp_path / "bundle", precisions=PRECISIONS, **options).proven
    with load_artifact(tmp_path / "bundle") as artifact:
        found = artifact.call(
            **{
                name: array[:3, :4] if name == "state" else array[:3]
                for name, array in data.items()
            }
        )
        assert found.place.dtype == np.int32  # as Keras has it
        assert found.code.shape == (3, 4)


@pytest.mark.slow
def test_a_model_is_exported_to_one_path(digits_vae, tmp_path):
    digits_vae.model.export(tmp_path / "model.xml", format="openvino", sample_data=digits_vae.x)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin", "model.xml"]
    with load_artifact(tmp_path / "model.xml") as artifact:
        assert artifact.endpoints == ("reconstruct",)


@pytest.mark.slow
def test_what_it_lacks_is_refused_before_the_conversion(digits_vae, tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(tf.math.lgamma, name="gamma", output_shape=(4,))]
    )
    with pytest.raises(UnsupportedModelError, match="`gamma` .* exported to openvino"):
        export_model(
            *(model, tmp_path / "bundle"),
            formats=("openvino",),
            sample_data=np.ones((4, 4), "float32"),
        )


@pytest.mark.slow
def test_the_command_line_exports_verifies_and_measures(digits_vae, tmp_path, capsys):
    file, bundle = tmp_path / "model.keras", tmp_path / "bundle"
    digits_vae.model.save(file)
    np.save(tmp_path / "x.npy", digits_vae.x[:32])
    options = ["--formats", "openvino", "--endpoints", "encode", "--data", str(tmp_path / "x.npy")]
    assert cli.main(["export", str(file), "--output", str(bundle), *options]) == 0
    capsys.readouterr()
    assert cli.main(["verify", str(bundle)]) == 0
    assert "proven" in capsys.readouterr().out
    options = {"formats": ("openvino",), "verbose": False}
    (row,) = measure_latency(bundle, (1,), (1,), runs=3, **options).artifacts
    assert (row.format, row.status) == ("openvino", "measured")
    names = ("encode.xml", "encode.bin")
    sizes = [(bundle / "openvino" / name).stat().st_size for name in names]
    assert row.size == sum(sizes)
    assert verify(bundle).proven
