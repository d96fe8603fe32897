"""Programs whose memory is measured, run in a process of their own; they print megabytes.

`likelihood SAMPLES`: growth of the peak while 64 images get so many importance samples.
`stream PATH EPOCHS`: before the first batch and after each epoch, the memory that isn't a mapped
file, and the mapped files.
"""

import resource
import sys

import keras
import numpy as np

import keras_ae
from keras_ae.datasets import stream_dataset


def say(*numbers):
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")


def status(field):
    """Return a field of /proc/self/status in megabytes."""
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines[field].split()[0]) / 1024


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def likelihood(samples):
    x = (np.random.default_rng(0).random((64, 784)) > 0.5).astype("float32")
    model = keras_ae.create_model(
        "vae",
        (784,),
        2,
        units=(32,),
        likelihood=keras_ae.layers.BernoulliLikelihood(),
        seed=0,
    )
    model.log_likelihood(x, 50)
    model.log_likelihood(x[:1], int(samples))
    before = peak()
    model.log_likelihood(x, int(samples), verbose=0)
    say(peak() - before)


class Memory(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        say(status("RssAnon"), status("RssFile"))


def stream(path, epochs):
    batches = stream_dataset(path, 1000)
    model = keras_ae.create_model("vae", (784,), 2, units=(8,), seed=0)
    model.compile("adam")
    say(status("RssAnon"), status("RssFile"))
    model.fit(batches, epochs=int(epochs), verbose=0, callbacks=[Memory()])


if __name__ == "__main__":
    {"likelihood": likelihood, "stream": stream}[sys.argv[1]](*sys.argv[2:])
