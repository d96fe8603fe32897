"""Strange points of a series, in scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from keras_ae import _checks, _float32
from keras_ae.datasets._windows import check_times
from keras_ae.estimators import AnomalyDetector, AnomalyScore, DetectionModel
from keras_ae.estimators.scores import resolve_score
from keras_ae.models import Autoencoder
from keras_ae.series._aggregations import AGGREGATIONS
from keras_ae.series._fitting import ThresholdRule, check_varying, series_options
from keras_ae.series._live import Live, contributions
from keras_ae.series._reading import Series, check_length, check_step, read, read_all
from keras_ae.series._window_source import WindowSource


class SeriesDetector(AnomalyDetector):
    """Find the points of a series that an autoencoder of its windows finds unlikely.

        strangeness of a point in a window = sum over channels of contributions + rest / length
        score_samples = -(mean of it over all windows that cover the point)

    A point is scored by all windows that cover it: `length` of them within the series, fewer
    towards its ends. With aggregation "last" it is scored by the window that ends with it, which
    knows nothing of what follows, and the first points by the first window. The contributions are
    those of `scoring`: nats of the likelihood; the rest is the KL, which belongs to the window.

    Args:
        length: Integer >= 1, points of a window.
        model: String, a recipe of `list_models()`; or an `Autoencoder` of windows (length,
            channels), which is copied and used as it is, trained further only with `steps`.
        scoring: String: elbo, importance_weighted or reconstruction_error; or an `AnomalyScore`.
        contamination: Number > 0 and <= 0.5, the share of the training points below the
            threshold; "auto" for Tukey's fence, as in `AnomalyDetector`.
        risk: Number > 0 and < 0.02, or None: the threshold is then what an ordinary point
            exceeds with that probability, by `peaks_over_threshold`, and `contamination` is left
            at "auto".
        aggregation: String: mean or last.
        latent_dim: Integer >= 1, size of a recipe's latent.
        options: Dict of what the recipe takes, beside or instead of what suits series: robustly
            scaled channels, a Laplace likelihood with predicted scales, units (64, 32).
        members, steps, batch_size, learning_rate, random_state, verbose: As in
            `AnomalyDetector`.

    Attributes:
        offset_: Float, what `score_samples` is at the threshold; it may be set.
        window_offset_: Float, the same for windows as a whole, whose strangeness is the sum over
            their points; the exported `detect` decides by it. It may be set.
        location_: Array (channels,) or None, as in `AnomalyDetector`.
        detection_model_: `DetectionModel` of windows (length, channels), which `export_model`
            takes of the detector.
        losses_: As in `AnomalyDetector`.
        n_features_in_: Integer, the channels.
        feature_names_in_: Array of strings, where X was a data frame.
        step_: Float, of the index's times, in seconds for dates; None without them.
        n_iter_: Integer, the steps that were made.

    Example:
        >>> time = np.arange(600)
        >>> series = np.stack([np.sin(time / 5), np.cos(time / 5)], axis=1)
        >>> detector = SeriesDetector(length=16, members=1, steps=200, random_state=0).fit(series)
        >>> series[300, 1] += 3.0
        >>> int(detector.score_samples(series).argmin()), int(detector.predict(series)[300])
        (300, -1)
        >>> detector.attribute(series)[300].argmax().item()
        1

    Reference:
        Boniol, Liu, Huang, Palpanas and Paparrizos, Dive into Time-Series Anomaly Detection, 2024.
    """

    _fitted = (*AnomalyDetector._fitted, "offset_", "step_")

    def __init__(
        self,
        length: int = 64,
        model: str | Autoencoder = "vae",
        scoring: str | AnomalyScore = "elbo",
        contamination: float | str = "auto",
        risk: float | None = None,
        aggregation: str = "mean",
        *,
        latent_dim: int = 8,
        options: Mapping[str, Any] | None = None,
        members: int | None = None,
        steps: int | None = None,
        batch_size: int = 128,
        learning_rate: float = 2e-3,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            model,
            scoring,
            contamination,
            latent_dim=latent_dim,
            options=options,
            members=members,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            random_state=random_state,
            verbose=verbose,
        )
        self.length = length
        self.risk = risk
        self.aggregation = aggregation

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """Train on the windows of a series, anomalies included, and set the thresholds.

        Args:
            X: Array of shape (time, channels), data frame or sequence of several, as
                `keras_ae.series.windows` takes them.
            y: Not used.

        Returns:
            The detector.

        Raises:
            TypeError: An argument of the constructor is of the wrong type.
            ValueError: One is out of range, a series is shorter than a window, has missing values
                or irregular times, or a channel is constant.
        """
        scoring = resolve_score(self.scoring)
        rule = ThresholdRule(self.contamination, self.risk)
        length = _checks.integer("length", self.length, minimum=1)
        _checks.choice("aggregation", self.aggregation, AGGREGATIONS)
        _checks.instance("model", self.model, (str, Autoencoder), "a recipe or an Autoencoder")
        _checks.integer("latent_dim", self.latent_dim, minimum=1)
        members = self._member_count()
        series = read_all("X", X)
        check_length("X", series, length)
        check_varying(series)
        self.n_features_in_, self.step_ = series[0].values.shape[1], series[0].step
        if series[0].names is not None:
            self.feature_names_in_ = np.asarray(series[0].names, object)
        elif hasattr(self, "feature_names_in_"):  # of an earlier fit
            del self.feature_names_in_
        windows = WindowSource([each.values for each in series], length)
        models = self._fit_models(windows, members)  # type: ignore[arg-type]
        self.detection_model_ = DetectionModel(models, scoring, self.location_)
        self._live: Live | None = None  # the stream that `update` is in
        totals: list[np.ndarray] = []
        points = [self._scored(each, totals) for each in self._centred(windows).series]
        self.offset_ = -rule.threshold(np.concatenate(points).sum(axis=1))
        self.window_offset_ = -rule.threshold(np.concatenate(totals))
        return self

    @property
    def offset_(self) -> float:
        """What `score_samples` is at the threshold; it may be set."""
        return self._offset

    @offset_.setter
    def offset_(self, value: float) -> None:
        self._offset = float(_checks.number("offset_", value))

    @property
    def window_offset_(self) -> float:
        """Minus the strangeness of a whole window at its threshold; it may be set."""
        return -self.detection_model_.threshold

    @window_offset_.setter
    def window_offset_(self, value: float) -> None:
        self.detection_model_.set_threshold(-_checks.number("window_offset_", value))

    def score_samples(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return minus the strangeness of each point, in nats for a score in nats.

        Args:
            X: One series, as in `fit`, of at least `length` points.

        Returns:
            Array of shape (time,); lower is stranger.
        """
        return -self._points(X).sum(axis=1)

    def attribute(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return what each channel contributes to each point's strangeness.

        For a score in nats the contributions are the nll of each value; what remains of the
        strangeness is the KL, which belongs to no channel.

        Args:
            X: One series, as in `fit`.

        Returns:
            Array of shape (time, channels); higher is stranger.
        """
        return self._points(X)[:, :-1]

    def detect(self, X: Any) -> dict[str, np.ndarray]:  # noqa: N803
        """Return scores and decisions at once.

        Args:
            X: One series, as in `fit`.

        Returns:
            Dict of arrays of shape (time,): score, higher is stranger; decision, the threshold
            minus the score; is_anomaly.
        """
        decision = self.decision_function(X)
        score = -self.offset_ - decision
        return {"score": score, "decision": decision, "is_anomaly": decision < 0}

    def update(self, X: Any) -> np.ndarray:  # noqa: N803
        """Take the next points of a live stream; return the scores of those that are final now.

        All that is returned, one call after another and `flush` last, is `score_samples` of the
        whole stream, however it was cut. With aggregation "mean" a point is final once `length` -
        1 others have followed; with "last" at once, from the first whole window on.

        Args:
            X: Array of shape (points, channels), or data frame that goes on at the same step.

        Returns:
            Array of shape (final points,); lower is stranger.

        Raises:
            ValueError: A value is missing, the channels are others, or the time doesn't go on; the
                stream is then where it was.
        """
        series = self._one(X)
        live = getattr(self, "_live", None) or self._stream()
        times = series.times
        if times is not None:
            if live.times is not None:
                check_times("X", times, live.times)
                times = np.concatenate([live.times, times])
            check_step("X", times, self.step_)
            times = times[-2:]
        found = live.push(_float32.cast("X", series.values, self.location_))
        live.times, self._live = times, live
        return -found.sum(axis=1)

    def flush(self) -> np.ndarray:
        """End the live stream; return the scores of the points that weren't final.

        Returns:
            Array of shape (points,): up to `length` - 1 of them with aggregation "mean", none
            with "last". The next `update` begins a new stream.

        Raises:
            ValueError: The stream is shorter than a window; it ends all the same.
        """
        check_is_fitted(self)
        live, self._live = getattr(self, "_live", None) or self._stream(), None
        if live.points < self.length:
            received = f"length={self.length}, a stream of {live.points} points"
            raise ValueError(f"`length` must be at most the stream's points. Received: {received}")
        return -live.flush().sum(axis=1)

    def _one(self, X: Any) -> Series:  # noqa: N803
        """Return a series, with the channels of the training."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        trained = None if names is None else tuple(map(str, names))
        series = read("X", X, self.n_features_in_, trained)
        check_step("X", series.times, self.step_)
        return series

    def _points(self, X: Any) -> np.ndarray:  # noqa: N803
        series = self._one(X)
        check_length("X", [series], self.length)
        return self._scored(_float32.cast("X", series.values, self.location_))

    def _scored(self, values: np.ndarray, totals: Any = None) -> np.ndarray:
        """Return what contributes to each point, (time, channels + 1); append windows' totals."""
        live = self._stream(totals)
        return np.concatenate([live.push(values), live.flush()])

    def _stream(self, totals: Any = None) -> Live:
        says = contributions(self.detection_model_, self.length, totals)
        return Live(says, self.aggregation, self.length, self.n_features_in_)

    def _suited(self, x: Any) -> dict[str, Any]:
        return series_options(x, dense=_checks.is_word(self._option("network", "dense"), "dense"))

    def _location(self, table: Any) -> np.ndarray | None:
        return super()._location(table.points())

    def _centred(self, x: Any) -> Any:
        series = [_float32.cast("X", each, self.location_) for each in x.series]
        return WindowSource(series, self.length)

    def _check_for(self, model: Any, x: Any) -> None:
        if model.example_shape not in (None, x.example_shape):
            raise ValueError(
                f"`model` must take windows of shape {x.example_shape}, as `length` and X have "
                f"them. Received: one of examples {model.example_shape}"
            )
        model._check_examples("X", x[:1])
        resolve_score(self.scoring).check(model)
