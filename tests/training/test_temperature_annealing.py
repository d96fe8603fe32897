import keras
import numpy as np
import pytest

from keras_ae.layers import BernoulliLikelihood
from keras_ae.models import create_model
from keras_ae.training import TemperatureAnnealing

X = np.random.default_rng(0).random((32, 6)).round().astype("float32")


def model(temperature, **options):
    keras.utils.set_random_seed(0)
    made = create_model(
        "gumbel_vae",
        (6,),
        latent_dim=2,
        categories=3,
        temperature=temperature,
        likelihood=BernoulliLikelihood(),
        units=(8,),
        seed=0,
    )
    made.compile(keras.optimizers.SGD(0.0), **options)
    return made


def test_compiled_steps_draw_at_the_temperature_of_their_batch():
    """Very hot, all categories are as much there, which has one nll; very cold, they aren't."""
    made = model(1e6, jit_compile=keras.backend.backend() == "jax")
    annealing = TemperatureAnnealing(rate=100.0, minimum=1e-3)
    logs = made.fit(X, batch_size=32, epochs=2, verbose=0, callbacks=[annealing]).history
    parameters = made.decoder(np.full((32, 6), 1 / 3, "float32"))
    uniform = -keras.ops.convert_to_numpy(made.likelihood.log_prob(X, parameters)).mean()
    assert logs["nll"][0] == pytest.approx(uniform, rel=1e-5)
    assert abs(logs["nll"][1] - uniform) > 0.01
    assert logs["temperature"] == [1e6, 1e-3]


def test_it_falls_batch_by_batch_and_goes_on_where_it_was(tmp_path):
    made = model(2.0, run_eagerly=True)
    annealing = TemperatureAnnealing(rate=0.5, minimum=0.7)
    logs = made.fit(X, batch_size=8, epochs=2, verbose=0, callbacks=[annealing]).history
    np.testing.assert_allclose(logs["temperature"], 2.0 * np.exp([-0.375, -0.875]))
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    weight = loaded.bottleneck.temperature_weight
    assert loaded.bottleneck.temperature == 2.0
    assert float(weight) == pytest.approx(2.0 * np.exp(-0.875))
    loaded.run_eagerly = True
    loaded.fit(X, batch_size=8, initial_epoch=2, epochs=3, verbose=0, callbacks=[annealing])
    assert float(weight) == pytest.approx(0.7)


def test_a_model_without_a_temperature_is_refused():
    other = create_model("vq_vae", (6,), latent_dim=2, codes=4, units=(8,))
    other.compile("adam")
    with pytest.raises(TypeError, match="with a GumbelBottleneck. Received: .* VectorQuantizer"):
        other.fit(X, verbose=0, callbacks=[TemperatureAnnealing(0.1)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "`rate` must be a number > 0. Received: rate=0"),
        ({"rate": "fast"}, "`rate` must be a number > 0"),
        ({"rate": 1.0, "minimum": 0}, "`minimum` must be a number > 0. Received: minimum=0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TemperatureAnnealing(**options)
