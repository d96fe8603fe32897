import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from keras_ae.datasets import DataError, list_datasets
from keras_ae.datasets.load_dataset import load_dataset

TABLE = np.arange(40, dtype="float32").reshape(20, 2)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("table.npy", TABLE)
    np.savez("table.npz", X=TABLE)
    np.savetxt("table.csv", TABLE, delimiter=",")
    tmp_path.joinpath("images").mkdir()
    for i in range(5):
        Image.new("L", (2, 3), i).save(f"images/{i}.png")
    return tmp_path


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv"])
def test_every_format_gives_the_same_table(files, suffix):
    data = load_dataset(files / f"table.{suffix}", test_fraction=0.25, seed=5)
    assert (data.x_train.shape, data.x_test.shape) == ((15, 2), (5, 2))
    expected = load_dataset("table.npy", test_fraction=0.25, seed=5)
    np.testing.assert_array_equal(data.x_train, expected.x_train)
    np.testing.assert_array_equal(data.x_test, expected.x_test)
    assert len(data.sha256) == 64


def test_folder_limit_and_label(files):
    assert load_dataset(files / "images").x_train.shape == (4, 3, 2, 1)
    limited = load_dataset("table.npy", max_examples=3)
    assert (len(limited.x_train), len(limited.x_test)) == (3, 3)
    labelled = load_dataset("table.csv", label="column_2", test_fraction=0)
    np.testing.assert_array_equal(labelled.y_train, TABLE[:, 1])


def test_unknown_names_list_the_known_ones(files):
    with pytest.raises(DataError) as caught:
        load_dataset("mnits")
    text = str(caught.value)
    assert text.startswith(
        "mnits: expected one of digits-subset, digits, mnist, fashion_mnist, cif"
    )
    assert text.endswith(".npz, .npy, .csv file or a folder of images. Received: an unknown name")
    files.joinpath("data.parquet").touch()
    with pytest.raises(DataError, match="a file of another kind"):
        load_dataset("data.parquet")


def test_label_is_for_csv_alone(files):
    for name in ("digits", "table.npz", files / "images"):
        with pytest.raises(DataError, match=r"a \.csv file, as `label` names a column"):
            load_dataset(name, label="y")


@pytest.mark.parametrize(
    ("options", "error", "name"),
    [
        ({"test_fraction": 1.0}, ValueError, "test_fraction"),
        ({"test_fraction": "half"}, TypeError, "test_fraction"),
        ({"seed": -1}, ValueError, "seed"),
        ({"max_examples": 0}, ValueError, "max_examples"),
        ({"max_examples": 2.5}, TypeError, "max_examples"),
    ],
)
def test_bad_options(options, error, name):
    with pytest.raises(error, match=f"`{name}` must be "):
        load_dataset("digits", **options)


def test_digits_are_those_of_scikit_learn():
    data = load_dataset("digits", test_fraction=0)
    expected = load_digits()
    np.testing.assert_array_equal(data.x_train[..., 0] * 16, expected.images)
    np.testing.assert_array_equal(data.y_train, expected.target)
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)


def test_every_name_is_described():
    assert list(list_datasets()) == [
        "digits-subset",
        "digits",
        "mnist",
        "fashion_mnist",
        "cifar10",
        "shapes",
    ]
    assert all(list_datasets().values())
