"""An autoencoder's code as features for other estimators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from keras_ae import _arrays
from keras_ae.estimators._trained import TrainedEstimator, in_one_line
from keras_ae.estimators.detection_model import BATCH_SIZE
from keras_ae.models import Autoencoder


class AutoencoderTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, TrainedEstimator):
    """Turn examples into an autoencoder's latents, and back; a transformer as scikit-learn's.

        transform(X) = encode(X);   inverse_transform(latent) = decode(latent)

    Tables are scaled by median and interquartile range within the model, so that no scaler has to
    stand before it.

    Args:
        model: String, a recipe of `list_models()`; or an `Autoencoder`, which is copied and used
            as it is, trained further only with `steps`. Images get the recipe's own defaults.
        latent_dim: Integer >= 1, how many features a recipe makes.
        options: Dict of what the recipe takes, such as {"units": (64,)}; None for what suits
            tables.
        steps: Integer >= 0, batches to train on; None for 1000 of a recipe, 0 of a given model.
        batch_size: Integer >= 1.
        learning_rate: Number > 0, Adam's.
        random_state: Integer, `numpy.random.RandomState` or None: initial weights, noise and the
            order of the examples.
        verbose: 0 for silence, 1 for a line every 250 steps.

    Attributes:
        model_: The trained `Autoencoder`.
        location_: Array (features,) of float64 that is subtracted from X before float32 would
            round off what a column says, or None where it wouldn't; the model takes what is left.
        losses_: List with one list: the loss over every 250 steps, nats.
        n_features_in_: Integer.
        feature_names_in_: Array of strings, where X had column names.
        n_iter_: Integer, the steps that were made.

    Example:
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> x = np.random.default_rng(0).normal(size=(60, 4))
        >>> transformer = AutoencoderTransformer(latent_dim=2, steps=100, random_state=0)
        >>> pipeline = make_pipeline(transformer, LogisticRegression()).fit(x, x[:, 0] > 0)
        >>> transformer.transform(x).shape, list(transformer.get_feature_names_out())
        ((60, 2), ['autoencodertransformer0', 'autoencodertransformer1'])
        >>> transformer.inverse_transform(np.zeros((3, 2))).shape
        (3, 4)
    """

    def __init__(
        self,
        model: str | Autoencoder = "autoencoder",
        latent_dim: int = 2,
        *,
        options: Mapping[str, Any] | None = None,
        steps: int | None = None,
        batch_size: int = 128,
        learning_rate: float = 2e-3,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.latent_dim = latent_dim
        self.options = options
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]  # what networks compute in
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Train on examples.

        Args:
            X: Array of shape (examples, features), or (examples, height, width, channels).
            y: Not used.

        Returns:
            The transformer.

        Raises:
            TypeError: An argument of the constructor is of the wrong type.
            ValueError: One is out of range, or X doesn't suit the model.
        """
        (self.model_,) = self._fit_models(self._validated(X, reset=True), 1)
        self._n_features_out = math.prod(self.model_.bottleneck.code_shape)
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the latent of each example, without noise.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Array of shape (examples, latent_dim), float32.
        """
        x = self._centred(self._validated(X, reset=False))
        self.model_._check_inputs("X", x)
        endpoint = self.model_.endpoint("encode", self.model_.functions()["encode"])
        return endpoint.predict([x], BATCH_SIZE, equal=True)["latent"].reshape(len(x), -1)

    def inverse_transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the reconstruction of each latent, in the data's own units.

        Args:
            X: Array of shape (examples, latent_dim).

        Returns:
            Array of examples as in `fit`: float32, or float64 where there is a `location_`.
        """
        check_is_fitted(self)
        _arrays.not_masked("X", X)
        with in_one_line("X"):
            latent = check_array(X, dtype="float32")
        code_shape = self.model_.bottleneck.code_shape
        if latent.shape[1] != math.prod(code_shape):
            raise ValueError(
                f"`X` must be latents of shape (examples, {math.prod(code_shape)}). "
                f"Received: shape={latent.shape}"
            )
        x = self.model_.decode(latent.reshape(-1, *code_shape))
        return x if self.location_ is None else x + self.location_
