"""A table's model as files: missing cells go in, the schema goes along."""

import json
import sys

import numpy as np
import pytest

from keras_ae.export import export_model, load_artifact, verify
from keras_ae.tables import TableModel
from tests.subprocesses import run


@pytest.fixture(scope="module")
def bundle(frame, trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "bundle"
    export_model(
        trained,
        path,
        formats=("onnx",),
        endpoints=("score", "reconstruct"),
        sample_data=frame,
        verbose=False,
    )
    frame.to_csv(path.parent / "rows.csv", index=False)
    return path


@pytest.mark.slow
def test_a_bundle_takes_data_frames_and_rows(frame, trained, bundle):
    artifact = load_artifact(bundle, format="onnx")
    assert artifact.schema == trained.schema
    score = artifact.score(frame)
    np.testing.assert_allclose(score, trained.score(frame), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(artifact.score(trained.schema.encode(frame)), score)
    rows = json.loads(frame.head(3).to_json(orient="records", date_format="iso"))
    np.testing.assert_allclose(artifact.score(rows), score[:3], rtol=1e-5)
    np.testing.assert_array_equal(artifact.score(x=frame[frame.columns[::-1]]), score)
    decoded = artifact.schema.decode(artifact.reconstruct(frame))
    assert (decoded.dtypes == frame.dtypes).all()
    with pytest.raises(ValueError, match="none called 'amount'"):
        artifact.score(frame.drop(columns="amount"))


@pytest.mark.slow
def test_it_needs_no_tensorflow(frame, trained, bundle):
    code = (
        "import sys, pandas as pd\nfrom keras_ae.export import load_artifact\n"
        f"rows = pd.read_csv({str(bundle.parent / 'rows.csv')!r})\n"
        f"print(load_artifact({str(bundle)!r}, format='onnx').score(rows)[0])\n"
        "assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)\n"
    )
    assert abs(float(run([sys.executable, "-c", code])) - trained.score(frame)[0]) < 1e-3


@pytest.mark.slow
def test_a_changed_schema_is_refused(bundle, frame, tmp_path):
    assert verify(bundle).proven
    schema = bundle / "schema.json"
    text = schema.read_text()
    try:
        schema.write_text(text.replace('"NO"', '"SE"'))
        with pytest.raises(Exception, match="expected a bundle as written.*schema.json"):
            load_artifact(bundle, format="onnx")
    finally:
        schema.write_text(text)


@pytest.mark.slow
def test_what_can_t_be_exported_is_refused(frame, trained, tmp_path):
    options = {"formats": ("onnx",), "sample_data": frame, "verbose": False}
    with pytest.raises(ValueError, match="int8 has no number for a missing cell"):
        export_model(
            trained,
            tmp_path / "b",
            precisions=("int8_static",),
            calibration_data=frame,
            **options,
        )
    with pytest.raises(ValueError, match="must be fitted before it is exported"):
        export_model(TableModel(), tmp_path / "b", **options)


@pytest.mark.slow
def test_every_format_carries_missing_cells(frame, trained, tmp_path):
    """Compared in each runtime, on rows with missing cells, by the export itself."""
    report = export_model(
        trained,
        tmp_path / "bundle",
        formats=("saved_model", "tflite", "onnx"),
        precisions=("float32", "float16"),
        endpoints=("score",),
        sample_data=frame,
        verbose=False,
    )
    assert report.proven
    for name in ("saved_model", "tflite", "onnx"):
        score = load_artifact(tmp_path / "bundle", format=name).score(frame)
        np.testing.assert_allclose(score, trained.score(frame), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_the_encoder_loads_without_this_package(frame, trained, tmp_path):
    encoder = trained.model.encoder_model()
    encoder.save(tmp_path / "encoder.keras")
    x = trained.schema.encode(frame)
    np.save(tmp_path / "x.npy", x)
    code = (
        "import keras, numpy as np, sys\n"
        f"m = keras.models.load_model({str(tmp_path / 'encoder.keras')!r})\n"
        f"mean, scale = m.predict(np.load({str(tmp_path / 'x.npy')!r}), verbose=0)\n"
        "assert 'keras_ae' not in sys.modules\nprint(float(mean.sum()))\n"
    )
    found = float(run([sys.executable, "-c", code], cwd=tmp_path).split()[-1])
    assert abs(found - trained.model.encode(x).sum()) < 1e-2
