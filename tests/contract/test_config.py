"""Promise: the constructor's arguments are the config, which goes through JSON and back."""

import json

import keras
import numpy as np

from keras_ae._config import constructor_arguments
from tests.contract.descriptors import PARTS
from tests.contract.model_rows import MODELS
from tests.contract.rows import each

ROWS = PARTS + MODELS
KERAS_KEYS = {"name", "trainable", "dtype"}


def as_json(thing):
    return json.dumps(keras.saving.serialize_keras_object(thing), sort_keys=True)


def again(thing):
    return keras.saving.deserialize_keras_object(json.loads(as_json(thing)))


def numpy_s(value):
    """Return an argument with NumPy's scalars for its numbers, of types that JSON refuses."""
    if isinstance(value, (bool, int, float)):
        return np.float32(value) if isinstance(value, float) else np.asarray(value)[()]
    if isinstance(value, (tuple, list)):
        return type(value)(map(numpy_s, value))
    return value


def parts_of(model):
    layers = model._flatten_layers()
    return [layer for layer in layers if type(layer).__module__.startswith("keras_ae")]


@each(ROWS)
def test_arguments_are_config_keys(row):
    part = row.new()
    assert set(part.get_config()) - KERAS_KEYS == set(constructor_arguments(type(part)))


@each(ROWS)
def test_config_holds_what_was_given(row):
    config = row.new().get_config()
    for name, value in row.arguments().items():
        if isinstance(config[name], (int, float, tuple)):
            assert config[name] == value, name


@each(ROWS)
def test_numpy_s_numbers_are_python_s(row):
    """Loops over np.arange, grid searches and means of arrays give NumPy's scalars."""
    arguments = {name: numpy_s(value) for name, value in row.arguments().items()}
    json.dumps(row.make(**arguments).get_config())


@each(ROWS)
def test_round_trip_is_the_identity(row):
    part = row.new(name="part")
    copy = again(part)
    assert type(copy) is type(part)
    assert copy.name == "part"
    assert as_json(copy) == as_json(part)


@each(ROWS)
def test_keras_arguments_are_kept(row):
    part = row.new(name="part", trainable=False)
    assert not again(part).trainable
    assert again(part).dtype_policy == part.dtype_policy


def test_models_round_trip_is_the_identity(untrained):
    """A config holds values, so that the copy shares no weight with the model."""
    _, model = untrained
    copy = again(model)
    assert type(copy) is type(model)
    assert as_json(copy) == as_json(model)
    assert [w.shape for w in copy.weights] == [w.shape for w in model.weights]
    mine = {id(variable) for variable in model.variables}
    assert mine.isdisjoint(id(variable) for variable in copy.variables)


def test_every_part_of_a_model_names_its_arguments(untrained):
    _, model = untrained
    parts = parts_of(model)
    assert model in parts
    assert model.bottleneck in parts
    for part in parts:
        assert set(constructor_arguments(type(part))) <= set(part.get_config()), part
