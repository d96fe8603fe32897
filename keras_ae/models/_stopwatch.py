"""Which of several ways to carry out training steps takes least time."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae.models._blocks_tensorflow import TOGETHER
from keras_ae.models._resident import Resident

TURNS = 3  # of each way; as many again where two ways are close
LONG_ENOUGH = 0.1  # seconds of steps that are measured together
CLOSE = 1.25  # ways whose times differ by less are close
HOPELESS = 4.0  # times the best way's step, and PATIENCE: a way that takes longer has no turn
PATIENCE = 0.25  # seconds that a step may take longer for what has nothing to do with its way


class Stopwatch:
    """The least time that a step took in a call of several, compilation left out.

    Args:
        run: What `_blocks_tensorflow.compiled` returned.
        resident: The arrays; the first rows are used.
        capacity: As in `_blocks_tensorflow.compiled`.
    """

    def __init__(self, run: Any, resident: Resident, capacity: int) -> None:
        self._run, self._arrays, self._capacity = run, resident.arrays, capacity
        lines = max(TOGETHER, min(resident.whole, capacity) // TOGETHER * TOGETHER)
        first_rows = np.arange(min(lines, resident.whole) * resident.batch_size, dtype="int32")
        self._rows = np.resize(first_rows, (lines, resident.batch_size))
        self.seconds = math.inf
        run(self._arrays, self._rows[:0], capacity)  # compiles
        self._time(TOGETHER)  # pays for the memory that it asks for

    def turn(self) -> None:
        """Time as many steps as take long enough."""
        turns = math.ceil(LONG_ENOUGH / self.seconds / TOGETHER)
        self._time(min(len(self._rows), turns * TOGETHER))

    def _time(self, steps: int) -> None:
        start = time.perf_counter()
        logs = self._run(self._arrays, self._rows[:steps], self._capacity)
        float(logs["loss"])  # wait for it
        self.seconds = min(self.seconds, (time.perf_counter() - start) / steps)


def in_turns(watches: Sequence[Stopwatch]) -> None:
    """Time all ways in turns, so that a slow moment of the machine slows all of them.

    XLA's convolutions in a loop on a CPU take 30 times as long as TensorFlow's own: a hopeless way
    has no turn. One way alone has one.
    """
    for turn in range(2 * TURNS):
        best = min(watch.seconds for watch in watches)
        running = [watch for watch in watches if watch.seconds < HOPELESS * best + PATIENCE]
        for watch in running:
            watch.turn()
        if len(running) == 1 or (turn + 1 >= TURNS and not _close(running)):
            return


def _close(watches: Sequence[Stopwatch]) -> bool:
    times = sorted(watch.seconds for watch in watches)
    return any(b < CLOSE * a for a, b in itertools.pairwise(times))
