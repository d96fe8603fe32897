"""Anomaly detection in scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from keras_ae import _checks
from keras_ae.estimators import _detector_file
from keras_ae.estimators._threshold import check_contamination, threshold_of
from keras_ae.estimators._training import detection_options
from keras_ae.estimators._two_views import ByDefaultTwoViews
from keras_ae.estimators.detection_model import DetectionModel
from keras_ae.estimators.detection_scores import DetectionScores
from keras_ae.estimators.scores import AnomalyScore
from keras_ae.models import Autoencoder

DEFAULT_MEMBERS = 2  # of a recipe, where none are given


class AnomalyDetector(OutlierMixin, ByDefaultTwoViews):
    """Find the examples that an autoencoder finds unlikely; an estimator as scikit-learn's.

        score_samples = -strangeness (lower is stranger)
        decision_function = score_samples - offset_;   predict = -1 where it is negative, else +1

    By default a table, as it comes and with its anomalies, is looked at in two ways: column by
    column by `KernelMarginals`, which finds what is rare in one column alone, and as a whole by
    denoising autoencoders, which find what is rare together (`DenoisingError`). These are trained
    on standardized columns, with noise of deviation 1, on the nine tenths of the rows that are
    most usual column by column. The score, in usual deviations, is a mean in which neither view
    drowns the other (`DetectionModel`). docs/anomalies.md says how it was chosen and what it
    reaches.

    With a recipe's name the strangeness is the mean over members of -log p(x | latent) + KL, in
    nats. Columns are scaled by median and interquartile range, and the likelihood is a Laplace
    whose scale the decoder predicts for each row and column: a wild value counts by how unusual
    it is there, and pulls little at the weights. Images without a named model are given to "vae".

    Args:
        model: None for the two views; or a string, a recipe of `list_models()`; or an
            `Autoencoder`, which is copied and used as it is, trained further only with `steps`.
            Images get the recipe's own defaults.
        scoring: String: elbo, importance_weighted, reconstruction_error or denoising_error; or an
            `AnomalyScore`; None for denoising_error in the two views, else elbo.
        contamination: Number > 0 and <= 0.5, the share of the training data below the threshold;
            "auto" for Tukey's fence: anomalies are what lies more than 1.5 interquartile ranges
            above the upper quartile of the training data's strangeness.
        latent_dim: Integer >= 1, size of a recipe's latent; None for 64 of the denoiser, which
            needs no narrow code as its noise keeps it from copying, and 2 of a named recipe.
        options: Dict of what the recipe takes, such as {"likelihood": ..., "units": (64,)}; None
            for what suits tables.
        members: Integer >= 1, how many models are trained and averaged; None for 2 of a
            recipe, 1 of a given model.
        steps: Integer >= 0, batches that each member is trained on; None for 1000 of a recipe, 0
            of a given model.
        batch_size: Integer >= 1.
        learning_rate: Number > 0, Adam's.
        random_state: Integer, `numpy.random.RandomState` or None: initial weights, noise and the
            order of the examples.
        verbose: 0 for silence, 1 for a line every 250 steps.

    Attributes:
        offset_: Float, what `score_samples` is at the threshold. It is kept as float32 and may be
            set, to a threshold of your own: all methods, `save` and exports follow.
        location_: Array (features,) of float64 that is subtracted from X before float32 would
            round off what a column says, or None where it wouldn't; the models take what is left.
        detection_model_: `DetectionModel`, the trained members with score and threshold.
        losses_: List with a list for each member: its loss over every 250 steps, nats.
        n_features_in_: Integer.
        feature_names_in_: Array of strings, where X had column names.
        n_iter_: Integer, the steps that were made.

    Example:
        >>> import numpy as np
        >>> normal = np.random.default_rng(0).normal(size=(200, 3))
        >>> detector = AnomalyDetector(members=1, steps=200, random_state=0).fit(normal)
        >>> detector.predict([[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]]).tolist()
        [1, -1]
        >>> contributions = detector.attribute([[0.0, 12.0, 0.0]])
        >>> contributions.shape, int(contributions.argmax())
        ((1, 3), 1)

    Reference:
        Tukey, Exploratory Data Analysis, 1977 (the fence).
    """

    _suited: Any = staticmethod(detection_options)
    # What a file holds beside the model.
    _fitted: tuple[str, ...] = ("n_features_in_", "n_iter_", "losses_")

    def __init__(
        self,
        model: str | Autoencoder | None = None,
        scoring: str | AnomalyScore | None = None,
        contamination: float | str = "auto",
        *,
        latent_dim: int | None = None,
        options: Mapping[str, Any] | None = None,
        members: int | None = None,
        steps: int | None = None,
        batch_size: int = 128,
        learning_rate: float = 2e-3,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.scoring = scoring
        self.contamination = contamination
        self.latent_dim = latent_dim
        self.options = options
        self.members = members
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Train on examples, anomalies included, and set the threshold by their scores.

        Args:
            X: Array of shape (examples, features), or (examples, height, width, channels).
            y: Not used.

        Returns:
            The detector.

        Raises:
            TypeError: An argument of the constructor is of the wrong type.
            ValueError: One is out of range, or X doesn't suit the model.
        """
        contamination = check_contamination(self.contamination)
        members = self._member_count()
        x = self._validated(X, reset=True)
        models = self._fit_models(x, members)
        self.detection_model_ = DetectionModel(
            models, self._score_for(x), self.location_, self._views
        )
        self.detection_model_._standardize_centred(self._centred(x))
        self.offset_ = -threshold_of(self._strangeness(x), contamination)
        return self

    @property
    def offset_(self) -> float:
        """What `score_samples` is at the threshold; it may be set."""
        return -self.detection_model_.threshold

    @offset_.setter
    def offset_(self, value: float) -> None:
        self.detection_model_.set_threshold(-_checks.number("offset_", value))

    def score_samples(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return minus the strangeness of each example, in usual deviations or in nats.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Array of shape (examples,); lower is stranger.
        """
        return -self._strangeness(self._validated(X, reset=False))

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return `score_samples(X) - offset_`: negative for anomalies.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Array of shape (examples,).
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return -1 for anomalies and +1 for the others.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Array of integers of shape (examples,).
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def detect(self, X: Any) -> dict[str, np.ndarray]:  # noqa: N803
        """Return what the exported endpoint of this name does.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Dict of arrays of shape (examples,): score, higher is stranger; decision, the
            threshold minus the score; is_anomaly.
        """
        return self._run("detect", self._validated(X, reset=False))

    def attribute(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return what each number of each example contributes to its strangeness.

        What remains is of no feature: the KL of a score in nats, the standards of the two views.

        Args:
            X: Array of examples as in `fit`.

        Returns:
            Array of X's shape; higher is stranger.
        """
        return self._run("attribute", self._validated(X, reset=False))["contributions"]

    def evaluate(self, X: Any, labels: Any) -> DetectionScores:  # noqa: N803
        """Compare the detector's scores and decisions with labels.

        Args:
            X: Array of examples as in `fit`.
            labels: Array of shape (examples,), 1 for an anomaly and 0 for a normal example.

        Returns:
            A `DetectionScores`: AUROC, average precision, F1, precision and recall.

        Raises:
            ValueError: The labels aren't 0 and 1 with both among them.
        """
        return DetectionScores.of(-self.score_samples(X), labels, -self.offset_)

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Save the fitted detector to one file, without pickle; `load` is the inverse.

        The file is a zip of model.keras and detector.json. It is written beside its destination
        and moved into its place.

        Args:
            path: String or path of the file.
            overwrite: Whether to replace a file that is there.

        Raises:
            ValueError: There is something already, or the score is of a class of your own.
            NotFittedError: The detector isn't fitted.
        """
        check_is_fitted(self)
        _detector_file.save(self, path, overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the detector that `save` wrote.

        Args:
            path: String or path of the file.

        Returns:
            The detector, fitted; one that was made of a given model has its trained copy as
            `model`.

        Raises:
            ValueError: The file is missing or isn't a detector.
        """
        return _detector_file.load(cls, path)

    def _member_count(self) -> int:
        given = isinstance(self.model, Autoencoder)
        usual = 1 if given else DEFAULT_MEMBERS
        count = usual if self.members is None else self.members
        count = _checks.integer("members", count, minimum=1)
        if given and count > 1:
            raise ValueError(
                "`members` must be 1 or None for a model that is made already. "
                f"Received: members={count}"
            )
        return count

    def _strangeness(self, x: np.ndarray) -> np.ndarray:
        return self._run("detect", x)["score"].astype("float64")

    def _run(self, name: str, x: np.ndarray) -> dict[str, np.ndarray]:
        x = self._centred(x)
        self.detection_model_.members[0]._check_examples("X", x)
        return self.detection_model_._run_centred(name, x)
