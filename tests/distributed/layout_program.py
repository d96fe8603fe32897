"""Train a model whose kernels are parted among devices: `python layout_program.py FILE`.

The same training without a distribution is compared with it.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

import keras_ae

EXAMPLES = np.random.default_rng(0).random((1001, 8)).astype("float32")
PARTED = {"encoder/.*kernel": (None, "model"), "decoder/.*kernel": ("model", None)}
PARTED |= {"bottleneck/head/.*kernel": ("model", None)}


def train():
    """Return a model that was trained, and what `evaluate` says of it."""
    keras.utils.set_random_seed(0)
    model = keras_ae.create_model("vae", (8,), latent_dim=4, units=(16,), seed=0)
    model.compile("adam", steps_per_execution=1)
    model.fit(EXAMPLES, batch_size=128, epochs=2, shuffle=False, verbose=0)
    return model, model.evaluate(EXAMPLES, batch_size=128, verbose=0, return_dict=True)


def main(file):
    """Train in both ways, and write how they differ and how the weights were parted."""
    alone, expected = train()
    mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"))
    layout = keras.distribution.LayoutMap(mesh)
    for path, axes in PARTED.items():
        layout[path] = axes
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(
            layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
        )
    )
    parted, found = train()
    record = {
        "devices": len(keras.distribution.list_devices()),
        "expected": expected,
        "found": found,
        "weights": max(
            float(np.abs(one - other).max())
            for one, other in zip(parted.get_weights(), alone.get_weights(), strict=True)
        ),
        "axes": {
            weight.path: list(weight.value.sharding.spec) for weight in parted.trainable_weights
        },
        "reconstruction": float(
            np.abs(parted.reconstruct(EXAMPLES[:9]) - alone.reconstruct(EXAMPLES[:9])).max()
        ),
    }
    Path(file).write_text(json.dumps(record))


if __name__ == "__main__":
    main(sys.argv[1])
