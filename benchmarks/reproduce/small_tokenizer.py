"""A small image tokenizer, its decoder in the class of TAESD's, exported and timed everywhere.

TAESD (github.com/madebyollin/taesd) decodes a map of 4 numbers a place to 8 times its height and
width by 3 x 3 convolutions, relu and resizing alone, with 1,222,531 weights. So does this one,
`resnet_decoder` without normalization: its weights are counted below, as TAESD's are. It is
trained for a few minutes on patches of scikit-learn's two photographs, those of
image_tokenizers.py: PSNR and SSIM of test patches say that it learns, not what such a network can
reach. The same weights then decode 8 x 8 places to 64 x 64 pixels, in every format, proven, and
timed by `measure_latency`: medians, batch 1, from array to array.

    python -m benchmarks.reproduce.small_tokenizer
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._runs import place, report
from benchmarks.reproduce.image_tokenizers import SCALE, SIDE, load_patches

FORMATS = ("saved_model", "tflite", "onnx", "openvino")
LATENT = 4  # numbers a place
ENCODER = {"filters": (32, 64, 64)}
DECODER = {"filters": (72, 72, 64), "blocks": 3}
QUICK = {"filters": (16, 16, 16), "blocks": 1}
EXPORTED_SIDE = 64  # pixels
BATCH_SIZE = 16


def main(argv: list[str] | None = None) -> dict[str, Any]:
    """Train, export and time the tokenizer; return what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--output", type=Path, help="write the result to this JSON file")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--steps", type=int, default=300)
    options.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    options.add_argument("--quick", action="store_true", help="a smaller decoder, nothing kept")
    arguments = options.parse_args(argv)
    started = time.time()
    decoder = QUICK if arguments.quick else DECODER
    test_step = 32 if arguments.quick else 16
    data = load_patches(arguments.steps * BATCH_SIZE, arguments.seed, test_step)
    model = make(SIDE, decoder, arguments.seed)
    model.fit(data.x_train, batch_size=BATCH_SIZE, verbose=2)
    larger = make(EXPORTED_SIDE, decoder, arguments.seed)
    for part in ("encoder", "bottleneck", "decoder"):
        getattr(larger, part).set_weights(getattr(model, part).get_weights())
    samples = load_patches(1, arguments.seed, test_step, EXPORTED_SIDE).x_test
    with tempfile.TemporaryDirectory() as folder:
        exported = export(larger, Path(folder, "small_tokenizer"), samples, arguments.formats)
    result = {
        "script": "small_tokenizer",
        "decoder_weights": larger.decoder.count_params(),
        "taesd_decoder_weights": taesd_decoder_weights(),
        "steps": arguments.steps,
        **quality(model, data.x_test),
        "test_patches": len(data.x_test),
        "pixels": EXPORTED_SIDE,
        **exported,
        "seed": arguments.seed,
    }
    return report(result, data, started, place(result["script"], arguments))


def make(side: int, decoder: dict[str, Any], seed: int) -> Any:
    """Return the model for images of side x side pixels, compiled."""
    import keras

    import keras_ae
    from keras_ae import layers

    keras.utils.set_random_seed(seed)
    shape = (side, side, 3)
    model = keras_ae.VariationalAutoencoder(
        encoder=layers.conv_encoder(shape, spatial=True, seed=seed, **ENCODER),
        bottleneck=layers.NormalBottleneck(LATENT, penalty=layers.KLPenalty(1e-6), seed=seed),
        decoder=layers.resnet_decoder(
            shape,
            LATENT,
            activation="relu",
            normalization=None,
            spatial=True,
            seed=seed,
            **decoder,
        ),
        likelihood=layers.GaussianLikelihood(layers.FixedScale(SCALE)),
    )
    model.compile(keras.optimizers.Adam(1e-3))
    return model


def taesd_decoder_weights() -> int:
    """Count the weights of TAESD's decoder, by its published architecture.

    A convolution to 64 channels; four stages, of 3, 3, 3 and 1 blocks of three convolutions; after
    each of the first three a convolution without bias of the doubled map; one to 3 channels.
    """

    def convolution(inputs: int, outputs: int) -> int:
        return 3 * 3 * inputs * outputs + outputs

    blocks = (3 + 3 + 3 + 1) * 3 * convolution(64, 64)
    doubled = 3 * (convolution(64, 64) - 64)
    return convolution(LATENT, 64) + blocks + doubled + convolution(64, 3)


def quality(model: Any, x: Any) -> dict[str, float]:
    """Return the means over the test patches, of reconstructions from the posterior's mean."""
    from keras_ae import evaluation

    made = np.clip(model.reconstruct(x), 0.0, 1.0)
    means = {
        "psnr": evaluation.peak_signal_to_noise_ratio(x, made).mean(),
        "ssim": evaluation.structural_similarity(x, made).mean(),
    }
    return {name: round(float(mean), 3) for name, mean in means.items()}


def export(model: Any, folder: Path, samples: Any, formats: Any) -> dict[str, Any]:
    """Export both ends with proof; return a row for each runtime's decoder, the model's first."""
    from keras_ae.export import export_model, measure_latency

    made = export_model(
        model,
        folder,
        formats=formats,
        endpoints=("encode", "decode"),
        sample_data=samples,
        verbose=False,
    )
    if not made.proven:
        raise SystemExit(f"Not all files are proven:\n{made}")
    errors = {
        each.path: each.max_absolute for each in made.artifacts if "decode" in each.endpoints
    }
    latency = measure_latency(
        folder, batches=(1,), threads=(1, 2), endpoints=("decode",), verbose=False
    )
    rows: dict[str, dict[str, Any]] = {}
    for each in latency.artifacts:
        if each.detail:
            raise SystemExit(f"{each.path}: {each.status}, {each.detail}")
        found = {"bytes": each.size, "max_error": errors.get(each.path), "ms": {}}
        row = rows.setdefault(each.format, found)
        row["ms"][str(each.threads)] = round(each.timings[0].median_ms, 3)
    operations = onnx_operations(folder / "onnx" / "decode.onnx") if "onnx" in formats else None
    return {
        "runtimes": rows,
        "onnx_operations": operations,
        "processor": latency.machine["cpu"],
        "packages": latency.machine["packages"],
    }


def onnx_operations(path: Path) -> dict[str, int]:
    """Return how many nodes of each kind a file has."""
    import onnx

    kinds = [node.op_type for node in onnx.load(path).graph.node]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


if __name__ == "__main__":
    main()
