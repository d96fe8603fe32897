"""Peak memory and speed of `log_likelihood` as images and importance samples grow.

The dense VAE 784-400-20; each row is a process of its own, so that its peak is its own.

    python benchmarks/log_likelihood_memory.py --data mnist.npz
    python benchmarks/log_likelihood_memory.py --data mnist.npz --sizes 10000x5000
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from _runs import load_mnist, parser, report

SIZES = ["100x100", "100x5000", "100x50000", "10000x100", "10000x500", "10000x5000"]


def main() -> None:
    """Run each size in a process of its own and report; or be one of those."""
    options = parser(__doc__ or "")
    options.add_argument("--sizes", nargs="+", default=SIZES, metavar="IMAGESxSAMPLES")
    options.add_argument("--one", help="measure this size here, and print one line of JSON")
    arguments = options.parse_args()
    started = time.time()
    if arguments.one:
        print(json.dumps(one(arguments.data, *map(int, arguments.one.split("x")))))
        return
    rows = []
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--data", arguments.data, "--one", size]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    result = {"what": (__doc__ or "").splitlines()[0], "rows": rows}
    report(result, load_mnist(arguments.data), started, arguments.output)


def one(data: str, images: int, samples: int) -> dict[str, float]:
    """Return the peak's growth over what the imports, the data and the compilation took."""
    import keras_ae

    x = load_mnist(data).x_test[:images].reshape(-1, 784)
    likelihood = keras_ae.layers.BernoulliLikelihood()
    model = keras_ae.create_model(
        "vae", (784,), latent_dim=20, units=(400,), likelihood=likelihood, seed=0
    )
    model.log_likelihood(x[:1], samples, verbose=0)
    before = peak()
    started, worked = time.perf_counter(), time.process_time()
    model.log_likelihood(x, samples, verbose=1 if sys.stderr.isatty() else 0)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    return {
        "images": images,
        "samples": samples,
        "peak_growth_megabytes": round(peak() - before, 1),
        "decoder_passes_a_second": round(images * samples / seconds),
        "decoder_passes_a_cpu_second": round(images * samples / worked),
    }


def peak() -> float:
    """Return the largest resident size so far, in megabytes."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
