"""The page's JavaScript runs in onnxruntime-node and says what ONNX Runtime says in Python."""

import json
import shlex
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.export.deployment_page import snippet

LATENT_DIM, IMAGE = 16, (28, 28, 1)


def write_decoder(path):
    """Write a decoder of one layer with the names and shapes that the page assumes."""
    random = np.random.default_rng(0)
    constants = {
        "weights": random.normal(size=(LATENT_DIM, 784)).astype("float32"),
        "shape": np.array([-1, *IMAGE]),
    }
    nodes = [
        helper.make_node("MatMul", ["latent", "weights"], ["product"]),
        helper.make_node("Sigmoid", ["product"], ["pixels"]),
        helper.make_node("Reshape", ["pixels", "shape"], ["reconstruction"]),
    ]
    graph = helper.make_graph(
        nodes,
        "decode",
        [helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["batch", LATENT_DIM])],
        [helper.make_tensor_value_info("reconstruction", TensorProto.FLOAT, ["batch", *IMAGE])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opset = helper.make_opsetid("", 18)
    path.parent.mkdir(parents=True)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=10), path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory that doesn't stay: onnxruntime-node takes 290 MB."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path / "node_modules", ignore_errors=True)


@pytest.mark.slow  # npm fetches onnxruntime-node
def test_the_page_s_javascript_and_python_agree(folder):
    write_decoder(folder / "saved_models" / "mnist_vae" / "bundle" / "onnx" / "decode.onnx")
    names = {}
    exec(snippet("onnxruntime"), names)

    (folder / "package.json").write_text('{"private": true}', "utf-8")
    (folder / "decode.mjs").write_text(snippet("javascript"), "utf-8")
    subprocess.run(shlex.split(snippet("npm")), check=True, capture_output=True, timeout=300)
    node = subprocess.run(
        ["node", "decode.mjs"], check=True, capture_output=True, text=True, timeout=60
    )
    answer = json.loads(node.stdout)
    assert answer["shape"] == [1, *IMAGE]
    reconstruction = np.array(answer["values"], "float32").reshape(answer["shape"])
    np.testing.assert_allclose(reconstruction, names["reconstruction"], rtol=1e-6, atol=1e-7)
    assert reconstruction.std() > 0.1
