"""One of the processes of a training: `python train_program.py FOLDER EPOCHS [WHAT]`.

Who they are is in the environment. Each writes what it found to FOLDER/INDEX_of_COUNT.npz and
.json. WHAT is "streams", to train on these too, "brief", to do nothing after the first training,
or what process 1 does in the middle of epoch 2: "kill" or "stop" itself by a signal, "raise" an
error.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

import grain
import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import keras_ae
from keras_ae.datasets import _sources, stream_dataset
from keras_ae.distributed import Checkpoint, start
from keras_ae.estimators import AnomalyDetector
from keras_ae.training import ShuffledBatches, TrainingConfig, run

LIMIT_S = 240  # of a busy machine
LIMIT_OF_STUCK_S = 60
EXAMPLES = np.random.default_rng(0).random((1001, 8)).astype("float32")
WEIGHTS = np.random.default_rng(1).random(1001).astype("float32")


class Fault(keras.callbacks.Callback):
    """What goes wrong."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.epoch = kind, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) != (2, 3):
            return
        if self.kind == "raise":
            raise ValueError("a fault of process 1")
        os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[self.kind])


def make_model():
    """Return a compiled model; its noise and its weights are told by its seed."""
    model = keras_ae.create_model("vae", (8,), latent_dim=2, units=(16,), seed=0)
    model.compile("adam", steps_per_execution=1)
    return model


def normalizing_model():
    """Return a compiled model with BatchNormalization."""
    encoder = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(4), keras.layers.BatchNormalization()]
    )
    model = keras_ae.Autoencoder(
        encoder, keras_ae.layers.DenseBottleneck(2), keras_ae.layers.dense_decoder((8,), 2)
    )
    model.compile("adam")
    return model


def train(folder, epochs, callbacks):
    """Train to an epoch, from where the folder's checkpoint is."""
    checkpoint = Checkpoint(folder / "checkpoint")
    model, done = checkpoint.restore(make_model)
    batches = ShuffledBatches(EXAMPLES, 128, seed=0, initial_epoch=done)
    history = model.fit(
        batches,
        steps_per_epoch=batches.steps,
        shuffle=False,
        epochs=epochs,
        initial_epoch=done,
        verbose=0,
        callbacks=[checkpoint, *callbacks],
    ).history
    return model, history


def streams(folder):
    """Yield a name, shuffled data and options of `fit`, two epochs and more than 256 rows each."""
    _sources.SHUFFLE_BUFFER_BYTES = 256 * 4 * EXAMPLES.shape[1]
    path = folder / f"{os.getpid()}.parquet"
    columns = {f"c{i}": column for i, column in enumerate(EXAMPLES.T)}
    pq.write_table(pa.table(columns), path, row_group_size=60)
    yield "Parquet", stream_dataset(path, batch_size=100, seed=0), {"epochs": 2}
    rows = grain.MapDataset.source(EXAMPLES).shuffle(seed=0).batch(100)
    yield "grain's rows", rows, {"epochs": 2, "validation_data": rows[:3]}
    yield "grain's batches", rows.map(np.square), {"epochs": 2, "validation_data": rows[:3]}
    endless = rows.repeat().to_iter_dataset(grain.ReadOptions(1, 2))
    steps = {"steps_per_epoch": 11, "validation_data": endless, "validation_steps": 3}
    yield "grain's passes", endless, {"epochs": 2, **steps}


def use(model, folder, first):
    """Return what the other methods say, on data that don't divide."""
    logs = {}
    np.save(folder / f"{os.getpid()}.npy", EXAMPLES)
    stream = stream_dataset(folder / f"{os.getpid()}.npy", batch_size=100, shuffle=False, seed=0)
    logs["streamed"] = model.fit(stream, verbose=0).history
    halves = [(EXAMPLES[:500],), (EXAMPLES[500:900],)]
    logs["generated"] = model.fit(iter(halves), verbose=0).history
    logs["weighted"] = model.fit(
        EXAMPLES,
        sample_weight=WEIGHTS,
        batch_size=100,
        shuffle=False,
        validation_split=0.3,
        verbose=0,
    ).history
    logs["validated"] = model.fit(
        EXAMPLES[:500], shuffle=False, validation_data=(EXAMPLES[:333],), verbose=0
    ).history
    logs["evaluated"] = model.evaluate(EXAMPLES[:333], verbose=0, return_dict=True)
    logs["batch"] = [float(each) for each in model.train_on_batch(EXAMPLES[:33])]
    logs["test"] = [float(each) for each in model.test_on_batch(EXAMPLES[:33])]
    for _ in range(2 if first else 1):  # none of them waits for the other processes
        arrays = {
            "predict": model.predict(EXAMPLES[:50], verbose=0),
            "predict a stream": model.predict(
                ShuffledBatchesOnce(EXAMPLES[:50], 16, seed=0), verbose=0
            ),
            "generate": model.generate(5, seed=0),
            "log_likelihood": model.log_likelihood(EXAMPLES[:5], num_samples=20, seed=0),
            "score": model.anomaly_score(EXAMPLES[:50]),
        }
    return logs, arrays


def refused(calls):
    """Return what the calls raise, in one line each."""
    lines = []
    for call in calls:
        try:
            call()
        except ValueError as error:
            lines.append(str(error))
    return lines


class ShuffledBatchesOnce(ShuffledBatches):
    """Those of one epoch."""

    @property
    def num_batches(self):
        return self.steps


def main(folder, epochs, *what):
    """Train, then, unless it is to be brief, use the model; write what was found."""
    faults = set(what) - {"streams", "brief"}
    processes = start(limit_s=LIMIT_OF_STUCK_S if "stop" in faults else LIMIT_S)
    noise = random.random()
    keras.utils.set_random_seed(0)
    callbacks = [Fault(each) for each in faults] if processes.index == 1 else []
    model, history = train(Path(folder), int(epochs), callbacks)
    name = Path(folder) / f"{processes.index}_of_{processes.count}"
    record = {"history": history, "devices": processes.devices, "noise": noise}
    trained = {f"trained {i}": each for i, each in enumerate(model.get_weights())}
    if "brief" in what:
        write(name, trained, record)
        return
    logs, arrays = use(model, Path(folder), processes.index == 0)
    arrays |= trained | {f"weights {i}": each for i, each in enumerate(model.get_weights())}
    model.save(Path(folder) / f"model_of_{processes.count}.keras")
    if "streams" in what:
        for kind, data, options in streams(Path(folder)):
            logs[kind] = model.fit(data, verbose=0, **options).history
    stacked = keras_ae.create_model("stacked", (8,), latent_dim=2, units=(4,), seed=0)
    detector = AnomalyDetector(members=1, steps=1)
    unknown = grain.MapDataset.source(EXAMPLES).repeat().batch(100)
    normalized = normalizing_model()
    lines = refused(
        [
            lambda: stacked.pretrain(EXAMPLES[:64], epochs=1, verbose=0),
            lambda: detector.fit(EXAMPLES[:64]),
            lambda: run(
                TrainingConfig("stacked", "digits", pretrain_epochs=1), Path(folder) / "run"
            ),
            lambda: normalized.fit(EXAMPLES[:66], verbose=0),
            lambda: model.fit(unknown, verbose=0),
        ]
        if processes.devices > 1
        else []
    )
    write(name, arrays, record | logs | {"refused": lines})


def write(name, arrays, record):
    """Write arrays and a record to NAME.npz and NAME.json."""
    np.savez(name.with_suffix(".npz"), **arrays)
    name.with_suffix(".json").write_text(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
