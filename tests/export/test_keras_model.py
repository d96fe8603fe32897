"""Names, structures and types of any Keras model's inputs and outputs, before any conversion."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_ae.export.endpoints import make_endpoints
from keras_ae.export.errors import UnsupportedModelError
from keras_ae.export.keras_model import read_model
from keras_ae.export.proof.golden import make_golden
from keras_ae.export.samples import draw
from keras_ae.export.subject import make_subject

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")


def joined(inputs, units=3):
    return layers.Dense(units)(layers.Concatenate()(inputs))


def names_of(model, data, **options):
    """Return the names of a model's inputs and outputs in every file."""
    subject = make_subject(model, data, None, **options)
    (endpoint,) = make_endpoints(subject.functions, subject.tensors, None).values()
    sides = endpoint.signature.inputs, endpoint.signature.outputs
    return tuple([tensor.name for tensor in side] for side in sides)


class Dicts(keras.Model):
    """A subclassed model of a dict, which returns a nested one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.left, self.right = layers.Dense(3), layers.Dense(3)

    def call(self, inputs):
        total = self.left(inputs["left"]) + self.right(inputs["right"])
        return {"latent": {"mean": total, "log_var": -total}, "out": total}


def test_an_unnamed_input_is_x_after_each_reload(tmp_path):
    start = keras.Input((4,))
    model = keras.Model(start, layers.Dense(2)(start))
    model.save(tmp_path / "m.keras")
    for each in (model, keras.models.load_model(tmp_path / "m.keras"), keras.Sequential([model])):
        each(X)
        assert names_of(each, X) == (["x"], ["output"])
    two = [keras.Input((4,)), keras.Input((4,), name="other")]
    assert names_of(keras.Model(two, joined(two)), [X, X])[0] == ["x_1", "other"]


@pytest.mark.parametrize(
    ("name", "clean"),
    [("image-left", "image_left"), ("class", "class_"), ("1st", "x_1st"), ("größe", "gr__e")],
)
def test_names_that_are_no_identifiers(name, clean):
    start = keras.Input((4,), name=name)
    model = keras.Model(start, layers.Dense(3)(start))
    for data in (X, {name: X}, {clean: X}):
        assert names_of(model, data)[0] == [clean]


def test_keys_are_names_also_of_subclassed_models():
    model = Dicts()
    data = {"left": X, "right": X}
    with pytest.raises(ValueError, match="must be built"):
        names_of(model, data)
    model(data)
    outputs = ["latent_log_var", "latent_mean", "out"]
    assert names_of(model, data) == (["left", "right"], outputs)
    a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    functional = keras.Model({"left": a, "right": b}, joined([a, b]))
    assert names_of(functional, {"right": X, "left": X})[0] == ["left", "right"]
    made = read_model(functional, {"right": X, "left": X + 1}, None)
    np.testing.assert_array_equal(made.samples["left"], X + 1)


def test_an_output_that_is_called_as_an_input():
    start = keras.Input((4,), name="image")
    model = keras.Model(start, {"image": layers.Dense(4)(start), "same": start})
    assert names_of(model, X) == (["image"], ["image_output", "same"])


def test_names_can_be_chosen():
    two = [keras.Input((4,), name="left"), keras.Input((4,), name="right")]
    model = keras.Model(two, joined(two))
    chosen = {"input_names": {"left": "a"}, "output_names": ["code"]}
    assert names_of(model, [X, X], **chosen) == (["a", "right"], ["code"])
    assert names_of(model, {"a": X, "right": X}, **chosen)[0] == ["a", "right"]
    for wrong in ({"middle": "a"}, ["a"], ["a", "a"], ["1st", "b"], {"left": "right"}):
        with pytest.raises(ValueError, match="`input_names` must give left, right other names"):
            names_of(model, [X, X], input_names=wrong)


def test_a_missing_input_is_named():
    two = [keras.Input((4,), name="left"), keras.Input((4,), name="right")]
    model = keras.Model(two, joined(two))
    with pytest.raises(ValueError, match=r"each input: left, right\. .*right is missing"):
        make_subject(model, {"left": X}, None)
    with pytest.raises(ValueError, match="Received: 3 arrays"):
        make_subject(model, [X, X, X], None)


def test_numbers_of_rank_one_are_features():
    age, income = keras.Input((), name="age"), keras.Input((1,), name="income")
    model = keras.Model([age, income], joined([ops.expand_dims(age, -1), income]))
    data = {"age": X[:, 0], "income": X[:, :1]}
    subject = make_subject(model, data, None)
    assert subject.tensors["age"].shape == (None,)
    (endpoint,) = make_endpoints(subject.functions, subject.tensors, None).values()
    found = endpoint.run(subject.samples)["output"]
    np.testing.assert_allclose(found, model.predict(data, verbose=0), atol=1e-6)


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float64"]
)
def test_the_type_is_the_model_s_own(dtype):
    start = keras.Input((3,), dtype=dtype)
    model = keras.Model(start, ops.cast(start, "float32"))
    data = np.random.default_rng(0).integers(0, 2, (20, 3))
    subject = make_subject(model, data, None)
    assert subject.tensors["x"].dtype == subject.types["x"] == dtype
    drawn = draw(subject.samples["x"], 17, np.random.default_rng(1))
    assert drawn.dtype == dtype
    if dtype != "float64":
        assert set(np.unique(drawn)) == {0, 1}


def test_integers_are_drawn_within_the_observed_range_to_the_last_one():
    ids = np.array([[5], [2**40]])
    drawn = draw(ids, 1000, np.random.default_rng(0))
    assert drawn.dtype == "int64"
    assert drawn.min() >= 5
    assert drawn.max() <= 2**40
    assert (drawn % 1024).max() > 1000  # not through floats
    top = np.array([[2**64 - 1], [2**64 - 2]], "uint64")
    assert set(draw(top, 50, np.random.default_rng(0))[:, 0].tolist()) == set(top[:, 0].tolist())


def test_whole_numbers_of_a_model_of_floats_are_drawn_whole():
    model = keras.Sequential([keras.Input((5,)), layers.Embedding(50, 4)])
    subject = make_subject(model, np.random.default_rng(0).integers(0, 50, (40, 5)), None)
    assert subject.tensors["x"].dtype == "float32"
    drawn = draw(subject.samples["x"], 17, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, np.rint(drawn))
    assert len(np.unique(drawn)) > 20
    assert draw(X, 17, np.random.default_rng(0)).dtype == "float32"


def test_sparse_ragged_and_text_data_are_refused_in_one_line():
    import scipy.sparse

    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    for data in (scipy.sparse.csr_matrix(X), [[1, 2], [3]], [["a"] * 4], None, np.zeros((0, 4))):
        with pytest.raises((ValueError, TypeError), match="`x` must") as caught:
            make_subject(model, data, None)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("dtype", "data"),
    [
        ("int32", np.array([[2**31]])),
        ("int32", np.array([[0.5]])),
        ("uint8", np.array([[-1]])),
        ("float32", np.array([[2**24 + 1]])),
        ("bool", np.array([[2]])),
    ],
)
def test_samples_that_the_type_cannot_express_are_refused(dtype, data):
    start = keras.Input((1,), dtype=dtype)
    model = keras.Model(start, ops.cast(start, "float32"))
    with pytest.raises(ValueError, match=f"`x` must hold numbers that {dtype}, the type"):
        make_subject(model, data, None)


def test_strings_and_sparse_inputs_are_refused_by_name():
    start = keras.Input((1,), dtype="string", name="word")
    model = keras.Model(start, layers.StringLookup(vocabulary=["a"])(start))
    with pytest.raises(UnsupportedModelError, match="input `word` is of strings"):
        make_subject(model, np.array([["a"]]), None)


def test_a_fixed_batch_of_the_model_is_that_of_its_files():
    start = keras.Input(batch_shape=(2, 4))
    model = keras.Model(start, layers.Dense(3)(start))
    assert make_subject(model, X, None).tensors["x"].shape == (2, 4)
    assert make_subject(model, X, 2).tensors["x"].shape == (2, 4)
    with pytest.raises(ValueError, match="`batch` must be 2, the batch size that the model is"):
        make_subject(model, X, 3)


def endpoints_of(model, data, batch=None, **options):
    subject = make_subject(model, data, batch, **options)
    return subject, make_endpoints(subject.functions, subject.tensors, None)


@pytest.mark.parametrize(
    "function",
    [
        lambda t: ops.matmul(t, ops.transpose(t)),
        lambda t: t - ops.mean(t, 0, keepdims=True),
        lambda t: ops.reshape(t, (-1, 2)),
    ],
)
def test_outputs_of_a_whole_batch_are_refused_before_converting(function):
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(function)])
    subject, endpoints = endpoints_of(model, X)
    with pytest.raises(UnsupportedModelError, match="depends on the other examples of its batch"):
        make_golden(endpoints, subject.samples, None)
    subject, endpoints = endpoints_of(model, X, batch=4)
    assert make_golden(endpoints, subject.samples, 4)["sample"]["outputs"]["call"]


def test_free_axes_stay_free_and_are_computed_at_another_size():
    start = keras.Input((None, None, 3))
    model = keras.Model(start, layers.Conv2D(2, 3, padding="same")(start))
    image = np.random.default_rng(0).random((5, 8, 6, 3), dtype="float32")
    subject, endpoints = endpoints_of(model, image)
    assert subject.tensors["x"].shape == (None, None, None, 3)
    golden = make_golden(endpoints, subject.samples, None)
    assert golden["resized"]["inputs"]["x"].shape == (3, 16, 18, 3)
    assert golden["resized"]["outputs"]["call"]["output"].shape == (3, 16, 18, 2)


def test_a_size_that_only_looks_free_is_refused():
    start = keras.Input((None, 3))
    places = np.ones((8, 3), "float32")  # as many as there were steps in training
    model = keras.Model(start, layers.Dense(2)(layers.Lambda(lambda t: t + places)(start)))
    subject, endpoints = endpoints_of(model, np.zeros((20, 8, 3), "float32"))
    with pytest.raises(UnsupportedModelError, match="axis 1 of `x` is free, but Keras computes"):
        make_golden(endpoints, subject.samples, None)


def test_integers_that_come_from_floats_are_told_from_others():
    start = keras.Input((4,), dtype="int32")
    floats = ops.cast(start, "float32")
    outputs = {
        "place": ops.argmax(floats, -1),
        "positive": floats > 0,
        "next": start + 1,
        "even": ops.equal(start % 2, 0),
        "real": floats,
    }
    _, endpoints = endpoints_of(keras.Model(start, outputs), X.astype("int32"))
    assert endpoints["call"].rounded == ("place", "positive")


def test_own_functions_are_endpoints_beside_call():
    start = keras.Input((4,), name="image")
    model = keras.Model(start, layers.Dense(3)(start))
    functions = {
        "twice": lambda image: 2 * model(image),
        "shifted": lambda image, shift: {"moved": model(image) + shift},
    }
    data = {"image": X, "shift": X[:, :1]}
    subject, endpoints = endpoints_of(model, data, functions=functions)
    assert list(endpoints) == ["call", "twice", "shifted"]
    assert subject.own == ("twice", "shifted")
    found = endpoints["shifted"].run(subject.samples)["moved"]
    np.testing.assert_allclose(found, model.predict(X, verbose=0) + X[:, :1], atol=1e-6)
    with pytest.raises(ValueError, match="a dict with 'shift', which the function 'shifted'"):
        make_subject(model, X, None, functions)
    for taken in ("call", "run", "close", "1st"):
        with pytest.raises(ValueError, match="from new names to functions"):
            make_subject(model, X, None, {taken: lambda image: image})


def test_layers_that_are_no_models_are_pairs_too():
    encoder, decoder = layers.Dense(2), layers.Dense(4)
    with pytest.raises(ValueError, match="must be built"):
        make_subject((encoder, decoder), X, None)
    decoder(encoder(X))
    subject, endpoints = endpoints_of((encoder, decoder), X)
    assert set(subject.models) == {"encoder.keras", "decoder.keras"}
    found = endpoints["reconstruct"].run(subject.samples)["reconstruction"]
    np.testing.assert_allclose(found, decoder(encoder(X)), atol=1e-6)
