"""Make saved_models/reference: a small dense VAE of digits, exported and proven.

    python benchmarks/make_reference_bundle.py

It trains on the bundled subset of MNIST, about a minute on two CPU cores, and replaces the bundle
that is committed. The model is small for the repository's sake, not good: at most 20,000 weights.
"""

from __future__ import annotations

from pathlib import Path

import keras

import keras_ae
from keras_ae.datasets import load_dataset
from keras_ae.export import export_model

DIRECTORY = Path(__file__).parents[1] / "saved_models" / "reference"
MOST_WEIGHTS = 20_000


def main() -> None:
    """Train, export, and print the report."""
    keras.utils.set_random_seed(0)
    data = load_dataset("digits-subset")
    model = keras_ae.VariationalAutoencoder(
        encoder=keras_ae.layers.dense_encoder((28, 28, 1), units=(12,), seed=0),
        bottleneck=keras_ae.layers.NormalBottleneck(6, seed=0),
        decoder=keras_ae.layers.dense_decoder((28, 28, 1), latent_dim=6, units=(12,), seed=0),
        name="reference",
    )
    if model.count_params() > MOST_WEIGHTS:
        raise SystemExit(f"{model.count_params():,} weights, of {MOST_WEIGHTS:,} at most")
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=True, steps_per_execution=16)
    model.fit(data.x_train, batch_size=128, epochs=60, verbose=2)
    print(model.evaluate(data.x_test, return_dict=True, verbose=0))
    # Without the optimizer's moments, which would triple model.keras.
    bare = keras_ae.VariationalAutoencoder.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    report = export_model(
        bare,
        DIRECTORY,
        sample_data=data.x_test[:256],
        metadata={
            "training_data": "digits-subset",
            "license": "CC BY-SA 3.0, as the digits that it was trained on",
        },
        overwrite=DIRECTORY.exists(),
    )
    print(report)
    size = sum(path.stat().st_size for path in DIRECTORY.rglob("*") if path.is_file())
    print(f"{model.count_params():,} weights, {size:,} bytes in all")


if __name__ == "__main__":
    main()
