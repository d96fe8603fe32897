"""Training a table of mixed columns from Parquet: memory by rows, and speed beside plain Keras.

30 columns (numbers, positive numbers, counts, truths, categories, dates; cells are missing in a
third of them) are generated from a seed and written to a temporary file, row group by row group.

Memory: each case is a process of its own, which infers the schema and trains from the file; its
peak counts, beside that of one that only imports and trains on 1,000 rows. A long training is
compiled by XLA, whose compilation takes memory of its own. So two cases tell rows from steps: as
many rows in fewer, larger batches, which XLA doesn't compile; and few rows for as many steps.

Speed: one network and loss in one process, fed in three ways that take turns: streamed from the
file; its codes in memory; and a stock keras.Model of the same layers, `fit` on those codes as
float32 arrays. A round is a whole `fit` of some epochs; the first round, which compiles, is left
out. Reading and encoding the file is in the streamed way's time, and in no other's.

    python benchmarks/table_streaming.py --output benchmarks/results/table_streaming.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _runs import write

SEED = 0
GROUP_ROWS = 20_000  # in a row group
BATCH = 256
WAYS = ("streamed", "in memory", "plain Keras, in memory")
# Rows, rows in a batch, epochs of each process whose memory is measured.
CASES = (
    (1000, BATCH, 1),
    (100_000, BATCH, 1),
    (1_000_000, BATCH, 1),
    (4_000_000, BATCH, 1),
    (4_000_000, 4 * BATCH, 1),
    (100_000, BATCH, 40),
)


def main() -> None:
    """Measure and report, or be the process of one measurement."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="of the speed")
    every = [*range(len(CASES))]
    options.add_argument("--cases", type=int, nargs="*", default=every, help="of the memory")
    options.add_argument("--epochs", type=int, default=2, help="of a round")
    options.add_argument("--rounds", type=int, default=3, help="that count")
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    options.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.peak:
        path, batch, epochs = arguments.peak
        print(json.dumps(peak(Path(path), int(batch), int(epochs))))
        return
    started = time.time()
    with tempfile.TemporaryDirectory() as folder:
        memory = [
            measure_memory(Path(folder, f"{place}.parquet"), *CASES[place])
            for place in arguments.cases
        ]
        path = Path(folder, "speed.parquet")
        write_table(path, arguments.rows)
        speed = measure_speed(path, arguments.rows, arguments.epochs, arguments.rounds)
    import keras

    result = {
        "what": (__doc__ or "").splitlines()[0],
        "columns": len(columns(1, 0)),
        "batch_size": BATCH,
        "epochs_a_round": arguments.epochs,
        "seed": SEED,
        "memory": memory,
        "speed": speed,
        "minutes": round((time.time() - started) / 60, 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "keras": keras.__version__,
        "backend": keras.config.backend(),
    }
    print(json.dumps(result, indent=2), flush=True)
    if arguments.output is not None:
        write(result, arguments.output)


def columns(rows: int, number: int) -> dict[str, Any]:
    """Return the columns of a row group: what four hidden numbers say, and noise."""
    import pandas as pd

    random = np.random.default_rng([SEED, number])
    hidden = random.normal(size=(rows, 4))

    def noisy(place: int, scale: float) -> np.ndarray:
        return hidden[:, place % 4] + scale * random.normal(size=rows)

    found: dict[str, Any] = {}
    for place in range(8):
        found[f"number{place}"] = (10 * noisy(place, 0.3) + 100 * place).round(4)
    for place in range(4):
        found[f"positive{place}"] = np.exp(noisy(place, 0.3)).round(3) + 0.001
    for place in range(5):
        found[f"count{place}"] = random.poisson(np.exp(0.5 * noisy(place, 0.1) + 1))
    for place in range(4):
        found[f"truth{place}"] = noisy(place, 1.0) > 0
    for place in range(6):
        levels = np.array([f"level {level:02}" for level in range(3 + 4 * place)])
        share = 1 / (1 + np.exp(-noisy(place, 0.5)))
        found[f"category{place}"] = levels[(share * len(levels)).astype(int)]
    for place in range(3):
        seconds = (86_400 * (300 + 100 * noisy(place, 0.3))).astype("int64")
        found[f"date{place}"] = np.datetime64("2024-01-01", "s") + seconds
    nullable = {"i": "Int64", "b": "boolean"}
    for place, (name, values) in enumerate(found.items()):
        series = pd.Series(values)
        if place % 3 == 0:
            series = series.astype(nullable.get(series.dtype.kind, series.dtype))
            series = series.mask(random.random(rows) < 0.05)
        found[name] = series
    return found


def write_table(path: Path, rows: int) -> None:
    """Write the table, a row group at a time."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for number, start in enumerate(range(0, rows, GROUP_ROWS)):
        frame = pd.DataFrame(columns(min(GROUP_ROWS, rows - start), number))
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measure_memory(path: Path, rows: int, batch: int, epochs: int) -> dict[str, Any]:
    """Return the peak of a process that trains on so many rows."""
    write_table(path, rows)
    command = [sys.executable, __file__, "--peak", str(path), str(batch), str(epochs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    size = path.stat().st_size
    path.unlink()
    found = {"rows": rows, "batch_size": batch, "epochs": epochs}
    found["file_megabytes"] = round(size / 1e6, 1)
    found.update(json.loads(done.stdout.splitlines()[-1]))
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def peak(path: Path, batch: int, epochs: int) -> dict[str, float]:
    """Train from a file, and return this process' peak and the seconds that it took."""
    from keras_ae.tables import TableModel

    started = time.perf_counter()
    TableModel(seed=SEED).fit(path, epochs=epochs, batch_size=batch)
    fields = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines()
    )
    return {
        "peak_megabytes": round(int(fields["VmHWM"].split()[0]) / 1024, 1),
        "seconds": round(time.perf_counter() - started, 1),
    }


def measure_speed(path: Path, rows: int, epochs: int, rounds: int) -> dict[str, Any]:
    """Return the rows a second of each way, and what they are of plain Keras'."""
    from keras_ae.tables import ParquetTable, TableSchema

    table = ParquetTable(path)
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    schema = TableSchema.infer(table)
    seconds["infer"] = time.perf_counter() - started
    started = time.perf_counter()
    x = schema.encode(table)
    seconds["encode"] = time.perf_counter() - started
    ways = make_ways(schema, table, x, epochs)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds + 1):
        for way in WAYS:
            started = time.perf_counter()
            loss = ways[way]()
            taken[way].append(time.perf_counter() - started)
            rate = rows * epochs / taken[way][-1]
            words = f"round {number}, {way}: {rate:,.0f} rows a second, loss {loss:.3f}"
            print(words, file=sys.stderr, flush=True)
    rates = {way: rows * epochs / statistics.median(each[1:]) for way, each in taken.items()}
    return {
        "rows": rows,
        "rounds": {way: [round(each, 2) for each in taken[way]] for way in WAYS},
        "rows_a_second": {way: round(rate) for way, rate in rates.items()},
        "of_plain_keras": {way: round(rate / rates[WAYS[2]], 3) for way, rate in rates.items()},
        "streamed_of_in_memory": round(rates[WAYS[0]] / rates[WAYS[1]], 3),
        "rows_a_second_of_one_pass": {
            name: round(rows / value) for name, value in seconds.items()
        },
    }


def make_ways(schema: Any, table: Any, x: np.ndarray, epochs: int) -> dict[str, Any]:
    """Return for each way a function that trains some epochs and returns the last loss."""
    import keras

    from keras_ae.execution.shuffled_batches import ShuffledBatches
    from keras_ae.tables import TableModel
    from keras_ae.tables._batches import SHUFFLE_BUFFER_BYTES, streamed_batches
    from keras_ae.tables._making import _made_model

    class Plain(keras.Model):
        """The parts of a model of ours, as a user of Keras would join them."""

        def __init__(self, parts: Any) -> None:
            super().__init__()
            self.encoder, self.bottleneck = parts.encoder, parts.bottleneck
            self.decoder = parts.decoder

        def call(self, x: Any, training: bool = False) -> Any:
            latent = self.bottleneck(self.encoder(x, training=training), training=training)
            return self.decoder(latent, training=training)

    settings = TableModel(schema, seed=SEED)
    streamed, held, parts = (_made_model(settings, schema) for _ in WAYS)
    for model in (streamed, held):
        model.compile(keras.optimizers.Adam(1e-3))
    plain = Plain(parts)
    likelihood = parts.likelihood
    plain.compile(
        keras.optimizers.Adam(1e-3), loss=lambda x, given: -likelihood.log_prob(x, given)
    )
    window = SHUFFLE_BUFFER_BYTES // x[:1].nbytes

    def last(history: Any) -> float:
        return float(history.history["loss"][-1])

    def stream() -> float:
        batches = streamed_batches(schema, table, BATCH, window, SEED, epochs)
        return last(_fit(streamed, batches, epochs))

    return {
        WAYS[0]: stream,
        WAYS[1]: lambda: last(_fit(held, ShuffledBatches(x, BATCH, SEED), epochs)),
        WAYS[2]: lambda: last(plain.fit(x, x, batch_size=BATCH, epochs=epochs, verbose=0)),
    }


def _fit(model: Any, batches: Any, epochs: int) -> Any:
    return model.fit(
        batches, epochs=epochs, steps_per_epoch=batches.steps, shuffle=False, verbose=0
    )


if __name__ == "__main__":
    main()
