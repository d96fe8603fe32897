"""Vector quantizers against k-means, SciPy's entropy, angles, and the identity."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from sklearn.cluster import KMeans

import keras_ae
from keras_ae.layers import CommitmentPenalty, VectorQuantizer
from keras_ae.layers.bottlenecks._gradients import GRADIENTS
from keras_ae.layers.code_usage import Perplexity, UsedShare
from tests.contract.rows import array, assert_equal
from tests.layers.gradients import gradients

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(6, 2, 3, 8)).astype("float32")
CENTERS = np.array([[4.0, 0.0], [-4.0, 1.0], [0.0, 5.0], [1.0, -4.0]], "float32")
POINTS = np.repeat(CENTERS, 40, axis=0) + RANDOM.normal(size=(160, 2)).astype("float32")


def new(features=FEATURES, latent_dim=4, **arguments):
    """A built quantizer of features as they are, where their number is the latent's."""
    bottleneck = VectorQuantizer(latent_dim, **{"codes": 5, "seed": 0, **arguments})
    bottleneck.build(features.shape)
    if features.shape[-1] == latent_dim:
        bottleneck.head.kernel.assign(np.eye(latent_dim))
    return bottleneck


def test_each_place_gets_the_nearest_code():
    bottleneck = new()
    projected = array(bottleneck.project(FEATURES))
    book = array(bottleneck.codebook.vectors)
    expected = cdist(projected.reshape(-1, 4), book).argmin(axis=1).reshape(6, 2, 3)
    indices = array(bottleneck.choose(projected))
    assert indices.dtype == np.int32
    assert len(np.unique(expected)) > 2
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(array(bottleneck.encode(FEATURES)), book[expected])
    for training in (False, True):
        latent = array(new()(FEATURES, training=training))
        np.testing.assert_array_equal(latent, book[expected])


def test_the_index_of_a_code_is_its_own():
    bottleneck = new(codes=64)
    indices = np.arange(64, dtype="int32").reshape(4, 16)
    np.testing.assert_array_equal(array(bottleneck.choose(bottleneck.embed(indices))), indices)


def test_moving_averages_end_at_the_centroids_of_k_means():
    bottleneck = new(POINTS, 2, codes=4, decay=0.5, dead_below=0)
    start = CENTERS + 1.0
    bottleneck.codebook.vectors.assign(start)
    for _ in range(60):
        bottleneck(POINTS, training=True)
    oracle = KMeans(4, init=start, n_init=1, tol=0).fit(POINTS)
    np.testing.assert_allclose(
        array(bottleneck.codebook.vectors), oracle.cluster_centers_, atol=1e-4
    )
    np.testing.assert_array_equal(
        array(bottleneck.choose(POINTS)), oracle.predict(POINTS.astype("float32"))
    )
    assert np.abs(oracle.cluster_centers_ - start).max() > 0.5


def test_moving_averages_forget_by_their_decay():
    bottleneck = new(POINTS, 2, codes=2, decay=0.75, dead_below=0)
    bottleneck.codebook.vectors.assign([[0.0, 0.0], [99.0, 99.0]])
    first, second = POINTS[:40], POINTS[40:60]
    for batch in (first, second):
        bottleneck(batch, training=True)
    weight = np.array([0.25 * 0.75 * 40, 0.25 * 20])
    means = np.stack([first.mean(axis=0), second.mean(axis=0)])
    expected = (weight[:, None] * means).sum(axis=0) / weight.sum()
    book = array(bottleneck.codebook.vectors)
    np.testing.assert_allclose(book[0], expected, rtol=1e-4)
    np.testing.assert_array_equal(book[1], [99.0, 99.0])  # nothing chose it
    counts = array(bottleneck.codebook.counts)
    np.testing.assert_allclose(counts, [weight.sum(), 0.0], rtol=1e-5)


@pytest.mark.parametrize("frozen", [True, False])
def test_nothing_moves_outside_training_or_when_frozen(frozen):
    bottleneck = new()
    before = bottleneck.get_weights()
    bottleneck.trainable = not frozen
    bottleneck(FEATURES, training=frozen)
    assert_equal(before, bottleneck.get_weights())


def test_dead_codes_become_vectors_of_the_batch_and_are_used():
    bottleneck = new(POINTS, 2, codes=8)
    bottleneck.codebook.vectors.assign(np.full((8, 2), 50.0) + np.arange(8)[:, None])
    assert set(array(bottleneck.choose(POINTS))) == {0}
    bottleneck(POINTS, training=True)
    book = array(bottleneck.codebook.vectors)
    np.testing.assert_allclose(book[0], POINTS.mean(axis=0), rtol=1e-3)
    assert (cdist(book[1:], POINTS).min(axis=1) < 1e-6).all()
    assert len(set(array(bottleneck.choose(POINTS)))) >= 6
    repeated, other = (new(POINTS, 2, codes=8, seed=seed) for seed in (0, 1))
    for one in (repeated, other):
        one.codebook.vectors.assign(np.full((8, 2), 50.0) + np.arange(8)[:, None])
        one(POINTS, training=True)
    np.testing.assert_array_equal(array(repeated.codebook.vectors), book)
    assert not np.array_equal(array(other.codebook.vectors), book)


def test_without_a_limit_dead_codes_stay():
    bottleneck = new(POINTS, 2, codes=8, dead_below=0)
    bottleneck.codebook.vectors.assign(np.full((8, 2), 50.0) + np.arange(8)[:, None])
    bottleneck(POINTS, training=True)
    np.testing.assert_array_equal(
        array(bottleneck.codebook.vectors)[1:, 0], 50.0 + np.arange(1, 8)
    )


def cosine(one, other):
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return (one * other).sum(axis=-1) / lengths


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_pass_as_they_are_or_at_the_angle_they_had(name):
    features, latent, upstream = RANDOM.normal(size=(3, 20, 4)).astype("float32")

    def loss(features, latent):
        return ops.sum(GRADIENTS[name](features, latent) * upstream)

    np.testing.assert_array_equal(array(GRADIENTS[name](features, latent)), latent)
    of_features, of_latent = gradients(loss, features, latent)
    np.testing.assert_array_equal(of_latent, 0.0)
    kept = cosine(of_features, features) - cosine(upstream, latent)
    if name == "straight_through":
        np.testing.assert_array_equal(of_features, upstream)
        assert np.abs(kept).max() > 0.1
    else:
        np.testing.assert_allclose(kept, 0.0, atol=1e-4)
        stretched = np.linalg.norm(latent, axis=-1) / np.linalg.norm(features, axis=-1)
        ratio = np.linalg.norm(of_features, axis=-1) / np.linalg.norm(upstream, axis=-1)
        np.testing.assert_allclose(ratio, stretched, rtol=1e-4)


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_vector_of_zeros_or_the_opposite_one_has_a_finite_gradient(name):
    features = np.array([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0]], "float32")
    latent = np.array([[1.0, 2.0], [0.0, 0.0], [-1.0, -2.0]], "float32")

    def loss(features):
        return ops.sum(GRADIENTS[name](features, latent))

    assert np.isfinite(gradients(loss, features)[0]).all()


def test_the_decoder_s_gradient_does_not_reach_the_codebook():
    """Nor does the commitment's; the codebook's own penalty pulls its codes, and nothing else."""
    bottleneck = new(decay=None)
    features = array(bottleneck.project(FEATURES))
    indices = array(bottleneck.choose(features))
    book = array(bottleneck.codebook.vectors)

    def loss(vectors, features, part):
        latent = ops.take(vectors, indices, axis=0)
        code = keras_ae.layers.penalties.Code(latent, features=features)
        if part == "decoder":
            return ops.sum(ops.square(GRADIENTS["rotation"](features, latent)))
        return ops.sum(bottleneck.penalties[part].values(code))

    assert [each.metric_name for each in bottleneck.penalties] == ["codebook", "commitment"]
    latent = book[indices]
    for part in ("decoder", 0, 1):
        of_book, of_features = gradients(
            lambda vectors, features, part=part: loss(vectors, features, part), book, features
        )
        expected_book, expected = np.zeros_like(book), np.zeros_like(features)
        if part == 0:
            np.add.at(expected_book, indices, 2 * (latent - features))
        if part == 1:
            expected = 0.25 * 2 * (features - latent)
        np.testing.assert_allclose(of_book, expected_book, rtol=1e-4, atol=1e-5)
        if part != "decoder":
            np.testing.assert_allclose(of_features, expected, rtol=1e-4, atol=1e-5)


def test_the_commitment_is_beta_times_the_squared_distance():
    bottleneck = new(penalty=CommitmentPenalty(0.5))
    latent = array(bottleneck(FEATURES))
    distance = np.square(array(bottleneck.project(FEATURES)) - latent).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(array(bottleneck.penalty.take()), 0.5 * distance, rtol=1e-4)


def test_a_distance_needs_features_of_the_latent_s_shape():
    model = keras_ae.layers.DenseBottleneck(2, penalty=CommitmentPenalty())
    with pytest.raises(ValueError, match=r"`features` must be of the latent's shape.*\(5, 8\)"):
        model(np.zeros((5, 8), "float32"))


@pytest.mark.parametrize("weights", [None, np.array([1.0, 0.0, 2.0])])
def test_perplexity_is_exp_of_scipy_s_entropy(weights):
    indices = np.array([[[0, 1], [1, 1]], [[5, 5], [5, 5]], [[1, 4], [4, 0]]], "int32")
    metrics = [Perplexity(6), UsedShare(6)]
    for metric in metrics:
        for row in range(3):  # over batches
            weight = None if weights is None else weights[row : row + 1]
            metric.update_state(indices[row : row + 1], weight)
    each = np.repeat(np.ones(3) if weights is None else weights, 4)
    counts = np.bincount(indices.ravel(), each, 6)
    expected = np.exp(entropy(counts)), (counts > 0).mean()
    assert [float(each.result()) for each in metrics] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("indices", "expected"), [([0, 1, 2, 3], 4.0), ([2, 2, 2], 1.0)])
def test_perplexity_is_from_one_to_the_number_of_codes(indices, expected):
    metric = Perplexity(4)
    metric.update_state(np.array(indices, "int32"))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("indices", "error", "received"),
    [
        (np.array([[0, 5]]), ValueError, "values from 0 to 5"),
        (np.array([[-1, 2]]), ValueError, "values from -1 to 2"),
        (np.array([[1.0, 2.0]]), TypeError, "float"),
    ],
)
def test_what_is_no_index_is_refused(indices, error, received):
    decode = new().functions_to_latent()["decode_indices"]
    with pytest.raises(
        error, match="`indices` must be integers from 0 to 4. Received: "
    ) as caught:
        decode(indices)
    assert received in str(caught.value)


def test_a_model_logs_how_its_codes_are_used():
    model = keras_ae.create_model("vq_vae", (8, 8, 1), 3, codes=6, filters=(4,), seed=0)
    x = RANDOM.random((20, 8, 8, 1)).astype("float32")
    model.compile("adam", run_eagerly=keras.backend.backend() == "tensorflow")
    weights = np.arange(20) % 3 > 0
    logs = model.evaluate(x, sample_weight=weights, batch_size=8, verbose=0, return_dict=True)
    indices = array(model.functions()["indices"](x[weights])["indices"])
    assert indices.shape[1:] == (4, 4)
    counts = np.bincount(indices.ravel(), minlength=6)
    assert logs["perplexity"] == pytest.approx(np.exp(entropy(counts)), rel=1e-4)
    assert logs["used_share"] == pytest.approx((counts > 0).mean())


def test_the_plain_encoder_shares_the_codebook():
    model = keras_ae.create_model("vq_vae", (5,), 2, codes=4, units=(), seed=0)
    x = RANDOM.random((9, 5)).astype("float32")
    encoder = model.encoder_model()
    codebook = model.bottleneck.codebook.vectors
    codebook.assign(array(codebook) + 1.0)
    np.testing.assert_array_equal(array(encoder(x)), model.encode(x))
