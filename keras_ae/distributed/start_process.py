"""The start of one of several processes that train together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.execution import processes as running
from keras_ae.execution import watchdog

HEARTBEAT_S = 100  # seconds of silence, after which JAX takes a process for dead
# Variables of the environment: Keras' own, and the place of a pod in a Kubernetes Job.
ADDRESSES, COUNT, PLACE = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)
JOB_PLACE = "JOB_COMPLETION_INDEX"
# What says of a launcher how many processes it started, and JAX's name for it.
LAUNCHERS = {"SLURM_NTASKS": "slurm", "OMPI_COMM_WORLD_SIZE": "ompi"}


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
    run in each process for itself.

    What isn't given comes from the environment: KERAS_DISTRIBUTION_JOB_ADDRESSES (the first
    process' host:port), KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID, or
    JOB_COMPLETION_INDEX of a Kubernetes Job; or from Slurm (srun), Open MPI (mpirun) or whoever
    called `jax.distributed.initialize`, as Ray Train does. Where there is nothing of it, this one
    process trains on its devices.

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
        how = _by_arguments(coordinator, processes, index) or _by_environment(os.environ)
        if how:
            _initialize(jax, how, limit_s)
    if jax.process_count() > 1:
        watchdog.end_without_others()
    if jax.device_count() > 1:
        distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(distribution)
    return Processes(running.index(), running.count(), jax.device_count())


def _by_arguments(
    coordinator: str | None, processes: int | None, index: int | None
) -> dict[str, Any] | None:
    """Return JAX's arguments by what was given; None where nothing was."""
    given = {"coordinator": coordinator, "processes": processes, "index": index}
    if all(value is None for value in given.values()):
        return None
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise ValueError(
            "`coordinator`, `processes` and `index` must be given together. "
            f"Received: no {' and no '.join(missing)}"
        )
    return _arguments(coordinator, processes, index, ("coordinator", "processes", "index"))


def _by_environment(variables: Mapping[str, str]) -> dict[str, Any] | None:
    """Return JAX's arguments by the environment; None for one process."""
    if COUNT in variables:
        place = PLACE if PLACE in variables else JOB_PLACE
        missing = [name for name in (ADDRESSES, place) if name not in variables]
        if missing:
            raise ValueError(
                f"{COUNT} must come with {ADDRESSES} and {PLACE}. "
                f"Received: no {' and no '.join(missing)}"
            )
        numbers = []
        for name in (COUNT, place):
            if not variables[name].isdecimal():
                raise ValueError(f"{name} must be a number. Received: {name}={variables[name]}")
            numbers.append(int(variables[name]))
        first = variables[ADDRESSES].split(",")[0]
        return _arguments(first, numbers[0], numbers[1], (ADDRESSES, COUNT, place))
    for name, launcher in LAUNCHERS.items():
        if variables.get(name, "1") != "1":
            return {"cluster_detection_method": launcher}
    return None


def _arguments(
    coordinator: Any, processes: Any, index: Any, names: tuple[str, str, str]
) -> dict[str, Any] | None:
    host, _, port = _checks.instance(names[0], coordinator, str, "a string").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(
            f"`{names[0]}` must be host:port. Received: {names[0]}={_checks.shown(coordinator)}"
        )
    count = _checks.integer(names[1], processes, minimum=1)
    place = _checks.integer(names[2], index, minimum=0)
    if place >= count:
        raise ValueError(
            f"`{names[2]}` must be less than the {count} processes. Received: {names[2]}={place}"
        )
    if count == 1:
        return None
    return {"coordinator_address": coordinator, "num_processes": count, "process_id": place}


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
