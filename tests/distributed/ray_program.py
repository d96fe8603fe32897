"""Train on Ray, on two nodes of this machine: `python ray_program.py FOLDER`.

A worker is killed in the third epoch, and a node is removed in the fifth. What one process without
Ray trains is compared with it.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import ray
from ray.cluster_utils import Cluster

import keras_ae
from keras_ae.distributed import train_on_ray
from keras_ae.training import ShuffledBatches

EPOCHS = 6
EXAMPLES = np.random.default_rng(0).random((1001, 8)).astype("float32")
# Seconds that Ray waits for JAX' runtime of a worker that is gone (instead of 30), and for room on
# a node that is gone (instead of 60).
LIMITS_S = {
    "JAX_DISTRIBUTED_SHUTDOWN_TIMEOUT_S": "3",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",
}
KILLED, REMOVING, REMOVED = "killed", "removing", "removed"


def make_model():
    """Return a compiled model."""
    model = keras_ae.create_model("vae", (8,), latent_dim=2, units=(16,), seed=0)
    model.compile("adam")
    return model


class Faults(keras.callbacks.Callback):
    """Kill this worker, then wait until its node is removed, each once."""

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)

    def on_epoch_begin(self, epoch, logs=None):
        if ray.train.get_context().get_world_rank() != 1:
            return
        if epoch == 2 and not (self.folder / KILLED).exists():
            (self.folder / KILLED).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if epoch == 4 and not (self.folder / REMOVED).exists():
            (self.folder / REMOVING).write_text(ray.get_runtime_context().get_node_id())
            time.sleep(3600)  # the node's end ends this too


def remove(cluster, nodes, folder):
    """Remove the node that its worker has named."""
    while not (folder / REMOVING).exists() or not (folder / REMOVING).read_text():
        time.sleep(0.1)
    (folder / REMOVED).touch()
    wanted = (folder / REMOVING).read_text()
    (node,) = (each for each in nodes if each.node_id == wanted)
    cluster.remove_node(node)  # which tells Ray so; a node that is lost is known as dead later


def train(folder):
    """Return what Ray's workers have trained."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    os.environ |= LIMITS_S
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    threading.Thread(target=remove, args=(cluster, nodes, folder), daemon=True).start()
    try:
        return train_on_ray(
            make_model,
            EXAMPLES,
            workers=(1, 2),
            storage=folder / "storage",
            epochs=EPOCHS,
            batch_size=128,
            validation_data=EXAMPLES[:333],
            callbacks=[Faults(folder)],
            failures=3,
            verbose=False,
        )
    finally:
        ray.shutdown()
        cluster.shutdown()


def main(folder):
    """Train in both ways, and write how they differ."""
    trained = train(folder)
    keras.utils.set_random_seed(0)
    model = make_model()
    batches = ShuffledBatches(EXAMPLES, 128, seed=0)
    history = model.fit(
        batches,
        steps_per_epoch=batches.steps,
        validation_data=(EXAMPLES[:333],),
        validation_batch_size=128,
        shuffle=False,
        epochs=EPOCHS,
        verbose=0,
    ).history
    pairs = zip(trained.model.get_weights(), model.get_weights(), strict=True)
    record = {
        "weights": max(float(np.abs(one - other).max()) for one, other in pairs),
        "trained": trained.history,
        "expected": history,
        "workers": trained.workers,
    }
    (folder / "record.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
