"""Splitting, preprocessing, label noise and target coding."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nntui_engine.data.dataset import LaneData
from nntui_engine.data.preprocess import fit
from nntui_engine.data.raw import RawData
from nntui_engine.data.split import split_rows
from nntui_engine.data.targets import Targets, code, flip_labels, read_targets
from nntui_engine.errors import InputError
from nntui_engine.scenario import override
from nntui_engine.tasks.resolve import resolve_lane


def lane(**data: Any) -> LaneData:
    return resolve_lane(override({"data": {"name": "digits", **data}, "train": {"batch_size": 1}}, {})).data


class TestSplit:
    @given(
        rows=st.integers(2, 300),
        classes=st.integers(1, 8),
        fraction=st.floats(0.01, 0.9),
        seed=st.integers(0, 2**40),
        how=st.sampled_from(["random", "last"]),
    )
    def test_is_a_partition(self, rows: int, classes: int, fraction: float, seed: int, how: str) -> None:
        index = np.arange(rows) % classes
        try:
            train, held_out = split_rows(rows, index, fraction, how, 0, seed, "")
        except InputError:
            assert np.ceil(fraction * rows) >= rows
            return
        np.testing.assert_array_equal(np.sort(np.concatenate([train, held_out])), np.arange(rows))
        assert (np.diff(train) > 0).all()
        assert len(held_out) <= np.ceil(fraction * rows)
        if how == "last":
            assert len(held_out) == np.ceil(fraction * rows - 1e-9)
            assert train.max() < held_out.min()
        elif classes <= rows:
            share = np.bincount(index[held_out], minlength=classes) - fraction * np.bincount(index)
            assert (np.abs(share) <= 1 + 1e-6).all()
            assert (np.bincount(index[train], minlength=classes) > 0).all()

    def test_the_seed_decides(self) -> None:
        one, same, other = (split_rows(50, None, 0.3, "random", 0, seed, "")[1] for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_sizes_are_rounded_up(self) -> None:
        assert [len(part) for part in split_rows(10, None, 0.25, "random", 0, 0, "")] == [7, 3]
        assert [len(part) for part in split_rows(10, None, 0.3, "last", 0, 0, "")] == [7, 3]

    def test_nothing_held_out(self) -> None:
        assert [len(part) for part in split_rows(5, None, 0.0, "random", 0, 0, "")] == [5, 0]

    def test_validation_rows_of_their_own(self) -> None:
        train, held_out = split_rows(5, None, 0.9, "random", 2, 0, "")
        assert (train.tolist(), held_out.tolist()) == ([0, 1, 2], [3, 4])

    def test_too_few_rows(self) -> None:
        with pytest.raises(InputError, match=r"test_fraction = 0\.9: 2 rows are too few"):
            split_rows(2, None, 0.9, "random", 0, 0, "")

    def test_nothing_held_out_gives_empty_validation(self) -> None:
        data = lane(test_fraction=0.0)
        assert data.x_train.shape == (1797, 64)
        assert data.x_validation.shape == (0, 64)
        assert data.t_validation.shape == (0, 10)


class TestPreprocess:
    X = np.random.default_rng(0).normal(3.0, 5.0, (40, 4)) @ np.random.default_rng(1).normal(size=(4, 4))

    def apply(self, kind: str, x: np.ndarray, by: float = 1.0) -> np.ndarray:
        return fit(kind, x.copy(), by).apply(x.copy())

    def test_as_scikit_learn(self) -> None:
        np.testing.assert_allclose(self.apply("standardize", self.X), StandardScaler().fit_transform(self.X))
        np.testing.assert_allclose(self.apply("minmax", self.X), MinMaxScaler().fit_transform(self.X), atol=1e-15)
        expected = StandardScaler(with_std=False).fit_transform(self.X)
        np.testing.assert_allclose(self.apply("center", self.X), expected)
        np.testing.assert_array_equal(self.apply("none", self.X), self.X)
        np.testing.assert_array_equal(self.apply("divide", self.X, 4.0), self.X / 4)

    def test_whiten_as_scikit_learn_up_to_signs(self) -> None:
        found = self.apply("whiten", self.X)
        np.testing.assert_allclose(found.T @ found / len(found), np.eye(4), atol=1e-12)
        expected = PCA(whiten=True).fit_transform(self.X) * np.sqrt(40 / 39)  # scikit-learn divides by n − 1
        np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-10)

    def test_whiten_fewer_rows_than_columns(self) -> None:
        """As with the covariance of all columns, and what does not vary is only turned."""
        x = np.random.default_rng(3).normal(2.0, 3.0, (9, 30)) @ np.random.default_rng(4).normal(size=(30, 30))
        unseen = np.random.default_rng(5).normal(size=(4, 30))
        fitted = fit("whiten", x)
        found, moved = fitted.apply(x.copy()), fitted.apply(unseen.copy())
        np.testing.assert_allclose(found[:, :8].T @ found[:, :8] / 9, np.eye(8), atol=1e-12)
        np.testing.assert_allclose(found[:, 8:], 0.0, atol=1e-12)
        variances, axes = np.linalg.eigh(np.cov(x.T, bias=True))
        axes = axes[:, ::-1][:, :8]
        axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(8)])
        for result, rows in ((found, x), (moved, unseen)):
            expected = (rows - x.mean(axis=0)) @ axes / np.sqrt(variances[::-1][:8])
            np.testing.assert_allclose(result[:, :8], expected, rtol=1e-9, atol=1e-10)
        lengths = np.linalg.norm(np.where(np.arange(30) < 8, moved * np.sqrt(np.abs(variances[::-1])), moved), axis=1)
        np.testing.assert_allclose(lengths, np.linalg.norm(unseen - x.mean(axis=0), axis=1))

    def test_whiten_rows_that_are_all_alike(self) -> None:
        fitted = fit("whiten", np.ones((2, 5)))
        np.testing.assert_array_equal(fitted.apply(np.ones((2, 5))), np.zeros((2, 5)))

    @pytest.mark.parametrize("shape", [(3, 6), (6, 3)])
    def test_numbers_too_large_to_whiten_become_nan(self, shape: tuple[int, int]) -> None:
        x = np.random.default_rng(0).normal(size=shape)
        x[0, 0], x[1, 0] = 1e308, -1e308
        assert np.isnan(fit("whiten", x).apply(x.copy())).all()

    def test_whiten_many_columns_of_few_rows_is_quick(self) -> None:
        x = np.random.default_rng(6).normal(size=(60, 5000))
        started = time.process_time()
        found = fit("whiten", x).apply(x.copy())
        assert time.process_time() - started < 3.0  # the covariance of all columns: 25
        np.testing.assert_allclose(found[:, :59].T @ found[:, :59] / 60, np.eye(59), atol=1e-12)

    @pytest.mark.parametrize(("rows", "columns"), [(4000, 3001), (3001, 4000), (10, 5001)])
    def test_what_would_take_long_to_whiten_is_refused(self, rows: int, columns: int, tmp_path: Path) -> None:
        np.savez(tmp_path / "wide.npz", x=np.ones((rows, columns), dtype=np.float32), y=np.arange(rows) % 2)
        table = {"path": str(tmp_path / "wide.npz"), "preprocess": "whiten", "test_fraction": 0.0}
        said = (
            f"{rows} training rows of {columns} columns; at most 3000 columns can be whitened, 5000 with at most 3000"
        )
        with pytest.raises(InputError, match=said):
            resolve_lane(override({"data": table, "train": {"batch_size": 1}}, {}))

    @pytest.mark.parametrize("kind", ["center", "standardize", "minmax", "whiten"])
    @pytest.mark.parametrize("value", [0.1, 1e30, -3.0])
    def test_constant_columns_are_centred_not_divided(self, kind: str, value: float) -> None:
        x = np.column_stack([np.full(7, value), np.arange(7.0)])
        fitted = fit(kind, x)
        assert (self.apply(kind, x) == 0).all(axis=0).sum() == 1
        moved = fitted.apply(np.array([[value + 1.0, 3.0], [value, 3.0]]))
        assert np.isfinite(moved).all()
        if abs(value) < 1e10 and kind != "whiten":
            assert moved[0, 0] == pytest.approx(1.0)

    @pytest.mark.parametrize("kind", ["standardize", "minmax", "center"])
    def test_is_fitted_on_training_rows_alone(self, kind: str) -> None:
        data = lane(preprocess=kind)
        if kind == "minmax":
            assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)
        else:
            np.testing.assert_allclose(data.x_train.mean(axis=0), 0, atol=1e-12)
            assert np.abs(data.x_validation.mean(axis=0)).max() > 0.01
        if kind == "standardize":
            spread = data.x_train.std(axis=0)
            np.testing.assert_allclose(spread[spread > 0], 1)

    @pytest.mark.parametrize("kind", ["none", "center", "standardize", "minmax", "whiten"])
    def test_arrays_are_ready_for_the_engine(self, kind: str) -> None:
        data = lane(preprocess=kind)
        for array in (data.x_train, data.t_train, data.x_validation, data.t_validation):
            assert array.dtype == np.float64
            assert array.flags.c_contiguous
            assert array.flags.writeable
        assert len(data.x_train) == len(data.t_train)

    def test_targets_are_scaled_on_training_rows(self) -> None:
        data = lane(name="diabetes", target_scale="standardize")
        assert data.t_train.mean() == pytest.approx(0, abs=1e-12)
        assert data.t_train.std() == pytest.approx(1)
        assert lane(name="diabetes", target_scale="minmax").t_train.max() == 1.0
        assert lane(name="diabetes").t_train.max() > 300


class TestLabelNoise:
    def test_moves_the_share_of_training_rows_to_another_class(self) -> None:
        clean, noisy = lane(), lane(label_noise=0.2)
        np.testing.assert_array_equal(clean.x_train, noisy.x_train)
        np.testing.assert_array_equal(clean.t_validation, noisy.t_validation)
        moved = (clean.t_train.argmax(axis=1) != noisy.t_train.argmax(axis=1)).sum()
        assert moved == round(0.2 * len(clean.t_train))

    def test_all_rows(self) -> None:
        clean, noisy = lane(name="moons"), lane(name="moons", label_noise=1.0)
        np.testing.assert_array_equal(noisy.t_train, 1 - clean.t_train)

    def test_labels_flip_one_entry_a_row(self) -> None:
        values = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
        targets = Targets("multilabel", ("a", "b"), None, None, values)
        flipped = flip_labels(targets, np.array([0, 2]), 1.0, np.random.default_rng(0)).values
        assert flipped is not None
        assert np.abs(flipped - values).sum(axis=1).tolist() == [1.0, 0.0, 1.0]

    def test_other_classes_are_even(self) -> None:
        targets = Targets("classes", tuple("abcd"), np.zeros(30_000, dtype=np.int64), None, None)
        moved = flip_labels(targets, np.arange(30_000), 1.0, np.random.default_rng(0)).index
        assert moved is not None
        np.testing.assert_allclose(np.bincount(moved), [0, 10_000, 10_000, 10_000], atol=400)


CLASSES = Targets("classes", ("5", "7", "9"), np.array([2, 0, 1]), np.array([5.0, 7.0, 9.0]), None)
BINARY = Targets("binary", ("no", "yes"), np.array([1, 0]), None, None)
LABELS = Targets("multilabel", ("a", "b"), None, None, np.array([[0.0, 1.0], [1.0, 1.0]]))
NUMBERS = Targets("regression", (), None, None, np.array([[0.5], [2.0]]))


@pytest.mark.parametrize(
    ("targets", "coding", "expected"),
    [
        (CLASSES, "one_hot", [[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
        (CLASSES, "plus_minus", [[-1, -1, 1], [1, -1, -1], [-1, 1, -1]]),
        (CLASSES, "label", [[2], [0], [1]]),
        (CLASSES, "as_is", [[9], [5], [7]]),
        (BINARY, "label", [[1], [0]]),
        (BINARY, "one_hot", [[0, 1], [1, 0]]),
        (BINARY, "plus_minus", [[1], [-1]]),
        (LABELS, "as_is", [[0, 1], [1, 1]]),
        (LABELS, "plus_minus", [[-1, 1], [1, 1]]),
        (NUMBERS, "as_is", [[0.5], [2.0]]),
    ],
)
def test_codings(targets: Targets, coding: str, expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(code(targets, coding, "f"), expected)


@pytest.mark.parametrize(
    ("targets", "coding"),
    [(BINARY, "as_is"), (LABELS, "one_hot"), (LABELS, "label"), (NUMBERS, "label"), (NUMBERS, "plus_minus")],
)
def test_impossible_codings(targets: Targets, coding: str) -> None:
    with pytest.raises(InputError, match=f'f: data.target_coding = "{coding}".*allowed'):
        code(targets, coding, "f")


@pytest.mark.parametrize(
    ("y", "asked", "part"),
    [
        ([[0.0], [1.0], [2.0]], "binary", "3 classes; binary takes 2"),
        ([[0.5, 1.0], [1.0, 0.0]], "classes", "2 target columns"),
        ([[0.5, 1.0], [1.0, 0.0]], "multilabel", "0 and 1"),
        ([[float(i)] for i in range(1001)], "classes", "1001 different target values"),
    ],
)
def test_impossible_tasks(y: list[list[float]], asked: str, part: str) -> None:
    raw = RawData(np.zeros((len(y), 1)), np.array(y), ("x",), tuple("ab"[: len(y[0])]))
    with pytest.raises(InputError, match=part):
        read_targets(raw, asked, "f")


@pytest.mark.parametrize(("asked", "task"), [("auto", "binary"), ("binary", "binary"), ("classes", "classes")])
@pytest.mark.parametrize("names", [(), ("red",)])
def test_one_class_alone_is_read(asked: str, task: str, names: tuple[str, ...]) -> None:
    targets = read_targets(RawData(np.zeros((3, 1)), np.zeros((3, 1)), ("x",), ("y",), names), asked, "f")
    assert (targets.task, targets.classes) == (task, names or ("0",))
    assert code(targets, "label", "f").tolist() == [[0.0]] * 3
    assert code(targets, "one_hot", "f").tolist() == [[1.0]] * 3


@pytest.mark.parametrize("kind", ["none", "center", "standardize", "minmax", "whiten", "divide"])
@pytest.mark.parametrize("shape", [(40, 5), (6, 30)])
def test_what_was_preprocessed_can_be_undone(kind: str, shape: tuple[int, int]) -> None:
    x = 3.0 + np.random.default_rng(3).standard_normal(shape) * np.arange(1.0, shape[1] + 1.0)
    fitted = fit(kind, x, 4.0)
    np.testing.assert_allclose(fitted.undo(fitted.apply(x.copy())), x, rtol=1e-9, atol=1e-9)
