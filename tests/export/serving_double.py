"""Protocol doubles: they speak TensorFlow Serving's two protocols and are not TensorFlow Serving.

They run a SavedModel's signatures in Python and answer as the published messages and the page on
the REST API say. What they can't show: the server's own flags, batching, warm-up and C++ loader.
"""

import contextlib
import http.server
import json
import threading
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

REFUSALS = (tf.errors.InvalidArgumentError, TypeError, ValueError)


class Servable:
    """A SavedModel's signatures as functions of arrays by name."""

    def __init__(self, name, path):
        self.name = name
        self._model = tf.saved_model.load(str(path))

    def specs(self, signature_name):
        """Return the TensorSpec of each input by name."""
        name = signature_name or "serving_default"
        if name not in self._model.signatures:
            raise ValueError(f'Serving signature key "{name}" not found.')
        return self._model.signatures[name].structured_input_signature[1]

    def run(self, signature_name, tensors):
        """Return the outputs by name, as arrays; raise one of REFUSALS for what doesn't fit."""
        specs = self.specs(signature_name)
        if set(tensors) != set(specs):
            raise ValueError(f"expected inputs {sorted(specs)}, received {sorted(tensors)}")
        signature = self._model.signatures[signature_name or "serving_default"]
        return {name: tensor.numpy() for name, tensor in signature(**tensors).items()}


class PredictionServiceDouble(prediction_service_pb2_grpc.PredictionServiceServicer):
    """A protocol double of the gRPC service: Predict only."""

    def __init__(self, servable):
        self._servable = servable

    def Predict(self, request, context):  # noqa: N802 - the service's own name
        """Run the signature that the request names; a request that doesn't fit is refused."""
        spec = request.model_spec
        if spec.name != self._servable.name:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found: {spec.name}")
        try:
            tensors = {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}
            outputs = self._servable.run(spec.signature_name, tensors)
        except REFUSALS as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error)[:500])
        response = predict_pb2.PredictResponse(model_spec=spec)
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return response


@contextlib.contextmanager
def grpc_server(servable):
    """Serve gRPC on a free port of this machine; yield the address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    double = PredictionServiceDouble(servable)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(double, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def answer(servable, body):
    """Return the answer to a decoded REST body: rows to rows, columns to columns.

    A lone tensor goes without its name, both ways. Rows need outputs of one length.
    """
    signature_name = body.get("signature_name", "")
    specs = servable.specs(signature_name)
    if ("instances" in body) == ("inputs" in body):
        raise ValueError("expected either instances or inputs")
    if "instances" in body:
        rows = [row if isinstance(row, dict) else {min(specs): row} for row in body["instances"]]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
    else:
        inputs = body["inputs"]
        columns = inputs if isinstance(inputs, dict) else {min(specs): inputs}
    arrays = {
        name: np.array(values, specs[name].dtype.as_numpy_dtype)
        for name, values in columns.items()
    }
    outputs = servable.run(signature_name, arrays)
    lists = {name: array.tolist() for name, array in outputs.items()}
    lone = len(lists) == 1
    if "inputs" in body:
        return {"outputs": next(iter(lists.values())) if lone else lists}
    if len({len(array) if array.ndim else None for array in outputs.values()}) != 1:
        raise ValueError("rows need outputs of the same 0-th dimension")
    rows = [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
    return {"predictions": [next(iter(row.values())) for row in rows] if lone else rows}


@contextlib.contextmanager
def rest_server(servable):
    """Serve REST on a free port of this machine; yield the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                if self.path != f"/v1/models/{servable.name}:predict":
                    status, reply = 404, {"error": f"Servable not found: {self.path}"}
                else:
                    status, reply = 200, answer(servable, json.loads(content))
            except REFUSALS as error:
                status, reply = 400, {"error": str(error)[:500]}
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            """Say nothing on stderr."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
