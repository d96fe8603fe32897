"""A model of a table: frames in, frames out, what is missing is left out and filled."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_ae import layers
from keras_ae.tables import MIWAE, NotMIWAE, TableELBO, TableModel, TableSchema, _rows


def test_imputation_fills_what_is_missing_and_leaves_the_rest(frame, trained):
    assert frame.isna().any().any()
    for statistic in ("mean", "most_likely"):
        filled = trained.impute(frame, num_samples=30, statistic=statistic)
        assert not filled.isna().any().any()
        pd.testing.assert_series_equal(filled.dtypes, frame.dtypes)
        pd.testing.assert_frame_equal(filled.where(frame.notna(), frame), frame)
    pd.testing.assert_frame_equal(trained.impute(filled), filled)
    again = trained.impute(frame, num_samples=30, statistic=statistic)
    pd.testing.assert_frame_equal(again, filled)


@pytest.mark.slow
def test_what_is_there_is_unchanged_in_other_types_too(frame, trained):
    """Whole numbers beyond float32, gaps that change a type, values never seen in training."""
    rows = frame[["country", "size"]].assign(
        count=2**40 + np.arange(len(frame)) * 1_000_003,
        even=np.arange(len(frame)) % 4 == 0,
        rest=np.linspace(0, 1, len(frame)),
    )
    model = TableModel(latent_dim=2, units=(4,), seed=0).fit(rows, epochs=1)
    holes = rows.copy()
    holes.index = ["x"] * len(rows)
    for place, name in enumerate(("count", "even")):
        holes[name] = holes[name].where(np.arange(len(rows)) % 5 != place, None)
    full = model.impute(holes, num_samples=3)
    assert list(full.index) == list(holes.index)
    pd.testing.assert_series_equal(full.dtypes, rows.dtypes)
    for name in ("count", "even"):
        there = holes[name].notna().to_numpy()
        np.testing.assert_array_equal(full[name].to_numpy()[there], rows[name].to_numpy()[there])
    holes["size"] = holes["size"].cat.add_categories("XXL")
    holes.iloc[3, :2] = "FI", "XXL"
    holes["count"] = holes["count"].astype("float64").where(np.arange(len(rows)) != 3, 0.0)
    full = model.impute(holes, num_samples=3)
    assert full.iloc[3][["country", "size", "count"]].tolist() == ["FI", "XXL", 0]
    shares = model.attribute(holes)
    assert list(shares.index) == list(holes.index)
    assert list(shares.columns) == [*rows.columns, "rest_"]
    np.testing.assert_allclose(shares.sum(axis=1), model.score(holes), rtol=1e-4)
    with pytest.raises(ValueError, match="'rest' must hold numbers near.*1e.30 in row 0"):
        model.score(rows.assign(rest=1e30))


@pytest.mark.slow
def test_one_seed_gives_one_model(frame, trained):
    again = TableModel(latent_dim=2, bound=MIWAE(3), units=(8,), seed=0).fit(frame, epochs=2)
    np.testing.assert_array_equal(again.score(frame), trained.score(frame))
    pd.testing.assert_frame_equal(again.generate(9, seed=1), trained.generate(9, seed=1))


def test_several_imputations_differ_where_cells_are_missing(frame, trained):
    one, two = trained.draw_imputations(frame, count=2, num_samples=30)
    for each in (one, two):
        assert not each.isna().any().any()
        pd.testing.assert_frame_equal(each.where(frame.notna(), frame), frame)
    missing = frame["amount"].isna()
    assert (one["amount"] != two["amount"])[missing].mean() > 0.5


def test_new_rows_have_the_types(frame, trained):
    rows = trained.generate(300, seed=1)
    pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    assert list(rows.columns) == list(frame.columns)
    assert not rows.isna().any().any()
    assert set(rows["one"]) == {1}
    assert set(rows["country"]) <= {"NO", "SE", "DK"}
    assert (rows["amount"] > 0).all()
    pd.testing.assert_frame_equal(rows, trained.generate(300, seed=1))
    assert not rows.equals(trained.generate(300, seed=2))


@pytest.mark.slow
def test_new_rows_are_drawn_in_few_sizes(trained, monkeypatch):
    """JAX compiles what draws them for each size."""
    sizes, prior = [], type(trained.model.prior)
    sample = prior.sample
    monkeypatch.setattr(
        prior, "sample", lambda self, n, *rest: sizes.append(n) or sample(self, n, *rest)
    )
    assert [len(trained.generate(n, seed=0)) for n in (1, 17, 256, 300, 512)] == [
        1,
        17,
        256,
        300,
        512,
    ]
    assert set(sizes) == {256, 512}
    sizes.clear()
    monkeypatch.setattr(_rows, "MOST_ROWS", 512)
    codes = _rows.drawn_rows(trained.model, 1300, keras.random.SeedGenerator(0))
    assert sizes == [512, 512, 512]
    assert len(np.unique(codes, axis=0)) == len(codes) == 1300


def test_a_score_is_the_sum_of_its_columns_shares(frame, trained):
    shares = trained.attribute(frame)
    assert list(shares.columns) == [c.name for c in trained.schema.modelled] + ["rest"]
    np.testing.assert_allclose(shares.sum(axis=1), trained.score(frame), rtol=1e-4)
    modelled = frame[shares.columns[:-1]]
    assert (shares[modelled.columns].to_numpy()[modelled.isna()] == 0).all()
    assert (shares[modelled.columns].to_numpy()[modelled.notna()] != 0).all()
    odd = frame.assign(north=5_400_100.0)
    assert trained.attribute(odd)["north"].min() > shares["north"].max()
    new = frame.assign(country="FI")
    assert (trained.attribute(new)["country"] > 0).all()


@pytest.mark.slow
def test_the_log_likelihood_is_in_the_table_s_units(frame, trained):
    codes = trained.schema.encode(frame)
    of_codes = trained.model.log_likelihood(codes, num_samples=5, seed=0)
    found = trained.log_likelihood(frame, num_samples=5, seed=0)
    jacobian = trained.schema.log_jacobian(codes).sum(axis=1)
    np.testing.assert_allclose(found, of_codes + jacobian, rtol=1e-6)
    kilometres = TableSchema.infer(frame.assign(north=frame["north"] / 1000))
    rescaled = kilometres.log_jacobian(codes).sum(axis=1)
    there = frame["north"].notna().to_numpy()
    np.testing.assert_allclose((rescaled - jacobian)[there], np.log(1000), rtol=1e-5)


def test_a_saved_model_is_the_same(frame, trained, tmp_path):
    path = tmp_path / "table.zip"
    trained.save(path)
    loaded = TableModel.load(path)
    assert loaded.schema == trained.schema
    np.testing.assert_array_equal(loaded.score(frame), trained.score(frame))
    with pytest.raises(ValueError, match="a path where nothing is"):
        trained.save(path)
    with pytest.raises(ValueError, match="none called 'amount'"):
        loaded.fit(frame.drop(columns="amount"))
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="a file that TableModel.save wrote"):
        TableModel.load(path)
    with pytest.raises(ValueError, match="Received: no file"):
        TableModel.load(tmp_path / "none.zip")


def test_nothing_is_done_with_a_wrong_table(frame, trained):
    for method in (trained.impute, trained.score, trained.attribute, trained.log_likelihood):
        with pytest.raises(ValueError, match="none called 'amount'"):
            method(frame.drop(columns="amount"))
    shuffled = frame[frame.columns[::-1]]
    np.testing.assert_array_equal(trained.score(shuffled), trained.score(frame))
    model = TableModel(trained.schema)
    with pytest.raises(ValueError, match="none called 'items'"):
        model.fit(frame.drop(columns="items"))
    with pytest.raises(ValueError, match="must be fitted before"):
        model.score(frame)


def test_wrong_arguments(frame, trained):
    for options, kind, words in (
        ({"schema": "auto"}, TypeError, "`schema` must be a TableSchema or None"),
        ({"latent_dim": 0}, ValueError, "`latent_dim` must be an integer >= 1"),
        ({"bound": "miwae"}, TypeError, "`bound` must be a TableBound or None"),
        ({"likelihoods": {"a": 3}}, TypeError, "a dict from columns to Likelihoods"),
        ({"units": 8}, TypeError, "`units` must be"),
        ({"seed": -1}, ValueError, "`seed` must be"),
    ):
        with pytest.raises(kind, match=words):
            TableModel(**options)
    for call, words in (
        (lambda: TableModel().fit(frame, epochs=0), "`epochs` must be an integer >= 1"),
        (lambda: TableModel().fit(frame, batch_size=0), "`batch_size` must be"),
        (lambda: TableModel().fit(frame, learning_rate=0), "`learning_rate` must be"),
        (lambda: TableModel().fit(frame, verbose=7), "`verbose` must be"),
        (lambda: TableModel(activation="reluu").fit(frame), "`activation` must be"),
        (lambda: trained.evaluate(frame, batch_size=0), "`batch_size` must be"),
        (lambda: trained.impute(frame, num_samples=0), "`num_samples` must be"),
        (lambda: trained.impute(frame, statistic="median"), "`statistic` must be one of mean"),
        (lambda: trained.draw_imputations(frame, count=0), "`count` must be"),
        (lambda: trained.generate(0), "`n` must be"),
        (lambda: MIWAE(0), "`num_samples` must be an integer >= 1"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="`callbacks` must be a list of Keras callbacks"):
        TableModel().fit(frame, callbacks=[3])
    wrong = {"north": layers.BernoulliLikelihood()}
    with pytest.raises(ValueError, match=r"`codes of column 'north'` must lie in \[0, 1\]"):
        TableModel(likelihoods=wrong).fit(frame)
    other = {"nothing": layers.StudentTLikelihood()}
    with pytest.raises(ValueError, match="likelihoods' keys` must be one of time, amount"):
        TableModel(likelihoods=other).fit(frame)


@pytest.mark.slow
def test_half_a_column_is_guessed_as_well_as_it_can_be():
    """Of N(0, [[2, 1], [1, 2]]) the variance of one number given the other is 1.5."""
    random = np.random.default_rng(1234)
    table = random.multivariate_normal([0, 0], [[2, 1], [1, 2]], 4000)
    frame = pd.DataFrame(table, columns=["a", "b"])
    missing = random.random(4000) < 0.5
    frame.loc[missing, "b"] = None
    model = TableModel(latent_dim=1, bound=MIWAE(20), units=(32,), seed=0).fit(frame, epochs=60)
    error = (model.impute(frame, num_samples=500)["b"] - table[:, 1])[missing]
    assert 1.3 < (error**2).mean() < 1.65
    drawn = model.draw_imputations(frame, count=1, num_samples=500)[0]
    # Draws have the spread that the means lack: the column's own variance of 2.
    assert 1.7 < drawn["b"][missing].var() < 2.3


@pytest.mark.slow
def test_what_is_missing_because_it_is_large_is_guessed_larger():
    """A column whose large values are missing: at random they would be guessed too small."""
    random = np.random.default_rng(0)
    latent = random.normal(size=2000)
    table = np.outer(latent, [1.0, 1.0, 1.0]) + 0.5 * random.normal(size=(2000, 3))
    frame = pd.DataFrame(table, columns=list("abc"))
    missing = random.random(2000) < 1 / (1 + np.exp(-4 * table[:, 2]))
    frame.loc[missing, "c"] = None
    errors = {}
    for bound in (MIWAE(10), NotMIWAE(10)):
        given = {name: layers.GaussianLikelihood(layers.SharedScale()) for name in "abc"}
        model = TableModel(None, 1, bound, given, units=(32,), seed=0).fit(frame, epochs=60)
        error = (model.impute(frame, num_samples=500)["c"] - table[:, 2])[missing]
        errors[type(bound).__name__] = abs(error.mean())
    assert errors["NotMIWAE"] < 0.6 * errors["MIWAE"]


def test_an_evidence_bound_is_the_default():
    assert isinstance(TableModel().bound, TableELBO)
