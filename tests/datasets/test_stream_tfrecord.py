"""Streams of TFRecord files: TensorFlow's records, read without it; what is wrong is named."""

import importlib.util

import numpy as np
import pytest

from keras_ae.datasets import DataError, stream_dataset
from keras_ae.datasets._example import float_feature, float_features
from keras_ae.datasets._open_source import open_source
from keras_ae.datasets._streamed_batches import StreamedBatches

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow, which writes them, isn't here",
)
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(50, 6)).astype("float32")


def example(x, **others):
    """Return a record with floats `x`, and other features."""
    import tensorflow as tf

    features = {"x": tf.train.Feature(float_list=tf.train.FloatList(value=x)), **others}
    record = tf.train.Example(features=tf.train.Features(feature=features))
    return record.SerializeToString()


def whole_numbers(*values):
    import tensorflow as tf

    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def write(path, records, compression=None):
    import tensorflow as tf

    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the rows in files of 20, 20 and 10 records."""
    for part in range(3):
        records = [
            example(x, label=whole_numbers(number, -1))
            for number, x in enumerate(ROWS[20 * part : 20 * part + 20])
        ]
        write(tmp_path / "rows" / f"rows.tfrecord-{part:05}-of-00003", records)
    return tmp_path / "rows"


def test_records_are_what_tensorflow_reads(folder):
    import tensorflow as tf

    files = sorted(map(str, folder.iterdir()))
    spec = {"x": tf.io.FixedLenFeature([6], tf.float32)}
    read = [tf.io.parse_single_example(each, spec)["x"] for each in tf.data.TFRecordDataset(files)]
    (batch,) = stream_dataset(folder, 50, shuffle=False, feature="x")
    np.testing.assert_array_equal(batch, np.stack(read))
    np.testing.assert_array_equal(batch, ROWS)


def test_each_record_comes_once(folder):
    stream = stream_dataset(folder, 8, seed=3)  # the only feature of floats
    first, second = (np.concatenate([np.asarray(batch) for batch in stream]) for _ in range(2))
    for rows in (first, second):
        np.testing.assert_array_equal(rows[np.lexsort(rows.T)], ROWS[np.lexsort(ROWS.T)])
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, ROWS)


def test_rows_are_found_by_number(folder):
    source = open_source(folder)
    chosen = RNG.integers(0, 50, 30)
    np.testing.assert_array_equal(source.read(chosen), ROWS[chosen])


def test_records_of_many_sizes_and_names():
    """Against the official message, whatever the lengths of names, lists and the map's order."""
    import tensorflow as tf

    for size in (0, 1, 40, 5000):
        x = RNG.normal(size=size).astype("float32")
        text = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"y" * size, b"x"]))
        others = {"n" * (size + 1): whole_numbers(*range(size)), "é": text, "xx": text}
        record = example(x, empty=tf.train.Feature(), **others)
        assert float_features(record) == ["x"]
        np.testing.assert_array_equal(float_feature(record, "x"), x)


def test_floats_that_are_not_packed_are_read_too():
    def field(number, content):
        return bytes([number << 3 | 2, len(content)]) + content

    values = np.array([1.5, -2.5], "<f4")
    loose = b"".join(b"\x0d" + value.tobytes() for value in values)  # field 1, four bytes
    parts = field(1, values[:1].tobytes()) + field(1, values[1:].tobytes())
    for content in (loose, parts, field(1, values.tobytes())):
        entry = field(1, b"x") + field(2, field(2, content))
        record = field(1, field(1, entry))
        np.testing.assert_array_equal(float_feature(record, "x"), values)
        import tensorflow as tf

        official = tf.train.Example.FromString(record).features.feature["x"].float_list.value
        assert list(official) == values.tolist()


@pytest.mark.parametrize(
    ("records", "feature", "message"),
    [
        ([b"hello"], None, r"record 0: expected tf\.train\.Example records"),
        ([b""], None, r"record 0: expected one feature of floats.*Received: none"),
        ([example(ROWS[0])], "y", r"record 0: expected a feature `y` of floats. Received: `x`"),
        ([example([])], None, "expected floats in feature `x`. Received: none"),
        ([], None, "an empty file"),
    ]
    if importlib.util.find_spec("tensorflow")
    else [],
)
def test_a_first_record_that_can_t_be_used_is_named(tmp_path, records, feature, message):
    with pytest.raises(DataError, match=message):
        stream_dataset(write(tmp_path / "x.tfrecord", records), feature=feature)


def test_two_features_of_floats_need_a_name(tmp_path):
    import tensorflow as tf

    other = tf.train.Feature(float_list=tf.train.FloatList(value=[1, 2]))
    path = write(tmp_path / "x.tfrecord", [example(ROWS[0], a=other)])
    with pytest.raises(DataError, match="or `feature` to name it. Received: `a`, `x`"):
        stream_dataset(path)
    assert open_source(path, feature="a").read(np.array([0])).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda: example(ROWS[0, :5]), "record 1: expected 6 floats in `x`, as in the first.*: 5"),
        (lambda: b"", "record 1: expected a feature `x` of floats. Received: a record without it"),
        (lambda: example(ROWS[0])[:-1], "record 1: .* Received: a message that is cut short"),
    ],
)
def test_a_later_record_is_named_when_its_turn_comes(tmp_path, second, message):
    path = write(tmp_path / "x.tfrecord", [example(ROWS[0]), second()])
    with pytest.raises(DataError, match=message):
        StreamedBatches(open_source(path), 2, False, 0)[0]


def test_a_list_of_integers_is_no_list_of_floats(tmp_path):
    import tensorflow as tf

    features = tf.train.Features(feature={"x": whole_numbers(1, 2)})
    record = tf.train.Example(features=features).SerializeToString()
    path = write(tmp_path / "x.tfrecord", [example(ROWS[0]), record])
    with pytest.raises(DataError, match="record 1: .* of floats. Received: integers"):
        open_source(path).read(np.array([1]))


@pytest.mark.parametrize("kind", ["GZIP", "ZLIB"])
def test_compressed_files_are_refused(tmp_path, kind):
    path = write(tmp_path / "x.tfrecord", [example(x) for x in ROWS], kind)
    received = "a GZIP file" if kind == "GZIP" else "no whole record after 0"
    with pytest.raises(DataError, match=f"complete TFRecord file, not compressed.*: {received}"):
        stream_dataset(path)


def test_a_file_that_is_cut_is_named(folder):
    path = folder / "rows.tfrecord-00001-of-00003"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"-00001-of-00003: .* no whole record after 19"):
        stream_dataset(folder)


def test_feature_is_for_these_files_only(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(DataError, match=r"expected TFRecord files, as `feature` names"):
        stream_dataset(tmp_path / "rows.npy", feature="x")
