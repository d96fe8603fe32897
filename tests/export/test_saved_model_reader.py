"""SavedModels in TensorFlow's C++ loader: every type, errors instead of aborts, flat memory."""

import os
import shutil

import numpy as np
import pytest

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.saved_model.c_api import Session
from keras_ae.export.formats.saved_model.saved_model_reader import SavedModelReader, newest_version
from keras_ae.export.formats.saved_model.wire_format import field, fields, read_signatures
from tests.export.reader_examples import ENDPOINTS, bundle, feeds, same_as_keras
from tests.subprocesses import python

pytestmark = pytest.mark.slow  # real conversions

TYPES = ["float32", "float64", "int32", "int64", "uint8", "int8", "bool"]


@pytest.mark.parametrize("name", TYPES)
def test_every_type_goes_in_and_comes_out(name):
    with SavedModelReader(bundle() / "types") as opened:
        x = np.array([[0, 1], [1, 0], [1, 1]], name)
        more = opened.run(name, {"x": x})["more"]
    assert more.dtype == name
    np.testing.assert_array_equal(more, ~x if name == "bool" else x + np.array(1, name))


def test_only_endpoints_are_listed_and_serving_default_runs():
    with SavedModelReader(bundle() / "saved_model" / "1", threads=1) as opened:
        assert set(opened.signatures) == set(ENDPOINTS)
        same_as_keras("encode", opened.run("serving_default", feeds("encode")))


def test_signatures_are_what_tensorflow_reads():
    import tensorflow as tf

    path = bundle() / "saved_model" / "1"
    model = tf.saved_model.load(str(path))
    (message,) = (
        value for number, value in fields((path / "saved_model.pb").read_bytes()) if number == 2
    )
    ours = read_signatures(message)
    assert set(ours) == set(model.signatures)
    for name, theirs in model.signatures.items():
        for side, specs in (
            (ours[name].signature.inputs, theirs.structured_input_signature[1]),
            (ours[name].signature.outputs, theirs.structured_outputs),
        ):
            read = {tensor.name: (tensor.shape, tensor.dtype) for tensor in side}
            assert read == {
                key: (tuple(spec.shape), spec.dtype.name) for key, spec in specs.items()
            }


def test_fields_are_as_tensorflow_writes_them():
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto(
        device_count={"GPU": 0}, intra_op_parallelism_threads=300, inter_op_parallelism_threads=1
    )
    ours = field(1, field(1, b"GPU") + field(2, 0)) + field(2, 300) + field(5, 1)
    assert tf.compat.v1.ConfigProto.FromString(ours) == config
    record = tf.train.Feature(float_list=tf.train.FloatList(value=[1.0])).SerializeToString()
    assert list(fields(record)) == [(2, field(1, np.float32(1.0).tobytes()))]


def test_a_wrong_rank_is_an_error_of_the_graph_and_no_abort():
    session = Session(bundle() / "saved_model" / "1")
    wanted = read_signatures(session.meta_graph)["encode"]
    (feed,), (fetch,) = wanted.inputs.values(), wanted.outputs.values()
    for shape in ((3, 8, 8), (8, 8, 1), (3, 8, 8, 2), ()):
        with pytest.raises(ExportError, match="not compatible with expected shape"):
            session.run({feed: np.zeros(shape, "float32")}, [fetch])
    (latent,) = session.run({feed: feeds("encode")["x"]}, [fetch])
    same_as_keras("encode", {"latent": latent})
    with pytest.raises(ExportError, match="no tensor nothing:0"):
        session.run({}, ["nothing:0"])


def test_an_error_of_an_operation_is_told():
    opened = SavedModelReader(bundle() / "types" / "1")
    with pytest.raises(ExportError, match=r"types.1 failed.*`x` must be finite"):
        opened.run("finite", {"x": [np.nan]})
    np.testing.assert_array_equal(opened.run("finite", {"x": [2.0]})["more"], [2.0])


def test_memory_stays_flat():
    script = f"""
import pathlib, resource
import numpy as np
from keras_ae.export.errors import ExportError
from keras_ae.export.formats.saved_model.saved_model_reader import SavedModelReader

def used():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

reader = SavedModelReader({str(bundle() / "types")!r})
x = {{"x": np.zeros((2**16, 2), "float32")}}  # half a MiB
bad = {{"x": np.full(2**17, np.nan, "float32")}}
def once():
    reader.run("float32", x)
    try:
        reader.run("finite", bad)
    except ExportError:
        return
    raise AssertionError
for _ in range(50):
    once()
before = used()
for _ in range(500):
    once()
print((used() - before) / 2**20)
"""
    # A leak of one tensor a run would be 250 MiB.
    assert float(python("-c", script)) < 20


def test_the_highest_version_is_taken(tmp_path):
    for version in ("9", "10", "draft"):
        shutil.copytree(bundle() / "types" / "1", tmp_path / version)
    assert newest_version(tmp_path) == tmp_path / "10"
    assert SavedModelReader(tmp_path).path == tmp_path / "10"


@pytest.mark.parametrize("byte", [-48, -44, -1])
def test_an_index_that_points_out_of_its_file_is_refused_before_tensorflow_ends(byte, tmp_path):
    shutil.copytree(bundle() / "saved_model" / "1", tmp_path / "1")
    index = tmp_path / "1" / "variables" / "variables.index"
    content = bytearray(index.read_bytes())
    content[byte] |= 0xF0
    index.write_bytes(content)
    with pytest.raises(ExportError, match=r"can't be opened .*variables.index is damaged"):
        SavedModelReader(tmp_path)
    os.remove(index)
    os.mkfifo(index)
    with pytest.raises(ExportError, match=r"variables.index is no file"):
        SavedModelReader(tmp_path)


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.index", "DATA"])
def test_a_broken_saved_model_is_an_error_that_names_it(file, tmp_path):
    path = tmp_path / "1"
    shutil.copytree(bundle() / "saved_model" / "1", path)
    broken = path / file.replace("DATA", "variables/variables.data-00000-of-00001")
    whole = broken.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for content in (whole[:middle], b"", *([flipped] if file == "DATA" else [])):
        broken.write_bytes(content)
        with pytest.raises(ExportError, match=f"^{path} can't be opened"):
            SavedModelReader(tmp_path)
    broken.unlink()
    # Without an index the loader takes it for a model that has no variables, until it needs one.
    with pytest.raises(ExportError, match=f"^{tmp_path}"):
        SavedModelReader(tmp_path).run("encode", feeds("encode"))
