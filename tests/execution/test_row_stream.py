"""Rows that are read window by window train a model as the same rows in memory do."""

import threading
import time

import keras
import numpy as np
import pytest

from keras_ae.execution.multi_step_model import MultiStepModel
from keras_ae.execution.row_stream import RowStream
from keras_ae.execution.shuffled_batches import ShuffledBatches

ROWS = np.arange(50, dtype="float32")[:, None] * np.array([1, -1], "float32")


def stream(window, seed=0, epochs=3, rows=ROWS, batch_size=4, pieces=7):
    def read(epoch):
        yield from np.array_split(rows, pieces)

    return RowStream(read, len(rows), rows.shape[1:], batch_size, window, seed, epochs)


def epoch_of(batches, epoch):
    steps = range(epoch * batches.steps, (epoch + 1) * batches.steps)
    return [batches[step][0] for step in steps]


def test_one_window_has_the_order_of_rows_in_memory():
    found, expected = stream(window=1000), ShuffledBatches(ROWS, 4, seed=0)
    assert found.steps == expected.steps
    for epoch in range(3):
        for one, other in zip(epoch_of(found, epoch), epoch_of(expected, epoch), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("window", [1, 4, 9, 13, 48, 50, 51])
def test_each_epoch_has_each_row_once_in_an_order_of_its_own(window):
    batches = stream(window)
    epochs = [epoch_of(batches, epoch) for epoch in range(2)]
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4] * 12 + [2]
        np.testing.assert_array_equal(np.sort(np.concatenate(epoch), axis=0)[:, 0], ROWS[:, 0])
    assert not np.array_equal(epochs[0][:12], epochs[1][:12])
    again = stream(window, epochs=1)
    np.testing.assert_array_equal(epochs[1][5], again[13 + 5][0])  # any place may be asked for
    np.testing.assert_array_equal(epochs[0][3], again[3][0])
    in_order = stream(window, seed=None)
    np.testing.assert_array_equal(np.concatenate(epoch_of(in_order, 0)), ROWS)


def test_a_window_is_read_while_another_is_trained_on():
    read = []

    def rows(epoch):
        for number in range(5):
            read.append((epoch, number, threading.current_thread()))
            yield ROWS[number * 10 : number * 10 + 10]

    batches = RowStream(rows, 50, (2,), 5, 10, 0, epochs=2)
    for epoch in range(2):
        for window in range(5):
            batches[epoch * 10 + window * 2]
            deadline = time.monotonic() + 10
            coming = min(epoch * 5 + window + 2, 10)  # the next one, and none behind the last
            while len(read) < coming and time.monotonic() < deadline:
                time.sleep(0.001)
            assert len(read) == coming
    assert [each[:2] for each in read] == [(epoch, n) for epoch in range(2) for n in range(5)]
    assert threading.current_thread() not in {each[2] for each in read}


class Line(MultiStepModel):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(keras.ops.square(y_pred[:, 0] - 3 * x[:, 0] - 1))


def trained(data, steps, **options):
    keras.utils.set_random_seed(0)
    model = Line()
    model(ROWS[:1])
    model.compile(keras.optimizers.SGD(1e-4), steps_per_execution=steps)
    losses = model.fit(data, epochs=3, shuffle=False, verbose=0, **options).history["loss"]
    return [*model.get_weights(), losses]


@pytest.mark.parametrize("steps", [1, 5])
def test_training_is_that_of_the_same_rows_in_memory(steps):
    """Windows of 12 rows, which end within a call of 5 batches."""
    batches = stream(window=14)
    order = [np.concatenate(epoch_of(batches, epoch)) for epoch in range(3)]
    found = trained(stream(window=14), steps, steps_per_epoch=batches.steps)

    class Ordered(ShuffledBatches):
        def order(self, index):
            return np.abs(order[index][:, 0]).astype("int32")

    expected = trained(Ordered(ROWS, 4, seed=0), steps, steps_per_epoch=batches.steps)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("steps", [1, 5])
def test_an_evaluation_is_that_of_rows_in_memory(steps):
    model = Line()
    model(ROWS[:1])
    model.compile("sgd", steps_per_execution=steps)
    batches = stream(window=14, seed=None)
    found = model.evaluate(batches, steps=batches.steps, verbose=0)
    assert found == pytest.approx(model.evaluate(ROWS, batch_size=4, verbose=0), rel=1e-6)


def test_what_fails_while_reading_is_told():
    def broken(epoch):
        yield ROWS[:20]
        raise ValueError("row 20 is broken")

    batches = RowStream(broken, 50, (2,), 4, 20, 0)
    batches[0]
    with pytest.raises(ValueError, match="row 20 is broken"):
        batches[7]
    assert str(batches.failure) == "row 20 is broken"
    with pytest.raises(ValueError, match="row 20 is broken"):
        batches[7]
    with pytest.raises(ValueError, match="Each epoch must have 60 rows. Received: 50 in epoch 1"):
        RowStream(lambda epoch: iter([ROWS]), 60, (2,), 4, 20, 0)[14]
