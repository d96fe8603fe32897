"""Train on one device and on two replicas; print what differs as JSON. Run by test_strategy.py."""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

import keras_ae
from keras_ae import layers

X = np.random.default_rng(0).random((512, 12)).astype("float32")


def make(name, **options):
    """Return a compiled model; the same one each time."""
    likelihood = layers.BernoulliLikelihood()
    model = keras_ae.create_model(name, (12,), 3, units=(8,), seed=1, likelihood=likelihood)
    model.compile(keras.optimizers.SGD(1e-2), **options)
    return model


def adversarial():
    """Return a compiled model whose discriminator learns beside it; the same one each time."""
    judge = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(2))
    penalty = layers.AdversarialPenalty(
        keras.Sequential([keras.Input((12,)), judge]), optimizer=keras.optimizers.SGD(1e-2)
    )
    model = keras_ae.Autoencoder(
        layers.dense_encoder((12,), units=(8,), seed=1),
        layers.DenseBottleneck(3, penalty=penalty, seed=1),
        layers.dense_decoder((12,), latent_dim=3, units=(8,), seed=1),
    )
    model.compile(keras.optimizers.SGD(1e-2))
    return model


def difference(one, two):
    """Return the largest difference of two models' weights."""
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def main():
    """Compare, and print what differs."""
    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        device, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results = {"replicas": strategy.num_replicas_in_sync}
    one = make("autoencoder")
    with strategy.scope():
        two = make("autoencoder")
        try:
            make("autoencoder", steps_per_execution=4)
        except ValueError as error:
            results["refused"] = str(error)
    fit = {"epochs": 3, "batch_size": 64, "shuffle": False, "verbose": 0}
    logs = [model.fit(X, **fit).history["loss"] for model in (one, two)]
    results["loss"] = float(np.abs(np.subtract(*logs)).max())
    results["weights"] = difference(one, two)

    one = adversarial()
    with strategy.scope():
        two = adversarial()
    before = one.penalties[0].discriminator.get_weights()[0]
    for model in (one, two):
        model.fit(X, **fit)
    results["judged"] = difference(one, two)
    moved = np.abs(one.penalties[0].discriminator.get_weights()[0] - before)
    results["judge_moved"] = float(moved.max())

    one = make("vae")
    with strategy.scope():
        two = make("vae")
    two.set_weights(one.get_weights())
    scores = [
        m.evaluate(X, batch_size=64, verbose=0, return_dict=True)["loss"] for m in (one, two)
    ]
    errors = [one.log_likelihood(X, num_samples=1, seed=seed) for seed in range(8)]
    results["evaluation"] = abs(scores[0] - scores[1])
    # The noise of one draw an example, of both evaluations.
    results["standard_error"] = float(np.std(errors, axis=0).mean() * np.sqrt(2 / len(X)))
    results["trains"] = two.fit(X, **fit).history["loss"]
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main()
