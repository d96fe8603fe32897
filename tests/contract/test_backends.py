"""Promise: files saved here load on the other backend; JAX needs no TensorFlow beside it."""

import numpy as np
import pytest

import keras_ae
from keras_ae.export import ExportError, export_model
from tests.contract.descriptors import RECIPES
from tests.contract.processes import HERE, KINDS
from tests.contract.rows import each, of_each_kind

PORTABLE = [row for row in RECIPES if row.backends == ("tensorflow", "jax")]
# Each recipe is compared from TensorFlow's side; from JAX's, where files differ in no code of a
# recipe, those of which no other is alike.
COMPARED = of_each_kind(PORTABLE) if HERE == "jax" else PORTABLE
pytestmark = pytest.mark.slow  # another backend compiles everything anew
TRAINS_ON = [name for name, kind in KINDS.items() if "fit" in kind.uses]
WITHOUT_TENSORFLOW = [name for name, kind in KINDS.items() if kind.backend == "jax"]


@each(COMPARED)
def test_the_other_backend_predicts_the_same(row, trainings, fresh_processes):
    saved, report = trainings[row], fresh_processes.report("other_backend", row)
    np.testing.assert_allclose(report["prediction"], saved.prediction, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", TRAINS_ON)
@each(of_each_kind(PORTABLE))
def test_training_goes_on_there(row, name, fresh_processes):
    history = fresh_processes.report(name, row)["history"]
    assert set(history) == {"loss", "nll", *row.logs, *row.metrics}
    assert np.isfinite(list(history.values())).all()
    assert len(set(history["nll"])) == 3


@pytest.mark.parametrize("name", WITHOUT_TENSORFLOW)
def test_jax_needs_no_tensorflow(name, fresh_processes):
    """The process could not have imported TensorFlow, and trained nevertheless."""
    assert fresh_processes.said(name)["absent_but_loaded"] == []
    assert len(fresh_processes.said(name)["reports"]) == len(COMPARED)


@pytest.mark.skipif(HERE == "tensorflow", reason="exports run there")
def test_an_export_on_another_backend_is_refused(tmp_path):
    model = keras_ae.create_model("autoencoder", (4,), latent_dim=2)
    message = "An export runs on the TensorFlow backend. Received: the backend jax"
    with pytest.raises(ExportError, match=message):
        export_model(model, tmp_path / "bundle", sample_data=np.zeros((4, 4)))
    assert not list(tmp_path.iterdir())
