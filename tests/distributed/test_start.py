"""Who trains together is told by arguments or by the environment, or refused in one line."""

import zlib

import keras
import pytest

from keras_ae.distributed import local_processes, start
from keras_ae.distributed.environment import by_arguments, by_environment
from keras_ae.execution import watchdog

KERAS = {
    "KERAS_DISTRIBUTION_NUM_PROCESSES": "3",
    "KERAS_DISTRIBUTION_JOB_ADDRESSES": "first:1234,second:1234",
    "KERAS_DISTRIBUTION_PROCESS_ID": "2",
}
SLURM = {"SLURM_NTASKS": "4", "SLURM_STEP_NODELIST": "node[1-4]"}
MPI = {
    "OMPI_COMM_WORLD_SIZE": "3",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "1",
    "OMPI_COMM_WORLD_RANK": "2",
    "PMIX_NAMESPACE": "prterun-host-15756@1",
}
MPI_4 = {**MPI, "OMPI_MCA_orte_hnp_uri": "1365245952.0;tcp://10.0.0.1:57287"}
OWN = f"localhost:{61440 + zlib.crc32(b'prterun-host-15756@1') % 4096}"
FIRST = {"coordinator_address": "first:1234", "num_processes": 3, "process_id": 2}


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="what TensorFlow's backend says")
def test_tensorflow_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="KERAS_BACKEND=jax: Keras on TensorFlow doesn't train"):
        start()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        (KERAS, FIRST),
        (
            {**KERAS, "KERAS_DISTRIBUTION_NUM_PROCESSES": "1"}
            | {"KERAS_DISTRIBUTION_PROCESS_ID": "0"},
            None,
        ),
        (
            {
                **{k: v for k, v in KERAS.items() if "PROCESS_ID" not in k},
                "JOB_COMPLETION_INDEX": "2",
            },
            FIRST,
        ),
        (SLURM, {"cluster_detection_method": "slurm"}),
        ({**SLURM, "SLURM_NTASKS": "1"}, None),
        ({"SLURM_NTASKS": "4"}, None),  # a batch script's own shell
        (MPI_4, {"cluster_detection_method": "ompi"}),
        ({**MPI, "OMPI_COMM_WORLD_LOCAL_SIZE": "3"}, {**FIRST, "coordinator_address": OWN}),
        ({**MPI, "KERAS_DISTRIBUTION_JOB_ADDRESSES": "first:1234"}, FIRST),
        ({**MPI_4, "OMPI_COMM_WORLD_SIZE": "1"}, None),
    ],
)
def test_the_environment_tells_who_trains(variables, expected):
    assert by_environment(variables) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"KERAS_DISTRIBUTION_PROCESS_ID": None}, "Received: no JOB_COMPLETION_INDEX"),
        ({"KERAS_DISTRIBUTION_JOB_ADDRESSES": None}, "no KERAS_DISTRIBUTION_JOB_ADDRESSES"),
        ({"KERAS_DISTRIBUTION_PROCESS_ID": "two"}, "must be a number. Received: .*PROCESS_ID=two"),
        ({"KERAS_DISTRIBUTION_PROCESS_ID": "3"}, "must be less than the 3 processes"),
        ({"KERAS_DISTRIBUTION_JOB_ADDRESSES": "first"}, "must be host:port. Received: .*'first'"),
    ],
)
def test_an_environment_that_lacks_something_is_refused(change, message):
    variables = {name: value for name, value in (KERAS | change).items() if value is not None}
    with pytest.raises(ValueError, match=message):
        by_environment(variables)


def test_hosts_of_open_mpi_5_need_the_first_one_s_address():
    with pytest.raises(ValueError, match="KERAS_DISTRIBUTION_JOB_ADDRESSES must be the first"):
        by_environment(MPI)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("localhost:1", 2, None), "must be given together. Received: no index"),
        (("localhost:1", 2, 2), "`index` must be less than the 2 processes. Received: index=2"),
        (("localhost:1", 0, 0), "`processes` must be an integer >= 1"),
        (("localhost", 2, 0), "`coordinator` must be host:port"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        by_arguments(*arguments)


def test_a_lost_process_has_one_exit_code():
    assert local_processes.LOST == watchdog.EXIT_CODE
