"""How far networks look, beside what moves when one place of their input does."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_ae.layers._reach import FarSightedError, Reach, reaches

SIZE, PLACE = 16, 8


def built(*stack):
    """Return a functional model of layers, one after another."""
    x = inputs = keras.Input((None, None, 2))
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def same(kernel, **options):
    return layers.Conv2D(3, kernel, padding="same", **options)


def transposed(kernel, stride, **options):
    return layers.Conv2DTranspose(3, kernel, stride, padding="same", **options)


NETWORKS = {
    "one": lambda: built(same(1)),
    "three": lambda: built(same(3)),
    "even": lambda: built(same((4, 2))),
    "dilated": lambda: built(same((3, 5), dilation_rate=(2, 1), activation="swish")),
    "depthwise": lambda: built(layers.DepthwiseConv2D(5, padding="same")),
    "separable": lambda: built(layers.SeparableConv2D(3, 3, padding="same")),
    "transposed": lambda: built(transposed(3, 2)),
    "wide": lambda: built(transposed((5, 4), (2, 3))),
    "narrow": lambda: built(transposed(1, 2), same(3)),
    "twice": lambda: built(same(3), transposed(4, 2), transposed(3, 2), same(5)),
    "repeated": lambda: built(same(3), layers.UpSampling2D((2, 3)), same(3)),
    "nested": lambda: built(built(same(3), layers.UpSampling2D(2)), same(3)),
    "sequential": lambda: keras.Sequential(
        [keras.Input((None, None, 2)), same(3), layers.LayerNormalization(), same(3)]
    ),
}


def moved(network, axis):
    """Return the first and last output along an axis that depends on the input at `PLACE`."""
    random = np.random.default_rng(0)
    x = random.normal(size=(4, SIZE, SIZE, 2)).astype("float32")
    changed = x.copy()
    changed[(slice(None), *[slice(None)] * axis, PLACE)] += random.normal(size=(4, SIZE, 2)) * 9
    difference = np.abs(np.asarray(network(changed)) - np.asarray(network(x)))
    other = tuple(each for each in range(4) if each != axis + 1)
    places = np.flatnonzero(difference.max(axis=other) > 1e-5)
    return places[0], places[-1]


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_a_reach_is_what_moves(make):
    """`high` outputs before a place depend on it, and `low` behind those that it stands for."""
    network = make()
    for axis, reach in enumerate(reaches(network)):
        first, last = moved(network, axis)
        assert PLACE * reach.scale - first == reach.high
        assert last - ((PLACE + 1) * reach.scale - 1) == reach.low


def test_branches_look_as_far_as_the_farthest():
    x = keras.Input((None, None, 2))
    near, far = same(1)(x), same(5)(same(3)(x))
    both = layers.Add()([near, far]) + near
    model = keras.Model(x, layers.Concatenate()([both, x]))
    assert reaches(model) == (Reach(1, 3, 3),) * 2


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (lambda: layers.GroupNormalization(1), "GroupNormalization"),
        (lambda: layers.LayerNormalization(axis=(1, 2, 3)), "LayerNormalization"),
        (lambda: layers.GlobalAveragePooling2D(keepdims=True), "GlobalAveragePooling2D"),
        (lambda: same(3, strides=2), "Conv2D"),
        (lambda: layers.Conv2D(3, 3), "Conv2D"),
        (lambda: layers.UpSampling2D(2, interpolation="bicubic"), "UpSampling2D"),
        (lambda: layers.Cropping2D(1), "Cropping2D"),
        (lambda: layers.Activation(lambda x: x - keras.ops.mean(x)), "Activation"),
        (lambda: same(3, activation=lambda x: x - keras.ops.max(x)), "Conv2D"),
        (lambda: layers.Lambda(lambda x: x), "Lambda"),
        (lambda: type("Mine", (layers.Conv2D,), {})(3, 3, padding="same"), "Mine"),
        (lambda: lambda x: keras.ops.flip(x, 1), "Flip"),
    ],
)
def test_what_may_look_at_all_is_refused_by_name(layer, name):
    x = keras.Input((8, 8, 2))
    with pytest.raises(FarSightedError, match=rf", {name}, which may look at the whole map"):
        reaches(keras.Model(x, layer()(x)))
