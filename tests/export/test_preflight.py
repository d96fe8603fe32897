import json
import sys

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_ae.export.endpoints import Endpoint, make_endpoints
from keras_ae.export.errors import UnsupportedModelError
from keras_ae.export.proof.preflight import check_float16, check_model
from keras_ae.export.signature import Signature, TensorInfo
from keras_ae.layers import MixturePrior, NormalBottleneck, Sampling, dense_decoder, dense_encoder
from keras_ae.models import VariationalAutoencoder
from tests.environments import ROOT
from tests.export.layer_cases import (
    BROKEN,
    REWRITTEN,
    WORKING,
    Computed,
    Drawn,
    inverse,
)
from tests.subprocesses import run

pytestmark = pytest.mark.slow  # real conversions

EVERY_FORMAT = ("saved_model", "tflite", "onnx")


def rows(cases):
    """Return name and format of the cases."""
    return [(name, to) for name, case in cases.items() for to in case.formats]


@pytest.fixture(scope="module")
def happened(tmp_path_factory):
    """Return what the raw converters make of the cases, in a process of their own."""
    results = tmp_path_factory.mktemp("raw") / "results.json"
    # TensorFlow can't run dilated transposed convolutions on a CPU without oneDNN, which it takes
    # by default only on processors with VNNI, BF16 or AMX instructions.
    chosen = {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "1"}
    run([sys.executable, "-m", "tests.export.layer_cases", str(results)], cwd=ROOT, **chosen)
    return json.loads(results.read_text())


def check(model, formats, batch=None, **options):
    """Check a model's call at inference, as the endpoint of an export."""
    structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    inputs = [TensorInfo(t.name, (batch, *t.shape[1:]), t.dtype) for t in model.inputs]

    def call(*tensors):
        return model(keras.tree.pack_sequence_as(structure, list(tensors)), training=False)

    endpoint = Endpoint(Signature("call", tuple(inputs), ()), call)
    check_model([model], formats, {"call": endpoint}, options)


def refusal(*arguments, check=check, **options):
    with pytest.raises(UnsupportedModelError) as caught:
        check(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(("name", "format"), rows(BROKEN))
def test_what_breaks_is_refused_with_the_layer_and_the_fix(happened, name, format):
    case = BROKEN[name]
    message = refusal(case.model(), [format], case.batch, opset=case.opset)
    assert case.fix in message
    if "opset" not in name:
        assert "it` (" in message
        assert format in message
    assert happened[name][format] != "right"


@pytest.mark.parametrize(("name", "format"), rows(REWRITTEN))
def test_what_can_be_written_otherwise_is_not_refused(happened, name, format):
    case = REWRITTEN[name]
    check(case.model(), [format], case.batch, opset=case.opset)
    assert happened[name][f"our {format}"] == "right"
    assert happened[name][format] != "right", "the converter has it now: the rewrite can go"


@pytest.mark.parametrize(("name", "format"), rows(WORKING))
def test_what_works_is_not_refused(happened, name, format):
    case = WORKING[name]
    check(case.model(), [format], case.batch, opset=case.opset)
    assert happened[name][format] == "right"


def test_all_that_breaks_is_in_one_error():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            layers.UpSampling2D(2, interpolation="bicubic", name="enlarge"),
            layers.Conv2DTranspose(3, 3, dilation_rate=2, name="dilate"),
            keras.Sequential([layers.Dense(3, activation=inverse, name="inner")], name="nested"),
            layers.Dense(2, activation=inverse, name="last"),
        ]
    )
    message = refusal(model, EVERY_FORMAT, opset=19)
    # The activation is for two formats a thing of its own.
    assert message.startswith("7 thing(s) can't be exported:\n")
    parts = {"opset=19": 1, "`enlarge`": 1, "`dilate`": 1, "`inner` (Den": 2, "`last` (Den": 2}
    assert {part: message.count(part) for part in parts} == parts
    assert "nested" not in message
    check(model, ["saved_model"], opset=19)


def test_layers_are_told_apart_whatever_their_names():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, name="dense"),
            layers.Dense(4, name="dense_1", activation=inverse),
            layers.Dense(4, name="dense_1_1"),
        ]
    )
    message = refusal(model, ["onnx"])
    assert "`dense_1` (Dense)" in message
    assert message.count("\n- ") == 1
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dense_1_1"]


def test_models_of_several_inputs_and_outputs_are_checked():
    inputs = {name: keras.Input((3,), name=name) for name in ("b", "a")}
    total = layers.Add()([inputs["a"], Drawn(name="noisy")(inputs["b"])])
    model = keras.Model(inputs, {"total": total, "twice": 2 * total})
    assert "`noisy` (Drawn)" in refusal(model, ["saved_model"])


def test_a_variable_that_changes_at_inference_is_refused():
    class Counting(layers.Layer):
        def build(self, shape):
            self.count = self.add_weight(shape=(), trainable=False)

        def call(self, x):
            self.count.assign_add(1.0)
            return x

    model = keras.Sequential([keras.Input((3,)), Counting(name="counting")])
    assert "`counting` (Counting)" in refusal(model, ["saved_model"])


def test_dropout_that_stays_on_is_refused():
    stays_on = Computed(lambda x: keras.random.dropout(x, 0.5), name="stays_on")
    message = refusal(keras.Sequential([keras.Input((3,)), stays_on]), ["tflite"])
    assert "`stays_on` (Computed)" in message
    assert "random" in message


def test_text_is_refused():
    text = layers.TextVectorization(vocabulary=["a", "b"], name="text")
    message = refusal(keras.Sequential([keras.Input((1,), dtype="string"), text]), ["saved_model"])
    assert "`text` (TextVectorization)" in message
    lookup = layers.IntegerLookup(vocabulary=[1, 2], name="lookup")
    numbers = keras.Sequential([keras.Input((1,), dtype="int64"), lookup])
    for name in ("tflite", "onnx"):
        assert "`lookup` (IntegerLookup)" in refusal(numbers, [name])
    check(numbers, ["saved_model"])


def variational_autoencoder():
    return VariationalAutoencoder(
        encoder=dense_encoder((4,), units=(8,)),
        bottleneck=NormalBottleneck(2, prior=MixturePrior(2, 3)),
        decoder=dense_decoder((4,), latent_dim=2, units=(8,)),
    )


def test_a_bottleneck_that_samples_only_in_training_passes():
    x, mean = keras.Input((4,)), keras.Input((3,))
    check(keras.Model(x, variational_autoencoder()(x)), EVERY_FORMAT)
    check(keras.Model(mean, Sampling()(mean, ops.exp(mean))), EVERY_FORMAT)


def test_the_endpoints_that_break_are_named():
    model = variational_autoencoder()
    x = TensorInfo("x", (None, 4), "float32")

    def encode(x):
        return {"latent": model.bottleneck.encode(model.encoder(x, training=False))}

    def shifted(x):
        return {"latent": ops.erfinv(encode(x)["latent"])}

    check_model([model], EVERY_FORMAT, make_endpoints({"encode": encode}, {"x": x}, None))
    functions = {"encode": encode, "shifted": shifted, "again": shifted}
    endpoints = make_endpoints(functions, {"x": x}, None)
    message = refusal([model], EVERY_FORMAT, endpoints, check=check_model)
    assert f"`{model.name}` (VariationalAutoencoder)" in message
    assert message.endswith("(Endpoints: shifted, again)")


def test_the_layers_of_several_models_are_told_apart():
    encoder = keras.Sequential([keras.Input((3,)), layers.Dense(2, inverse, name="one")])
    decoder = keras.Sequential([keras.Input((2,)), layers.Dense(3, inverse, name="two")])

    def reconstruct(x):
        return {"reconstruction": ops.erfinv(decoder(encoder(x)))}

    tensors = {"x": TensorInfo("x", (None, 3), "float32")}
    endpoints = make_endpoints({"reconstruct": reconstruct}, tensors, None)
    message = refusal([encoder, decoder], ["onnx"], endpoints, check=check_model)
    for part in ("`one` (Dense)", "`two` (Dense)", "what is outside of the layers can't"):
        assert part in message


def test_weights_that_float16_would_clamp_are_refused():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2, name="a"), Computed(ops.tanh)])
    check_float16(model)
    model.layers[0].bias.assign([0.0, -70000.0])
    with pytest.raises(UnsupportedModelError, match="float32.*\n- `.*a/bias`: 70000$"):
        check_float16(model)
    model.layers[0].bias.assign([0.0, 65504.0])
    check_float16(model)
    model.layers[0].kernel.assign([[0.0, np.nan], [0.0, 0.0]])
    with pytest.raises(UnsupportedModelError, match="a/kernel`: nan"):
        check_float16(model)
