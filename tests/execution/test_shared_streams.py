"""What is iterated over, pass after pass; how devices share it: tests/distributed."""

import itertools

import numpy as np
import pytest

from keras_ae.execution.shared_streams import _length, _Passes


class Stream:
    """Batches of another number in each pass; a length, if there is one."""

    def __init__(self, batches):
        self.batches, self.passes = batches, 0

    def __iter__(self):
        self.passes += 1
        return iter([(self.passes, index) for index in range(self.batches)])


def test_a_stream_starts_anew_after_its_last_batch_and_at_number_0():
    passes = _Passes(Stream(3))
    found = [passes.batch(index) for index in range(7)]
    assert found == [*itertools.product((1, 2), range(3)), (3, 0)]
    assert passes.batch(0) == (4, 0)


def test_a_stream_that_has_nothing_is_no_endless_wait():
    with pytest.raises(ValueError, match="must have batches in each pass. Received: none"):
        _Passes(Stream(0)).batch(0)


def test_the_length_is_what_the_stream_knows():
    assert _length([1, 2]) == 2
    assert _length(Stream(3)) is None
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices(np.arange(5))
    assert _length(data.batch(2)) == 3
    assert _length(data.repeat()) is None
    assert _length(data.filter(lambda x: x > 1)) is None
