"""Where a model puts examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from keras_ae import _extras
from keras_ae.plotting._figure import BLUE, CLASS_COLOURS, TEXT, new_figure, tidy
from keras_ae.plotting._label_places import separate
from keras_ae.plotting._values import numbers, one_per_example


def latent_map(latent: Any, labels: Any = None, title: str = "Latent space") -> Figure:
    """Draw each example as a point at its latent, coloured by its label.

    Two dimensions are drawn as they are. More are projected on the two directions in which they
    vary most (principal components); the axes tell how much of the variance each shows. One
    dimension is drawn as a histogram.

    Up to ten distinct strings, truth values or whole numbers are classes: a colour each, and the
    class's name at the median of its points, or beside it where names would overlap. Other numbers
    are a scale of colours. Dimensions are counted from 0, as in `latent[:, 0]`.

    Args:
        latent: Array of shape (n, latent_dim), such as `model.encode(x)`; of maps, shape (n,
            height, width, channels), all numbers count as dimensions.
        labels: Sequence of one number or string an example; or None.
        title: String, above the map.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        TypeError: `latent` does not hold numbers.
        ValueError: `latent` has another shape or is not finite, `labels` has another length or
            more than ten distinct strings, or a projection has fewer than two examples.

    Example:
        >>> import numpy as np
        >>> latent = np.random.default_rng(0).normal(size=(100, 2))
        >>> figure = latent_map(latent, labels=latent[:, 0] > 0)
        >>> figure.axes[0].get_xlabel()
        'latent dimension 0'
    """
    values = numbers("latent", latent, "an array (n, latent_dim) of numbers", ranks=(2, 3, 4))
    values = values.reshape(len(values), -1)
    examples, latent_dim = values.shape
    marks = None if labels is None else one_per_example("labels", labels, examples)
    classes = None if marks is None else _classes(marks)
    if latent_dim > 2:
        values, axis_names = _project(values)
        title += f" ({latent_dim} dimensions projected on two)"
    else:
        axis_names = [f"latent dimension {index}" for index in range(latent_dim)]

    figure = new_figure(7.0, 5.6)
    axes = figure.subplots()
    if latent_dim == 1:
        _draw_histogram(axes, values[:, 0], marks if classes is not None else None, classes)
        axis_names.append("examples")
    else:
        _draw_points(axes, values, marks, classes)
    tidy(axes)
    axes.set_title(title, fontsize=TEXT + 2, loc="left")
    axes.set_xlabel(axis_names[0], fontsize=TEXT)
    axes.set_ylabel(axis_names[1], fontsize=TEXT)
    if classes is not None:
        handles = [
            Line2D([], [], color=colour, marker="o", linestyle="", label=str(name))
            for name, colour in zip(classes, CLASS_COLOURS, strict=False)
        ]
        figure.legend(
            handles=handles,
            loc="outside right upper",
            title="label",
            fontsize=TEXT,
            title_fontsize=TEXT,
            handletextpad=0.2,
            frameon=False,
        )
        separate(list(axes.texts), axes)
    return figure


def _classes(marks: NDArray[Any]) -> NDArray[Any] | None:
    """Return the distinct labels if they are classes, None if they are numbers on a scale."""
    distinct = np.unique(marks)
    few = len(distinct) <= len(CLASS_COLOURS)
    if marks.dtype.kind in "iub":
        return distinct if few else None
    if marks.dtype.kind == "f":
        whole = few and bool((distinct == np.round(distinct)).all())
        return distinct.astype(int) if whole else None
    if not few:
        raise ValueError(
            f"`labels` must have at most {len(CLASS_COLOURS)} distinct strings (numbers may have "
            f"more). Received: {len(distinct)} distinct"
        )
    return distinct


def _project(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[str]]:
    _extras.require("sklearn")
    from sklearn.decomposition import PCA

    if len(values) < 2:
        raise ValueError(
            "`latent` must have at least 2 examples to project more than 2 dimensions. "
            f"Received: shape={values.shape}"
        )
    pca = PCA(n_components=2, svd_solver="full")
    with np.errstate(invalid="ignore"):  # a collapsed latent has no variance to divide by
        projected: NDArray[np.float32] = pca.fit_transform(values)
    shares = np.nan_to_num(pca.explained_variance_ratio_)
    names = [
        f"principal component {index + 1} ({share:.0%} of the variance)"
        for index, share in enumerate(shares)
    ]
    return projected, names


def _draw_points(
    axes: Axes,
    values: NDArray[np.float32],
    marks: NDArray[Any] | None,
    classes: NDArray[Any] | None,
) -> None:
    # Shuffled, so that no class lies on top of the others because it came last.
    order = np.random.default_rng(0).permutation(len(values))
    x, y = values[order].T
    options: dict[str, Any] = {
        "s": float(np.clip(40_000 / len(values), 6, 36)),
        "alpha": 0.8,
        "linewidths": 0,
        "rasterized": True,
    }
    if marks is None:
        axes.scatter(x, y, color=BLUE, **options)
    elif classes is None:
        points = axes.scatter(x, y, c=marks[order].astype(float), cmap="viridis", **options)
        bar = axes.get_figure().colorbar(points, ax=axes)  # type: ignore[union-attr]
        bar.set_label("label", fontsize=TEXT)
        bar.solids.set_alpha(1)  # type: ignore[union-attr]
    else:
        places = np.searchsorted(classes, marks)
        axes.scatter(x, y, c=np.array(CLASS_COLOURS)[places[order]], **options)
        for index, name in enumerate(classes):
            middle = np.median(values[places == index], axis=0)
            axes.text(
                middle[0],
                middle[1],
                str(name),
                fontsize=TEXT + 3,
                fontweight="bold",
                ha="center",
                va="center",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
    axes.set_aspect("equal", adjustable="datalim")


def _draw_histogram(
    axes: Axes,
    values: NDArray[np.float32],
    marks: NDArray[Any] | None,
    classes: NDArray[Any] | None,
) -> None:
    bins = np.histogram_bin_edges(values, bins=40).tolist()
    if marks is None or classes is None:
        axes.hist(values, bins=bins, color=BLUE)
        return
    groups = [values[marks == name] for name in classes]
    axes.hist(groups, bins=bins, stacked=True, color=CLASS_COLOURS[: len(classes)])
