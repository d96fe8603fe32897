"""The start of one of several processes that train together."""

from __future__ import annotations

import os
import random
import zlib
from dataclasses import dataclass
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.distributed.environment import by_arguments, by_environment
from keras_ae.execution import processes as running
from keras_ae.execution import watchdog
from keras_ae.execution.backend import backend

HEARTBEAT_S = 100  # seconds of silence, after which JAX takes a process for dead


@dataclass(frozen=True)
class Processes:
    """Who trains together.

    Args:
        index: Integer, this process' place, from 0.
        count: Integer, processes.
        devices: Integer, devices of all of them.

    Example:
        >>> Processes(index=1, count=2, devices=2).index
        1
    """

    index: int
    count: int
    devices: int


def start(
    coordinator: str | None = None,
    processes: int | None = None,
    index: int | None = None,
    *,
    limit_s: float = watchdog.LIMIT_S,
) -> Processes:
    """Join the processes that train together, before the model is made.

    Then `fit`, `evaluate`, `train_on_batch` and `test_on_batch` share each batch among all devices
    of all processes. Each process is given the same data, or a stream of the same files, and reads
    its own rows; `batch_size` is that of all together. Batches that don't divide are filled up
    with weight 0, so every example counts once. Logs and weights are the same in all processes;
    the first one shows progress and writes what `save` and callbacks save. All other methods
    run in each process for itself. Processes without a seed, or with different ones, are given
    the same by `keras.utils.set_random_seed`.

    What isn't given comes from the environment: KERAS_DISTRIBUTION_JOB_ADDRESSES (the first
    process' host:port), KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID, or
    JOB_COMPLETION_INDEX of a Kubernetes Job; or from Slurm (srun), Open MPI (mpirun; version 5 on
    several hosts needs the first variable too) or whoever called `jax.distributed.initialize`, as
    Ray Train does. Where there is nothing of it, this one process trains on its devices.

    Args:
        coordinator: String, "host:port" of the first process; any free port of it.
        processes: Integer >= 1.
        index: Integer, this process' place, from 0.
        limit_s: Number > 0, seconds. A process that waits longer for the others, or for its next
            batch, ends with one line and exit code 75.

    Returns:
        The `Processes`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is missing or out of range, or the backend isn't JAX.
        RuntimeError: JAX has computed something before, or the others don't come.

    Example:
        >>> import keras
        >>> from keras_ae.distributed import start
        >>> if keras.backend.backend() == "jax":
        ...     processes = start()
    """
    limit_s = _checks.number("limit_s", limit_s, above=0)
    if keras.backend.backend() != "jax":
        raise ValueError(
            "Several processes or devices train together under KERAS_BACKEND=jax: Keras on "
            "TensorFlow doesn't train over hosts. "
            f"Received: KERAS_BACKEND={keras.backend.backend()}"
        )
    import jax

    watchdog.set_limit(limit_s)
    if not jax.distributed.is_initialized():
        given = (coordinator, processes, index) != (None, None, None)
        how = by_arguments(coordinator, processes, index) if given else by_environment(os.environ)
        if how:
            _initialize(jax, how, limit_s)
    if jax.process_count() > 1:
        watchdog.end_without_others()
    if jax.device_count() > 1:
        distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(distribution)
    if running.count() > 1:
        _share_seed()
    return Processes(running.index(), running.count(), jax.device_count())


def _share_seed() -> None:
    """Give all processes one seed, unless they have one: Keras' noise must be the same in all."""
    seeded = zlib.crc32(repr(random.getstate()).encode()) >> 1
    with running.watched():
        if not backend().same_in_all(seeded):
            seed = backend().from_first(str(random.getrandbits(31)))
            keras.utils.set_random_seed(int(seed))


def _initialize(jax: Any, how: dict[str, Any], limit_s: float) -> None:
    wait = max(1, round(limit_s))
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            **how,
            initialization_timeout=wait,
            heartbeat_timeout_seconds=min(HEARTBEAT_S, wait),
            shutdown_timeout_seconds=wait,
        )
    except RuntimeError as error:
        line = str(error).strip().partition("\n")[0]
        raise RuntimeError(
            "`start` must come before JAX computes anything, and all processes must start within "
            f"{wait} s. Received: {line}"
        ) from error
