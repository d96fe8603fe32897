"""The device that a process computes on: its name, its memory, and the most that it could do.

This module runs in every contestant's environment and imports nothing: it looks at the framework
that the contestant has imported.
"""

from __future__ import annotations

import sys
from typing import Any

# Dense products, TFLOP/s. NVIDIA's H200 data sheet gives 1,979 and 989 (NVL: 1,671 and 835) for
# bfloat16 and TF32 on tensor cores "with sparsity", twice as many as without, and float32 without
# tensor cores.
PEAK_TFLOPS = {
    "NVIDIA H200": {"bfloat16": 989.5, "tf32": 494.5, "float32": 67.0},
    "NVIDIA H200 NVL": {"bfloat16": 835.5, "tf32": 417.5, "float32": 60.0},
}
# In what a GPU multiplies float32 matrices unless it is told otherwise: tensor cores take TF32.
PRODUCTS_IN = {"float32": "tf32", "bfloat16": "bfloat16"}


def used() -> dict[str, Any]:
    """Return the device's name and its largest memory so far, in MiB; None on a CPU.

    Nothing is known of TensorFlow's, and nothing returned.
    """
    jax, torch = sys.modules.get("jax"), sys.modules.get("torch")
    if jax is not None:
        device = jax.local_devices()[0]
        peak = (device.memory_stats() or {}).get("peak_bytes_in_use")
        return {"device": device.device_kind, "device_mib": peak and peak / 2**20}
    if torch is not None and torch.cuda.is_available():
        peak = torch.cuda.max_memory_allocated()
        return {"device": torch.cuda.get_device_name(), "device_mib": peak / 2**20}
    return {} if torch is None else {"device": "cpu", "device_mib": None}


def peak_tflops(device: str | None, precision: str) -> float | None:
    """Return the most that a device can do in a precision's products; None where it isn't known.

    >>> peak_tflops("NVIDIA H200", "bfloat16"), peak_tflops("cpu", "bfloat16")
    (989.5, None)
    """
    return PEAK_TFLOPS.get(device or "", {}).get(PRODUCTS_IN[precision])
