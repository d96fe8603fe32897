"""The transformer: in pipelines, against the model's own methods."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from keras_ae import create_model, layers
from keras_ae.estimators import AutoencoderTransformer
from tests.estimators.conftest import SMALL, table


def test_transform_and_back_are_encode_and_decode():
    x, _ = table()
    transformer = AutoencoderTransformer(latent_dim=3, **SMALL).fit(x)
    latent = transformer.transform(x)
    np.testing.assert_allclose(latent, transformer.model_.encode(x), rtol=1e-5, atol=1e-6)
    back = transformer.inverse_transform(latent)
    np.testing.assert_array_equal(back, transformer.model_.decode(latent))
    names = [f"autoencodertransformer{index}" for index in range(3)]
    assert list(transformer.get_feature_names_out()) == names
    assert latent.shape == (len(x), 3)
    with pytest.raises(ValueError, match="`X` must be latents of shape"):
        transformer.inverse_transform(np.zeros((3, 5)))


@pytest.mark.slow
def test_a_linear_one_keeps_what_pca_keeps():
    x, _ = table()
    scaling = layers.RobustScaling.of(x)
    scaled = np.asarray(scaling(x))
    model = create_model(
        "autoencoder",
        (4,),
        2,
        units=(),
        activation="linear",
        likelihood=layers.GaussianLikelihood(1.0),
        preprocessor=scaling,
        seed=0,
    )
    transformer = AutoencoderTransformer(
        model, steps=3000, batch_size=160, learning_rate=1e-2, random_state=0
    ).fit(x)
    back = np.asarray(scaling(transformer.inverse_transform(transformer.transform(x))))
    pca = PCA(2).fit(scaled)
    best = np.square(scaled - pca.inverse_transform(pca.transform(scaled))).mean()
    assert np.square(scaled - back).mean() == pytest.approx(best, rel=0.01)


@pytest.mark.slow
def test_in_a_pipeline():
    data = load_digits()
    x, y = data.data[:600], data.target[:600]
    transformer = AutoencoderTransformer(latent_dim=16, steps=400, random_state=0)
    pipeline = make_pipeline(transformer, LogisticRegression(max_iter=2000))
    assert pipeline.fit(x[:450], y[:450]).score(x[450:], y[450:]) > 0.65
    assert len(pipeline[:-1].get_feature_names_out()) == 16
