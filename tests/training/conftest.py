import keras
import numpy as np
import pytest

from keras_ae.models import create_model
from keras_ae.training import TrainingConfig


@pytest.fixture
def config():
    """Return a function from options to the configuration of a small, quick run."""

    def make(**options):
        small = {
            "data": "digits",
            "max_examples": 160,
            "units": (16,),
            "latent_dim": 2,
            "batch_size": 40,  # 4 equal batches an epoch: another size is traced anew
            "test_fraction": 0.0,
            "validation_fraction": 0.0,
            "learning_rate": 0.01,
            "epochs": 2,
            # XLA takes longer to compile than these runs take; JAX has nothing else.
            "jit": keras.backend.backend() == "jax",
        }
        return TrainingConfig(**{**small, **options})

    return make


@pytest.fixture
def x():
    """Return 64 examples in which 4 of 6 values follow 2 others."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(64, 2))
    return (latent @ random.normal(size=(2, 6)) + 0.1 * random.normal(size=(64, 6))).astype(
        "float32"
    )


@pytest.fixture
def vae():
    """Return a function from a beta to a small compiled VAE of 6 numbers."""

    def make(beta=1.0, optimizer="adam", **compile_options):
        model = create_model("vae", (6,), latent_dim=2, units=(16,), beta=beta, seed=0)
        jit = keras.backend.backend() == "jax" and not compile_options.get("run_eagerly")
        model.compile(optimizer, **{"jit_compile": jit, **compile_options})
        return model

    return make
