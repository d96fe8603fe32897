"""Who trains together: told by arguments, by Keras' variables, or by a launcher's.

It needs no Keras.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from keras_ae import _checks

# Keras' own variables, and the place of a pod in a Kubernetes Job.
ADDRESSES, COUNT, PLACE = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)
JOB_PLACE = "JOB_COMPLETION_INDEX"
# Slurm's, of a step that srun has started; a batch script's own shell has no list of nodes.
SLURM_COUNT, SLURM_NODES = "SLURM_NTASKS", "SLURM_STEP_NODELIST"
# Open MPI's; the address of mpirun is there up to version 4.
MPI_COUNT, MPI_LOCAL_COUNT, MPI_PLACE = (
    f"OMPI_COMM_WORLD_{name}" for name in ("SIZE", "LOCAL_SIZE", "RANK")
)
MPI_ADDRESS, MPI_JOB = "OMPI_MCA_orte_hnp_uri", "PMIX_NAMESPACE"
FIRST_PORT, PORTS = 61440, 4096  # the last ones of all, from which JAX takes one for a job too


def by_arguments(
    coordinator: str | None, processes: int | None, index: int | None
) -> dict[str, Any] | None:
    """Return the arguments of `jax.distributed.initialize` by those of `start`.

    Returns:
        None for one process.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is missing or out of range.
    """
    given = {"coordinator": coordinator, "processes": processes, "index": index}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise ValueError(
            "`coordinator`, `processes` and `index` must be given together. "
            f"Received: no {' and no '.join(missing)}"
        )
    return _arguments(coordinator, processes, index, tuple(given))


def by_environment(variables: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the arguments of `jax.distributed.initialize` by the environment.

    Returns:
        None for one process.

    Raises:
        ValueError: A variable is missing, or isn't what it should be.
    """
    if COUNT in variables:
        place = PLACE if PLACE in variables else JOB_PLACE
        missing = [name for name in (ADDRESSES, place) if name not in variables]
        if missing:
            raise ValueError(
                f"{COUNT} must come with {ADDRESSES} and {PLACE}. "
                f"Received: no {' and no '.join(missing)}"
            )
        return _numbered(variables, variables[ADDRESSES], COUNT, place)
    if SLURM_NODES in variables and variables.get(SLURM_COUNT, "1") != "1":
        return {"cluster_detection_method": "slurm"}
    if variables.get(MPI_COUNT, "1") != "1":
        return _by_mpi(variables)
    return None


def _by_mpi(variables: Mapping[str, str]) -> dict[str, Any] | None:
    if ADDRESSES in variables:
        return _numbered(variables, variables[ADDRESSES], MPI_COUNT, MPI_PLACE)
    if MPI_ADDRESS in variables:
        return {"cluster_detection_method": "ompi"}
    if variables.get(MPI_LOCAL_COUNT) == variables[MPI_COUNT]:
        job = zlib.crc32(variables.get(MPI_JOB, "").encode())
        address = f"localhost:{FIRST_PORT + job % PORTS}"
        return _numbered(variables, address, MPI_COUNT, MPI_PLACE)
    raise ValueError(
        f"{ADDRESSES} must be the first process' host:port: Open MPI 5 doesn't tell it "
        f"to processes of several hosts. Received: no {ADDRESSES}"
    )


def _numbered(
    variables: Mapping[str, str], addresses: str, count: str, place: str
) -> dict[str, Any] | None:
    """Return the arguments by two variables that are numbers."""
    for name in (count, place):
        if not variables.get(name, "").isdecimal():
            raise ValueError(f"{name} must be a number. Received: {name}={variables.get(name)}")
    first = addresses.split(",")[0]
    names = (ADDRESSES, count, place)
    return _arguments(first, int(variables[count]), int(variables[place]), names)


def _arguments(
    coordinator: Any, processes: Any, index: Any, names: tuple[str, ...]
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
