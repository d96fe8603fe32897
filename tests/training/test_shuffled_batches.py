import numpy as np
import pytest

from keras_ae.training import ShuffledBatches


def epoch(batches, number):
    first = number * batches.steps
    return np.concatenate([batches[first + step][0] for step in range(batches.steps)])


def test_an_epoch_has_every_example_once_in_an_order_of_its_own():
    batches = ShuffledBatches(np.arange(100), batch_size=32, seed=3)
    first, second = epoch(batches, 0), epoch(batches, 1)
    assert sorted(first) == sorted(second) == list(range(100))
    assert not (first == second).all()
    assert [len(batches[step][0]) for step in range(4)] == [32, 32, 32, 4]


def test_the_order_depends_on_seed_and_epoch_only():
    x = np.arange(50)
    batches = ShuffledBatches(x, batch_size=8, seed=3)
    late = epoch(batches, 5)
    np.testing.assert_array_equal(late, epoch(ShuffledBatches(x, 8, 3, initial_epoch=5), 0))
    np.testing.assert_array_equal(late, epoch(batches, 5))
    assert not (late == epoch(ShuffledBatches(x, 8, 4), 5)).all()


def test_a_pair_is_the_same_batch_twice():
    batches = ShuffledBatches(np.arange(50), batch_size=8, seed=3, paired=True)
    alone = ShuffledBatches(np.arange(50), batch_size=8, seed=3)
    for step in range(batches.steps):
        x, y = batches[step]
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(x, alone[step][0])


def test_fit_sees_the_batches_of_each_epoch_in_their_order(vae, x):
    seen = []
    batches = ShuffledBatches(x, batch_size=24, seed=0, initial_epoch=1)
    model = vae(run_eagerly=True)
    inner = model.train_step

    def train_step(*arguments):
        seen.append(np.asarray(arguments[-1][0]))
        return inner(*arguments)

    model.train_step = train_step
    model.fit(
        batches,
        steps_per_epoch=batches.steps,
        initial_epoch=1,
        epochs=3,
        shuffle=False,
        verbose=0,
    )
    expected = np.concatenate([epoch(batches, 0), epoch(batches, 1)])
    np.testing.assert_array_equal(np.concatenate(seen), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
        ({"initial_epoch": 1.5}, "`initial_epoch` must be an integer"),
        ({"x": np.zeros((0, 3))}, "`x` must have no axis of size 0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        ShuffledBatches(**{"x": np.zeros((4, 3)), "batch_size": 2, "seed": 0, **options})
