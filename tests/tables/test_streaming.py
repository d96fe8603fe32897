"""A model of a table that is read while it is trained on: the same as from memory."""

import sys

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keras_ae.tables import ParquetTable, TableModel, TableSchema, _batches, parquet_table
from keras_ae.tables._batches import streamed_batches
from keras_ae.tables._making import _made_model
from keras_ae.training import NonFiniteLossError
from tests.environments import ROOT
from tests.subprocesses import run

SMALL = {"latent_dim": 2, "units": (8,), "seed": 0}
WINDOW = 40  # rows


@pytest.fixture(scope="session")
def path(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("streaming") / "rows.parquet"
    frame.to_parquet(path, row_group_size=17)
    return path


@pytest.fixture
def small_buffer(frame, monkeypatch):
    """Let a training stream: a few rows at a time."""
    columns = len(frame.columns) - 1  # of which one is constant
    monkeypatch.setattr(_batches, "SHUFFLE_BUFFER_BYTES", WINDOW * columns * 4)
    monkeypatch.setattr(parquet_table, "ROWS_AT_ONCE", 25)


def state(model):
    """Return all that training changes."""
    variables = [*model.model.variables, *model.model.optimizer.variables]
    return [np.array(variable) for variable in variables]


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def rows_in_order(schema, path, batch_size, epochs):
    """Return the codes of a streamed training, epoch by epoch."""
    stream = streamed_batches(schema, ParquetTable(path), batch_size, WINDOW, 0, epochs)
    found = [stream[step][0] for step in range(epochs * stream.steps)]
    return np.split(np.concatenate(found), epochs)


def test_an_epoch_has_each_row_once_from_all_over_the_file(frame, path, small_buffer):
    schema = TableSchema.infer(frame)
    codes = schema.encode(frame)
    numbers = {row.tobytes(): number for number, row in enumerate(codes)}
    assert len(numbers) == len(frame)
    epochs = [
        [numbers[row.tobytes()] for row in rows]
        for rows in rows_in_order(schema, path, 16, epochs=2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(len(frame)))
    # A window of 32 rows is of two or three row groups of 17, other ones in each epoch.
    groups = [{row // 17 for row in rows[:32]} for rows in epochs]
    assert all(2 <= len(each) <= 3 for each in groups)
    assert groups[0] != groups[1]
    assert epochs[0][:32] != sorted(epochs[0][:32])


@pytest.mark.slow
def test_streamed_training_is_that_of_the_same_rows_in_memory(frame, path, small_buffer):
    schema = TableSchema.infer(frame)
    settings = TableModel(schema, **SMALL)
    streamed = TableModel(schema, **SMALL).fit(path, epochs=2, batch_size=16)
    model = _made_model(settings, schema)
    model.compile(keras.optimizers.Adam(1e-3))
    for rows in rows_in_order(schema, path, 16, epochs=2):
        model.fit(rows, batch_size=16, epochs=1, shuffle=False, verbose=0)
    for one, other in zip(streamed.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_what_fits_in_the_buffer_is_as_from_memory(frame, path):
    """Bit for bit, schema, order and weights; so is what streams, if it fits in one window."""
    schema = TableSchema.infer(frame)
    whole = TableModel(schema, **SMALL).fit(frame, epochs=2, batch_size=16)
    held = TableModel(schema, **SMALL).fit(path, epochs=2, batch_size=16)
    assert_equal(state(held), state(whole))
    stream = streamed_batches(schema, ParquetTable(path), 16, 1000, seed=0, epochs=2)
    model = _made_model(TableModel(schema, **SMALL), schema)
    model.compile(keras.optimizers.Adam(1e-3))
    model.fit(stream, epochs=2, steps_per_epoch=stream.steps, shuffle=False, verbose=0)
    assert_equal(model.get_weights(), whole.model.get_weights())


@pytest.mark.slow
def test_many_steps_in_a_call_stream_too(frame, path, small_buffer, caplog):
    """A training long enough for several steps in a call, whose calls end within windows."""
    schema = TableSchema.infer(frame)
    with caplog.at_level("INFO", "keras_ae"):
        first = TableModel(schema, **SMALL).fit(path, epochs=30, batch_size=8)
    assert "15 steps in a call" in caplog.text
    again = TableModel(schema, **SMALL).fit(str(path), epochs=30, batch_size=8)
    assert_equal(state(again), state(first))
    codes = schema.encode(frame)
    losses = []
    for model in (first.model, _made_model(TableModel(schema, **SMALL), schema)):
        model.compile(run_eagerly=keras.backend.backend() == "tensorflow")
        losses.append(model.evaluate(codes, batch_size=len(codes), verbose=0, return_dict=True))
    trained, untrained = (each["loss"] for each in losses)
    assert trained < 0.95 * untrained


@pytest.mark.slow
def test_what_is_asked_of_a_file_is_what_is_asked_of_a_frame(
    frame, trained, path, tmp_path, small_buffer
):
    np.testing.assert_allclose(trained.score(path), trained.score(frame), rtol=1e-5)
    for batch_size in (16, 256):
        found, expected = (trained.evaluate(data, batch_size) for data in (path, frame))
        assert found == pytest.approx(expected, rel=1e-5)
    options = {"num_samples": 1000, "seed": 3}  # whose draws are made for 16 rows at once
    expected = trained.impute(frame, **options)
    pd.testing.assert_frame_equal(trained.impute(path, **options), expected)
    output = tmp_path / "filled.parquet"
    assert trained.impute(path, **options, output=output) == output
    found = pd.read_parquet(output)
    pd.testing.assert_frame_equal(found, expected)
    assert pq.read_metadata(output).num_row_groups == 8
    one, two = (trained.draw_imputations(data, 1, **options)[0] for data in (path, frame))
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(trained.attribute(path), trained.attribute(frame))
    again = trained.impute(expected, output=tmp_path / "again.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(again), expected)
    for wrong, words in (
        (output, "`output` must be a new file in a folder. .*something is there"),
        (tmp_path / "none" / "x.parquet", "no folder to write it in"),
        (tmp_path / "x.csv", "`output` must be the path of a .parquet file"),
    ):
        with pytest.raises(ValueError, match=words):
            trained.impute(frame, output=wrong)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["again.parquet", "filled.parquet"]


@pytest.mark.slow
def test_a_written_table_keeps_its_types_and_what_no_float_holds(tmp_path):
    """Numbers of 61 bits beside gaps, in a column that isn't modelled; small types stay small."""
    random = np.random.default_rng(0)
    count = 90
    ids = [None if place % 9 == 0 else 2**60 + place for place in range(count)]
    some = random.random(count) < 0.2
    table = pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "level": pa.array(random.integers(100, 127, count), pa.int8(), mask=some),
            "ok": pa.array(random.random(count) < 0.5, pa.bool_(), mask=some[::-1]),
            "day": pa.array(random.integers(18_000, 19_000, count), pa.int32(), mask=some).cast(
                pa.date32()
            ),
            "kind": pa.array(random.choice(["a", "b", "c"], count), mask=some).dictionary_encode(),
            "cost": pa.array(random.integers(0, 10**6, count) / 100, mask=some).cast(
                pa.decimal128(12, 2)
            ),
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=40)
    schema = TableSchema.infer(tmp_path / "rows.parquet", kinds={"id": "identifier"})
    model = TableModel(schema, **SMALL).fit(tmp_path / "rows.parquet", epochs=1)
    model.impute(tmp_path / "rows.parquet", 50, output=tmp_path / "filled.parquet")
    filled = pq.read_table(tmp_path / "filled.parquet")
    assert filled.schema.types == table.schema.types
    assert filled["id"].to_pylist() == ids
    for name in table.column_names[1:]:
        assert filled[name].null_count == 0
        there = table[name].is_valid()
        assert filled[name].filter(there).to_pylist() == table[name].filter(there).to_pylist()


@pytest.mark.slow
def test_a_cell_that_doesn_t_fit_ends_a_training_by_its_row(frame, path, tmp_path, small_buffer):
    schema = TableSchema.infer(frame)
    wrong = frame.copy()
    wrong.loc[101, "amount"] = -2.0
    wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=17)
    model = TableModel(schema, **SMALL)
    with pytest.raises(ValueError, match="'amount' must hold numbers > 0.*Received: -2$"):
        model.fit(tmp_path / "wrong.parquet", epochs=1, batch_size=16)
    assert model.model is None
    with pytest.raises(ValueError, match="none called 'amount'"):
        model.fit(ParquetTable(path, columns=["time", "one"]))
    wrong = frame.assign(items=np.where(np.arange(len(frame)) == 101, 1.5, frame["items"]))
    wrong.to_parquet(tmp_path / "wrong.parquet", row_group_size=17)
    with pytest.raises(ValueError, match="'items' must hold whole.*1.5 in row 101"):
        model.fit(tmp_path / "wrong.parquet", epochs=1, batch_size=16)


@pytest.mark.slow
def test_a_loaded_model_goes_on(frame, tmp_path):
    """An epoch, saved, loaded, and two more are three: in the order of batches, too."""
    options = {"batch_size": 16, "learning_rate": 0.01}
    schema = TableSchema.infer(frame)
    whole = TableModel(schema, **SMALL).fit(frame, epochs=3, **options)
    part = TableModel(schema, **SMALL).fit(frame, epochs=1, **options)
    part.save(tmp_path / "part.zip")
    loaded = TableModel.load(tmp_path / "part.zip")
    assert_equal(state(loaded), state(part))
    assert loaded.seed == SMALL["seed"]
    assert loaded.fit(frame, epochs=1, **options) is loaded
    loaded.fit(frame, epochs=1, **options)
    for one, other in zip(state(loaded), state(whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert loaded.schema == schema
    before = state(loaded)
    for data, words in (
        (frame.drop(columns="items"), "none called 'items'"),
        (frame.assign(more=1), "also 'more'"),
        (frame.assign(items=0.5), "'items' must hold whole numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            loaded.fit(data)
    with pytest.raises(NonFiniteLossError, match="isn't finite"):
        loaded.fit(frame, epochs=9, learning_rate=1e30)
    assert_equal(state(loaded), before)


PEAK = r"""
import re, sys
from pathlib import Path
from keras_ae.tables import TableModel, TableSchema
path = sys.argv[1]
model = TableModel(latent_dim=2, units=(8,), seed=0).fit(path, epochs=1, batch_size=4096)
scores = model.score(path)
model.evaluate(path, batch_size=4096)
model.impute(path, num_samples=1, output=path + ".filled.parquet")
peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]
print(len(scores), int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_doesn_t_grow_with_the_rows_or_row_groups(tmp_path):
    """A schema, an epoch, scores, an evaluation and a filled file, of one row group each."""
    megabytes = []
    for rows in (250_000, 1_500_000):
        path = tmp_path / f"{rows}.parquet"
        random = np.random.default_rng(0)
        frame = pd.DataFrame(
            random.normal(size=(rows, 16)), columns=[f"n{place}" for place in range(16)]
        )
        frame["kind"] = pd.Categorical.from_codes(
            random.integers(0, 3, rows), ["left", "right", "none"]
        ).astype("str")
        frame.loc[::100, "n3"] = None
        frame.to_parquet(path, row_group_size=rows)
        del frame
        said = run([sys.executable, "-c", PEAK, str(path)], cwd=ROOT)
        assert int(said.split()[-2]) == rows
        megabytes.append(int(said.split()[-1]))
    assert path.stat().st_size > 150e6  # so a row group that is held is seen
    assert megabytes[1] - megabytes[0] < 60, megabytes
