"""Datasets of grain in `fit`: a pass an epoch, in an order of its own; bad ones are refused."""

import grain
import keras
import numpy as np
import pytest

import keras_ae
from keras_ae.execution import grain_data

X = np.random.default_rng(0).random((50, 6)).astype("float32")
BATCH_SIZE = 8
STEPS = 7  # the last one of two rows
ONE_AHEAD = grain.ReadOptions(num_threads=1, prefetch_buffer_size=1)


def batches(shuffled=True, **options):
    rows = grain.MapDataset.source(X)
    rows = rows.shuffle(seed=0) if shuffled else rows
    return rows.batch(BATCH_SIZE, **options)


def loader(**options):
    sampler = grain.samplers.IndexSampler(len(X), num_epochs=1, shuffle=False, seed=0)
    operations = [grain.transforms.Batch(BATCH_SIZE)]
    return grain.DataLoader(data_source=X, sampler=sampler, operations=operations, **options)


class Own(grain.MapDataset):
    """Batches of a class of the user's."""

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        start = index % STEPS * BATCH_SIZE
        return X[start : start + BATCH_SIZE]


@pytest.fixture(scope="module")
def model():
    model = keras_ae.create_model("autoencoder", (6,), latent_dim=2, units=(4,), seed=0)
    model.compile(keras.optimizers.SGD(0.1))
    return model


def trained_step_by_step(model, epochs):
    """Return the weights after epochs of a dataset's batches, one after another."""
    start = model.get_weights()
    for index in range(epochs * STEPS):
        model.train_on_batch(batches()[index])
    found = model.get_weights()
    model.set_weights(start)
    return found


def test_fit_takes_each_batch_once_in_another_order_each_epoch(model):
    expected = trained_step_by_step(model, 2)
    history = model.fit(batches(), epochs=2, verbose=0).history
    assert len(history["loss"]) == 2
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert not np.array_equal(batches()[0], batches()[STEPS])


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (batches(), {}),
        (batches().repeat(2), {"steps_per_epoch": STEPS}),
        (batches().repeat().to_iter_dataset(ONE_AHEAD), {"steps_per_epoch": STEPS}),
        (batches().map(lambda x: (x, x)), {}),
        (Own(), {}),
    ],
    ids=["map", "twice", "iter", "mapped", "own"],
)
def test_all_kinds_are_taken_without_a_warning(model, data, options):
    """Warnings are errors here; Keras warns of data that end, and of an order of their own."""
    steps = int(model.optimizer.iterations)
    model.fit(data, epochs=2, verbose=0, **options)
    assert int(model.optimizer.iterations) - steps == 2 * STEPS


@pytest.mark.slow
def test_validation_evaluation_and_prediction_take_a_pass(model):
    in_order = batches(shuffled=False)
    history = model.fit(batches(), validation_data=in_order, epochs=3, verbose=0).history
    expected = model.evaluate(X, batch_size=BATCH_SIZE, verbose=0, return_dict=True)
    assert len(history["val_loss"]) == 3
    assert history["val_loss"][-1] == pytest.approx(expected["loss"], rel=1e-5)
    ours = model.evaluate(in_order, verbose=0, return_dict=True)
    assert ours["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    np.testing.assert_allclose(
        model.predict(in_order, verbose=0), model.predict(X, verbose=0), atol=1e-6
    )
    stepped = model.evaluate(loader(), steps=STEPS, verbose=0, return_dict=True)
    assert stepped["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (grain.MapDataset.source(X), r"`first batch of x` must have shape \(examples, 6\)"),
        (grain.MapDataset.source(X[:0]).batch(2), "must have at least one batch. Received: none"),
        (grain.MapDataset.source(X * np.nan).batch(2), "`first batch of x` must be finite"),
        (
            grain.MapDataset.source(X * np.nan).batch(2).to_iter_dataset(),
            "`first batch of x` must be finite",
        ),
    ],
)
def test_bad_batches_are_refused(model, data, message):
    with pytest.raises(ValueError, match=message):
        model.fit(data, verbose=0)


@pytest.mark.parametrize("drop", [False, True])
def test_rows_are_those_of_the_batches(drop):
    dataset = batches(drop_remainder=drop)
    rows = grain_data.rows(dataset)
    assert rows.batch_size == BATCH_SIZE
    for epoch in range(3):
        order = rows.order(epoch)
        assert len(order) == (48 if drop else 50)
        for step in range(len(dataset)):
            own = rows.read(order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE])
            np.testing.assert_array_equal(own, dataset[epoch * len(dataset) + step])


def test_what_has_no_rows_of_its_own_is_known():
    other = batches().map(lambda x: x), batches(batch_fn=np.stack), Own(), batches().repeat()
    assert [grain_data.rows(each) for each in (*other, loader())] == [None] * 5
    endless = grain.MapDataset.source(X).repeat().batch(3)
    assert grain_data.rows(endless) is grain_data.number_of_batches(endless) is None


def test_a_loader_of_a_part_of_the_rows_is_not_shared():
    grain_data.check_whole(loader())
    part = loader(shard_options=grain.sharding.ShardOptions(0, 2))
    with pytest.raises(ValueError, match="leave out `shard_options`. Received: shard_count=2"):
        grain_data.check_whole(part)
