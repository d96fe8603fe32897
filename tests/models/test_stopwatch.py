"""Ways to train are timed in turns, on a clock that the test moves."""

from types import SimpleNamespace

import pytest

from keras_ae.models import _stopwatch
from keras_ae.models._stopwatch import Stopwatch, in_turns


class FakeTime:
    """A clock, and ways to run steps that move it."""

    def __init__(self):
        self.now = 0.0
        self.counts = {}

    def perf_counter(self):
        return self.now

    def watch(self, name, *seconds):
        """Return a stopwatch of steps of these seconds, call by call; the last goes on."""
        self.counts[name] = []

        def run(arrays, rows, capacity):
            self.now += len(rows) * seconds[min(len(self.counts[name]), len(seconds)) - 1]
            self.counts[name].append(len(rows))
            return {"loss": 0.0}

        resident = SimpleNamespace(arrays=(), whole=400, batch_size=2)
        return Stopwatch(run, resident, 64)


@pytest.fixture
def fake_time(monkeypatch):
    clock = FakeTime()
    monkeypatch.setattr(_stopwatch, "time", clock)
    return clock


def test_the_ways_to_train_are_timed_in_turns_until_one_is_clearly_faster(fake_time):
    """The call of no step compiles; the next is short, as it also pays for memory."""
    watches = [fake_time.watch("slow", 0.004), fake_time.watch("fast", 0.2, 0.0019)]
    in_turns(watches)
    assert [watch.seconds for watch in watches] == pytest.approx([0.004, 0.0019])
    assert fake_time.counts["slow"] == [0, 2, 26, 26, 26]
    assert fake_time.counts["fast"] == [0, 2, 2, 54, 54]


def test_ways_that_are_close_have_more_turns(fake_time):
    in_turns([fake_time.watch("one", 0.009), fake_time.watch("other", 0.0095)])
    assert fake_time.counts == {"one": [0, 2, *6 * [12]], "other": [0, 2, *6 * [12]]}


def test_a_slow_moment_of_one_way_does_not_make_it_lose(fake_time):
    """Fast steps are timed again, however long the first ones took."""
    watches = [fake_time.watch("one", 0.004), fake_time.watch("other", 0.2, 0.2, 0.002)]
    in_turns(watches)
    assert watches[1].seconds < watches[0].seconds


def test_a_hopeless_way_to_train_has_no_turn(fake_time):
    watches = [fake_time.watch("one", 0.1), fake_time.watch("other", 3.0)]
    in_turns(watches)
    assert fake_time.counts == {"one": [0, 2, 2], "other": [0, 2]}
