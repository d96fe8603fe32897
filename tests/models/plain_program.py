"""Load models where this package can't be imported, and say what they compute.

Run as `python plain_program.py FOLDER`: each `name.keras` there is run on `name.npy`, and its
outputs are written to `name.npz`.
"""

import sys
from pathlib import Path

import keras
import numpy as np


def main(folder):
    """Call each model of the folder."""
    for path in sorted(Path(folder).glob("*.keras")):
        model = keras.models.load_model(path)
        outputs = model(np.load(path.with_suffix(".npy")))
        outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        np.savez(path.with_suffix(".npz"), *map(keras.ops.convert_to_numpy, outputs))


if __name__ == "__main__":
    sys.modules["keras_ae"] = None  # an import of it fails
    main(*sys.argv[1:])
