"""What gpu.py runs in a process of its own: the card, its matrix peak, epochs of training.

    python benchmarks/speed/gpu_worker.py '{"do": "find"}'

KERAS_BACKEND chooses TensorFlow or JAX. Under JAX TensorFlow can't be imported here: it is absent.
"""

from __future__ import annotations

import json
import os
import sys
import time
from statistics import median
from typing import Any

import numpy as np

# 16 products of 8192 x 8192 keep any card busy for long enough to time.
SIZE, PRODUCTS, REPEATS = 8192, 16, 5


def card(backend: str) -> str | None:
    """Return the first GPU's name, or None where the backend sees none."""
    if backend == "jax":
        import jax

        found = [each for each in jax.devices() if each.platform == "gpu"]
        return str(found[0].device_kind) if found else None
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return None
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))


def matrix_peak(
    backend: str, precision: str, size: int = SIZE, products: int = PRODUCTS
) -> dict[str, float]:
    """Return the best rate of square matrix products, in TFLOP/s, as the backend computes them.

    float32 products may use TF32 where the backend allows it by default, as in training.
    """
    start = np.random.default_rng(0).normal(size=(size, size)).astype("float32")
    # Scaled so that a chain of products neither overflows nor vanishes.
    factor = start / np.sqrt(np.float32(size))
    chain = _jax_chain if backend == "jax" else _tensorflow_chain
    run = chain(start, factor, precision, products)
    run()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return {"tflops": 2 * size**3 * products / min(seconds) / 1e12, "size": size}


def _jax_chain(start: Any, factor: Any, precision: str, products: int) -> Any:
    import jax

    first, second = (jax.numpy.asarray(each, precision) for each in (start, factor))

    @jax.jit
    def chain(a: Any, b: Any) -> Any:
        return jax.lax.fori_loop(0, products, lambda _, c: c @ b, a)

    # One number is read back: the device is done when it is here.
    return lambda: float(chain(first, second)[0, 0])


def _tensorflow_chain(start: Any, factor: Any, precision: str, products: int) -> Any:
    import tensorflow as tf

    first, second = (tf.cast(tf.constant(each), precision) for each in (start, factor))

    @tf.function(jit_compile=True)
    def chain(a: Any, b: Any) -> Any:
        for _ in tf.range(products):
            a = a @ b
        return a

    return lambda: float(chain(first, second)[0, 0])


def train(
    model: str, precision: str, batch: int, examples: int, epochs: int, data: str
) -> dict[str, Any]:
    """Return images a second of plain `fit`, from the median epoch after the first."""
    import keras
    from contestants import ours
    from workloads import WORKLOADS, load, training_flops

    shape = WORKLOADS[model]
    x = load(data, examples, shape)
    dtype = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    built = ours.build(shape, seed=0, dtype=dtype)
    built.compile("adam")
    clock = [time.perf_counter()]

    class Times(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            clock.append(time.perf_counter())

    history = built.fit(x, batch_size=batch, epochs=epochs + 1, callbacks=[Times()], verbose=0)
    seconds = np.diff(clock)
    rate = examples / median(seconds[1:])
    return {
        "images_per_second": rate,
        "seconds": [round(float(each), 5) for each in seconds[1:]],
        "first_epoch_seconds": float(seconds[0]),
        "tflops": rate * training_flops(shape) / 1e12,
        "loss": float(history.history["loss"][-1]),
    }


def main() -> None:
    """Do what the argument says and print the answer as the last line."""
    task = json.loads(sys.argv[1])
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "jax":
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    what = task.pop("do")
    if what == "find":
        answer: Any = card(backend)
    elif what == "peak":
        answer = matrix_peak(backend, **task)
    else:
        answer = train(**task)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
