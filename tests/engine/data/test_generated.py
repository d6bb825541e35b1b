"""Generated and real data sets."""

import numpy as np
import pytest

from nntui_engine.data.raw import DataSet, RawData, Values
from nntui_engine.data.sets import DATASETS, rows_of
from nntui_engine.registry.row import Parameter
from nntui_engine.tasks.resolve import resolve_lane

GENERATED = [name for name, row in DATASETS.items() if row.parameters]
GIVEN = {"samples": 61, "noise": 0.5, "classes": 5, "features": 3, "balance": 0.3}
GIVEN |= {"length": 7, "delay": 4, "shuffle": True, "vocabulary": 9, "order": True}


@pytest.mark.parametrize("name", GENERATED)
class TestEvery:
    def test_is_a_function_of_the_seed(self, name: str) -> None:
        one, same, other = rows_of(name, {}, 3), rows_of(name, {}, 3), rows_of(name, {}, 4)
        np.testing.assert_array_equal(one.x, same.x)
        np.testing.assert_array_equal(one.y, same.y)
        assert not np.array_equal(one.x, other.x)

    def test_takes_every_parameter(self, name: str) -> None:
        row = DATASETS[name]
        given = {p.name: GIVEN[p.name] for p in row.parameters}
        raw = rows_of(name, given, 0)
        columns = int(np.prod(row.shape(given))) if row.shape else 3 if row.parameter("features") else raw.x.shape[1]
        assert raw.x.shape == (61, columns)
        assert raw.y.shape == (61, len(raw.targets))
        assert len(raw.features) == raw.x.shape[1]
        assert raw.x.dtype == np.float64
        assert np.isfinite(raw.x).all()
        if row.parameter("classes"):
            assert raw.classes == ("0", "1", "2", "3", "4")

    def test_classes_are_even_and_rows_are_shuffled(self, name: str) -> None:
        raw = rows_of(name, {"samples": 300}, 1)
        if raw.classes:
            counts = np.bincount(raw.y[:, 0].astype(int))
            assert counts.max() - counts.min() <= 1
            assert len(np.unique(raw.y[:50])) == len(raw.classes)

    def test_one_row(self, name: str) -> None:
        assert rows_of(name, {"samples": 1}, 0).x.shape[0] == 1

    def test_noise_changes_the_rows(self, name: str) -> None:
        if DATASETS[name].parameter("noise"):
            quiet, loud = rows_of(name, {"noise": 0.0}, 0), rows_of(name, {"noise": 1.0}, 0)
            assert not (np.array_equal(quiet.x, loud.x) and np.array_equal(quiet.y, loud.y))


def test_xor_without_noise_is_the_truth_table() -> None:
    raw = rows_of("xor", {"samples": 4, "noise": 0.0}, 0)
    for (a, b), label in zip(raw.x, raw.y[:, 0], strict=True):
        assert label == (a != b)
    assert len(np.unique(raw.x, axis=0)) == 4


def test_circles_lie_on_circles() -> None:
    raw = rows_of("circles", {"noise": 0.0, "classes": 4}, 0)
    np.testing.assert_allclose(np.hypot(*raw.x.T), (raw.y[:, 0] + 1) / 4)


def test_moons_lie_on_half_circles() -> None:
    raw = rows_of("moons", {"noise": 0.0}, 0)
    upper, lower = raw.x[raw.y[:, 0] == 0], raw.x[raw.y[:, 0] == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    assert (upper[:, 1] >= -1e-12).all()
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1)
    assert (lower[:, 1] <= 0.5 + 1e-12).all()


def test_spiral_arms_are_turned_copies() -> None:
    raw = rows_of("spirals", {"noise": 0.0, "samples": 200}, 0)
    arms = [raw.x[raw.y[:, 0] == label] for label in (0, 1)]
    arms = [arm[np.hypot(*arm.T).argsort()] for arm in arms]
    np.testing.assert_allclose(arms[0], -arms[1], atol=1e-12)
    np.testing.assert_allclose(np.hypot(*arms[0].T), np.linspace(0.05, 1.0, 100))


def test_gauss_and_blobs_have_their_centres() -> None:
    raw = rows_of("gauss", {"samples": 40_000, "features": 3}, 0)
    np.testing.assert_allclose(raw.x[raw.y[:, 0] == 1].mean(axis=0), [1, 1, 1], atol=0.05)
    np.testing.assert_allclose(raw.x[raw.y[:, 0] == 0].std(axis=0), [1, 1, 1], atol=0.05)
    blobs = rows_of("blobs", {"samples": 40_000, "classes": 4, "features": 3, "noise": 0.5}, 0)
    np.testing.assert_allclose(blobs.x[blobs.y[:, 0] == 1].mean(axis=0), [0, 4, 0], atol=0.05)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("plane", lambda x: (x[:, 0] + x[:, 1]) / 2),
        ("sine", lambda x: np.sin(x[:, 0])),
        ("linear", lambda x: 1 + 2 * x[:, 0]),
    ],
)
def test_regression_formulas(name: str, formula: object) -> None:
    quiet = rows_of(name, {"noise": 0.0}, 0)
    np.testing.assert_allclose(quiet.y[:, 0], formula(quiet.x))  # type: ignore[operator]
    loud = rows_of(name, {"noise": 0.3, "samples": 20_000}, 0)
    assert np.std(loud.y[:, 0] - formula(loud.x)) == pytest.approx(0.3, rel=0.05)  # type: ignore[operator]


def test_linear_weights_halve_and_change_sign() -> None:
    raw = rows_of("linear", {"noise": 0.0, "features": 3}, 0)
    np.testing.assert_allclose(raw.y[:, 0], 1 + raw.x @ [2, -1, 0.5])


def test_noise_has_nothing_to_learn() -> None:
    raw = rows_of("noise", {"samples": 20_000}, 0)
    assert abs(np.corrcoef(raw.x[:, 0], raw.y[:, 0])[0, 1]) < 0.03


@pytest.mark.parametrize(
    ("name", "shape", "classes", "task"),
    [
        ("digits", (1797, 64), 10, "classes"),
        ("iris", (150, 4), 3, "classes"),
        ("wine", (178, 13), 3, "classes"),
        ("breast_cancer", (569, 30), 2, "binary"),
        ("diabetes", (442, 10), 0, "regression"),
    ],
)
def test_real(name: str, shape: tuple[int, int], classes: int, task: str) -> None:
    raw = rows_of(name, {}, 0)
    assert (raw.x.shape, len(raw.classes), raw.task) == (shape, classes, task)
    assert len(raw.features) == shape[1]


def test_real_values_are_raw() -> None:
    digits = rows_of("digits", {}, 0)
    assert (digits.x.min(), digits.x.max()) == (0.0, 16.0)
    assert rows_of("diabetes", {}, 0).x[:, 0].min() >= 19  # an age, not a standardized one
    assert rows_of("iris", {}, 0).classes == ("setosa", "versicolor", "virginica")


def test_gauss_with_a_rare_class() -> None:
    raw = rows_of("gauss", {"samples": 400, "balance": 0.1, "noise": 0.1}, 0)
    assert raw.y.sum() == 40
    np.testing.assert_array_equal(raw.y[:, 0] == 1.0, raw.x.mean(axis=1) > 0.0)
    assert 0 < raw.y[:100].sum() < 40


def test_signs_without_noise_are_what_the_points_say() -> None:
    raw = rows_of("signs", {"noise": 0.0}, 0)
    assert raw.task == "multilabel"
    assert raw.targets == ("right", "upper", "far")
    x, y = raw.x.T
    np.testing.assert_array_equal(raw.y, np.stack([x > 0, y > 0, np.hypot(x, y) > 1.5**0.5], axis=1))


def test_digits_read_from_the_file_are_the_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    from nntui_engine.data import real

    quick, slow = real._digits_from_file(), real._from_sklearn("digits")
    assert quick is not None
    np.testing.assert_array_equal(quick.x, slow.x)
    np.testing.assert_array_equal(quick.y, slow.y)
    assert (quick.features, quick.targets, quick.classes, quick.task) == (
        slow.features,
        slow.targets,
        slow.classes,
        slow.task,
    )
    monkeypatch.setattr(real.importlib.util, "find_spec", lambda _: None)
    np.testing.assert_array_equal(rows_of("digits", {}, 0).x, slow.x)


def test_a_data_set_is_a_function_and_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(generator: np.random.Generator, values: Values) -> RawData:
        x = generator.standard_normal((int(values["samples"]), 2))
        return RawData(x, (x**2).sum(axis=1, keepdims=True), ("x", "y"), ("r",), (), "regression")

    row = DataSet("ring", "Distances.", (Parameter("samples", 20, "rows", low=1, whole=True),), make=ring)
    monkeypatch.setitem(DATASETS._by_name, "ring", row)
    data = resolve_lane({"data": {"name": "ring", "samples": 10}, "train": {"batch_size": "full"}}).data
    assert (data.x_train.shape, data.t_train.shape, data.task) == ((7, 2), (7, 1), "regression")
    np.testing.assert_allclose(data.t_train[:, 0], (data.x_train**2).sum(axis=1))
