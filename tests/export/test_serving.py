"""The serving kit's files, read by the messages of TensorFlow Serving's own package."""

import hashlib
import json
import re

import numpy as np
import pytest
import tensorflow as tf
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from keras_ae.export.serving import SERVER_VERSION, write_serving_kit
from keras_ae.export.serving.settings import batching_config
from keras_ae.export.serving.warmup import write_warmup_requests
from keras_ae.export.signature import Signature, TensorInfo
from tests.export.served_model import CLOSE, ENDPOINTS, NAME, endpoint_of, served_bundle
from tests.export.serving_double import Servable


@pytest.fixture(scope="module")
def served():
    return served_bundle()


# Settings


def batching_parameters():
    """Declare BatchingParameters, with the numbers of session_bundle_config.proto.

    The Python package has no such module.
    """
    wrappers, field_type = wrappers_pb2.DESCRIPTOR, descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="session_bundle_config.proto",
        package="tensorflow.serving",
        dependency=[wrappers.name],
        syntax="proto3",
    )
    message = file.message_type.add(name="BatchingParameters")
    names = ["max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"]
    for number, name in enumerate(names, start=1):
        message.field.add(
            name=name,
            number=number,
            label=field_type.LABEL_OPTIONAL,
            type=field_type.TYPE_MESSAGE,
            type_name=".google.protobuf.Int64Value",
        )
    message.field.add(
        name="allowed_batch_sizes",
        number=6,
        label=field_type.LABEL_REPEATED,
        type=field_type.TYPE_INT64,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers.serialized_pb)
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters")
    return message_factory.GetMessageClass(descriptor)()


@pytest.mark.slow
def test_models_config_is_a_model_server_config(served):
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((served.directory / "serving" / "models.config").read_text("utf-8"), config)
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == (
        NAME,
        f"/models/{NAME}",
        "tensorflow",
    )


@pytest.mark.parametrize(("batch", "sizes"), [(None, [1, 2, 4, 8, 16, 32, 64]), (3, [3])])
def test_batching_config_keeps_the_message_s_rules(batch, sizes):
    config = text_format.Parse(batching_config(batch), batching_parameters())
    # In increasing order, and the last one equals max_batch_size.
    assert list(config.allowed_batch_sizes) == sizes
    assert config.max_batch_size.value == sizes[-1]
    assert config.HasField("batch_timeout_micros")
    assert config.batch_timeout_micros.value == 0
    assert config.max_enqueued_batches.value >= 1
    assert config.num_batch_threads.value >= 1


def test_docker_compose_mounts_the_files_that_are_there(served):
    file = served.directory / "serving" / "docker-compose.yml"
    (service,) = yaml.safe_load(file.read_text("utf-8"))["services"].values()
    assert service["image"] == f"tensorflow/serving:{SERVER_VERSION}"
    assert [port.split(":")[-2:] for port in service["ports"]] == [["8500"] * 2, ["8501"] * 2]
    mounts = dict(reversed(volume.rsplit(":", 1)[0].split(":")) for volume in service["volumes"])
    assert (file.parent / mounts[f"/models/{NAME}"] / "1" / "saved_model.pb").is_file()
    flags = dict(flag.removeprefix("--").split("=") for flag in service["command"])
    assert flags.pop("enable_batching") == "true"
    assert sorted(flags) == ["batching_parameters_file", "model_config_file"]
    for inside in flags.values():
        assert (file.parent / mounts[inside]).is_file()


def test_every_written_file_is_reported_and_the_same_again(served):
    def digests():
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in served.written}

    first = digests()
    again = write_serving_kit(served.directory, NAME, served.signatures, served.examples)
    assert (again, digests()) == (served.written, first)
    kit = {path for path in (served.directory / "serving").rglob("*") if path.is_file()}
    kit |= set((served.directory / "saved_model" / "1" / "assets.extra").iterdir())
    assert kit == set(served.written)


# Warm-up


def warmup_requests(path):
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert {log.WhichOneof("log_type") for log in logs} == {"predict_log"}
    return [log.predict_log.request for log in logs]


def test_warmup_holds_the_examples_of_every_signature(served):
    path = served.directory / "saved_model/1/assets.extra/tf_serving_warmup_requests"
    requests = warmup_requests(path)
    assert len(requests) <= 1000  # more, and the server refuses the file
    assert {request.model_spec.name for request in requests} == {NAME}
    sizes = {name: [] for name in [*ENDPOINTS, "serving_default"]}
    for request in requests:
        name = request.model_spec.signature_name
        examples = served.examples[endpoint_of(name)]
        assert sorted(request.inputs) == sorted(examples)
        for tensor, proto in request.inputs.items():
            array = tf.make_ndarray(proto)
            rows = np.arange(len(array)) % len(examples[tensor])
            assert array.dtype == examples[tensor].dtype
            np.testing.assert_array_equal(array, examples[tensor][rows])
        sizes[name].append(len(array))
    assert set(map(tuple, sizes.values())) == {(1, 8)}


def test_every_warmup_request_runs(served):
    servable = Servable(NAME, served.directory / "saved_model" / "1")
    for request in warmup_requests(served.written[-1]):
        name = request.model_spec.signature_name
        tensors = {tensor: tf.make_ndarray(proto) for tensor, proto in request.inputs.items()}
        outputs = servable.run(name, tensors)
        for tensor, array in served.expected[endpoint_of(name)].items():
            rows = np.arange(len(outputs[tensor])) % len(array)
            np.testing.assert_allclose(outputs[tensor], array[rows], **CLOSE)


@pytest.mark.parametrize("size", [1, 127, 128, 16383, 16384, 300_000])
def test_lengths_of_any_size_are_read(size, tmp_path):
    array = (np.arange(size) % 251).astype("uint8")
    write_warmup_requests(tmp_path / "requests", "any", [("call", {"pixels": array[None]})])
    (request,) = warmup_requests(tmp_path / "requests")
    np.testing.assert_array_equal(tf.make_ndarray(request.inputs["pixels"])[0], array)


# Arguments


def test_a_model_of_one_batch_size_gets_requests_of_it(tmp_path):
    folder = tmp_path / "saved_model" / "1"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    x, y = (TensorInfo(name, (4, 2), "uint8") for name in ("x", "y"))
    array = np.array([[1, 2], [3, 4], [5, 6]], "uint8")
    kit = write_serving_kit(
        tmp_path, "static", [Signature("call", (x,), (y,))], {"call": {"x": array}}, "call"
    )
    rows = [[1, 2], [3, 4], [5, 6], [1, 2]]
    instances = json.loads((tmp_path / "serving" / "rest" / "call.row.json").read_text())
    assert instances == {"signature_name": "call", "instances": rows}
    tensors = [request.inputs["x"] for request in warmup_requests(kit[-1])]
    assert [tf.make_ndarray(tensor).tolist() for tensor in tensors] == [rows, rows]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"directory": "nowhere"}, "`directory` must hold saved_model/1/saved_model.pb. Rec"),
        ({"model_name": 'a"b'}, "`model_name` must be letters, digits, .* model_name='a\"b'"),
        ({"default": "call"}, "`default` must be one of .*'decode'.* Received: default='call'"),
        ({"examples": {}}, "`examples` of reconstruct must hold x: float32 .* nothing"),
        (
            {"examples": {"reconstruct": {"x": np.zeros((2, 8, 8, 1))}}},
            r"must hold x: float32 \(batch, 8, 8, 1\). Received: float64 \(2, 8, 8, 1\)",
        ),
    ],
)
def test_arguments_are_checked(change, message, served):
    arguments = {
        "directory": served.directory,
        "model_name": NAME,
        "signatures": served.signatures,
        "examples": served.examples,
    }
    with pytest.raises(ValueError, match=re.compile(message)):
        write_serving_kit(**{**arguments, **change})
