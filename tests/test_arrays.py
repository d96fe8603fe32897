import tracemalloc

import numpy as np
import pytest

from keras_ae import _arrays


def message(check, *arguments, **options):
    with pytest.raises(ValueError, match="Received: ") as caught:
        check("x", *arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_good_arrays_pass():
    for dtype in ("float16", "float32", "float64", "uint8", "int64", "bool"):
        for shape in ((), (3,), (2, 4, 4, 1)):
            array = np.ones(shape, dtype)
            _arrays.not_empty("x", array)
            _arrays.finite("x", array)
            _arrays.within("x", array, 0.0, 1.0)
    _arrays.within("x", [[0.0, 1.0]], 0.0, 1.0)


@pytest.mark.parametrize("shape", [(0,), (0, 28, 28, 1), (5, 0)])
def test_empty_tells_the_shape(shape):
    assert f"shape={shape}" in message(_arrays.not_empty, np.zeros(shape))
    _arrays.finite("x", np.zeros(shape))
    _arrays.within("x", np.zeros(shape), 0.0, 1.0)


def test_nan_and_infinity_are_counted_and_the_first_is_found_in_any_chunk(monkeypatch):
    array = np.zeros((1000, 3, 4), np.float32)
    array[700, 2, 1] = np.nan
    array[700, 2, 3] = np.inf
    array[900, 0, 0] = -np.inf
    expected = (
        "`x` must be finite. Received: 1 NaN, 2 infinite of 12,000 values, first at (700, 2, 1)"
    )
    assert message(_arrays.finite, array) == expected
    for chunk in (1, 13, 12_000):
        monkeypatch.setattr(_arrays, "_VALUES_AT_A_TIME", chunk)
        assert message(_arrays.finite, array) == expected
        assert message(_arrays.finite, array[::-1][::-1]) == expected


def test_only_the_kinds_that_occur_are_named():
    assert "infinite" not in message(_arrays.finite, [1.0, np.nan])
    assert "NaN" not in message(_arrays.finite, [np.inf])


@pytest.mark.parametrize("array", [["a", "b"], [None, 1.0], np.array(["2020"], "datetime64[Y]")])
def test_what_is_not_a_number_is_refused(array):
    assert "`x` must be an array of numbers" in message(_arrays.finite, array)
    assert "`x` must be an array of numbers" in message(_arrays.within, array, 0.0, 1.0)


def test_outside_counts_and_locates(monkeypatch):
    array = np.full((50, 2), 0.5)
    array[7, 1], array[8, 0], array[30, 0] = -2.5, 1.25, 3.0
    expected = (
        "`x` must lie in [0, 1]. Received: values from -2.5 to 3, 3 of 100 outside, "
        "first at (7, 1)"
    )
    assert message(_arrays.within, array, 0.0, 1.0) == expected
    monkeypatch.setattr(_arrays, "_VALUES_AT_A_TIME", 3)
    assert message(_arrays.within, array, 0.0, 1.0) == expected
    assert message(_arrays.within, array, 0.0, 1.0, fix="Scale them") == f"{expected}. Scale them"


def test_nan_does_not_hide_what_is_outside():
    assert "1 of 2 outside, first at (1,)" in message(_arrays.within, [np.nan, 2.0], 0.0, 1.0)
    _arrays.within("x", [np.nan, 0.5], 0.0, 1.0)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_pixels_name_the_fix(dtype):
    pixels = np.arange(256).astype(dtype)
    text = message(_arrays.within, pixels, 0.0, 1.0, fix="another")
    assert text.endswith("They look like pixels 0..255: divide by 255")


@pytest.mark.parametrize("values", [[0.0, 254.5], [-1, 255], [0, 256]])
def test_what_does_not_look_like_pixels_gets_no_such_advice(values):
    assert "255:" not in message(_arrays.within, values, 0.0, 1.0)


def test_large_arrays_are_checked_without_a_copy():
    array = np.zeros((4000, 64, 64), np.float32)
    tracemalloc.start()
    _arrays.finite("x", array)
    _arrays.within("x", array, 0.0, 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < array.nbytes / 4
