"""The tables of measured tokenizers on docs/tokens.md; benchmarks.evidence_table writes them."""

from __future__ import annotations

from typing import Any

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
RUNTIMES = {
    "keras": "Keras",
    "saved_model": "SavedModel",
    "tflite": "TFLite",
    "onnx": "ONNX Runtime",
    "openvino": "OpenVINO",
}


def tokenizers(result: dict[str, Any]) -> Table:
    """Return head and lines: what each code keeps of an image.

    Args:
        result: Dict, what benchmarks/reproduce/image_tokenizers.py wrote.
    """
    lines = [
        (
            f"{name}, `{row['recipe']}`",
            f"{row['bits']:,.0f}",
            f"{row['bits_per_pixel']:.3f}",
            f"{row['psnr']:.2f}",
            f"{row['ssim']:.3f}",
            f"{row['frechet']:.3f}",
            f"{row['used_share']:.1%}" if "used_share" in row else "",
            f"{row['perplexity']:,.0f}" if "perplexity" in row else "",
        )
        for name, row in result["tokenizers"].items()
    ]
    head = ("code", "bits an image", "bits a pixel", "PSNR, dB", "SSIM")
    distance = "Frechet distance in features of our own autoencoder"
    return (*head, distance, "codes used", "perplexity"), lines


def runtimes(result: dict[str, Any]) -> Table:
    """Return head and lines: the small decoder's file, error and latency in each runtime.

    Args:
        result: Dict, what benchmarks/reproduce/small_tokenizer.py wrote.
    """
    lines = [
        (
            RUNTIMES[name],
            f"{row['bytes']:,}",
            "" if row["max_error"] is None else f"{row['max_error']:.1e}",
            *(f"{ms:.1f}" for ms in row["ms"].values()),
        )
        for name, row in result["runtimes"].items()
    ]
    return ("runtime", "bytes", "largest error", "ms, 1 thread", "ms, 2 threads"), lines
