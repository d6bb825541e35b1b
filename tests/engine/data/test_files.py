"""Own data: CSV, NPZ and IDX files, and the one line for each way they can be broken."""

import gzip
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui_engine.data.dataset import LaneData
from nntui_engine.errors import InputError
from nntui_engine.scenario import override
from nntui_engine.tasks.resolve import resolve_lane


def load(path: Path, **data: Any) -> LaneData:
    """The lane data of ``path`` with all rows for training, in their order, unless ``data`` says otherwise."""
    settings = {
        "path": str(path),
        "test_fraction": 0.0,
        **{key: str(v) if isinstance(v, Path) else v for key, v in data.items()},
    }
    tables = override({"data": settings, "train": {"batch_size": 1}}, {})
    return resolve_lane(tables, where="f.toml").data


def refused(path: Path, **data: Any) -> str:
    with pytest.raises(InputError) as caught:
        load(path, **data)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("f.toml: ")
    return text


class TestCsv:
    @pytest.fixture
    def csv(self, tmp_path: Path) -> Any:
        def write(text: str, name: str = "x.csv") -> Path:
            file = tmp_path / name
            file.write_text(text, encoding="utf-8")
            return file

        return write

    def test_numbers(self, csv: Any) -> None:
        data = load(csv("a, b ,y\n1,2,0.5\n-3,4e1,1.25\n"))
        assert data.features == ("a", "b")
        assert data.task == "regression"
        np.testing.assert_array_equal(data.x_train, [[1.0, 2.0], [-3.0, 40.0]])
        np.testing.assert_array_equal(data.t_train, [[0.5], [1.25]])

    def test_text_targets_are_classes_in_sorted_order(self, csv: Any) -> None:
        data = load(csv("a,y\n1,pear\n2,apple\n3, fig\n4,pear\n"))
        assert (data.task, data.classes) == ("classes", ("apple", "fig", "pear"))
        np.testing.assert_array_equal(data.t_train.argmax(axis=1), [2, 0, 1, 2])

    def test_two_texts_are_binary(self, csv: Any) -> None:
        data = load(csv("a,y\n1,yes\n2,no\n3,no\n"))
        assert (data.task, data.classes) == ("binary", ("no", "yes"))
        np.testing.assert_array_equal(data.t_train, [[1.0], [0.0], [0.0]])

    def test_numeric_classes_are_sorted_as_numbers(self, csv: Any) -> None:
        data = load(csv("a,y\n" + "".join(f"{i},{(10, 9, 2)[i % 3]}\n" for i in range(30))))
        assert (data.task, data.classes) == ("classes", ("2", "9", "10"))
        as_is = load(csv("a,y\n" + "".join(f"{i},{(10, 9, 2)[i % 3]}\n" for i in range(30))), target_coding="as_is")
        np.testing.assert_array_equal(as_is.t_train[:3, 0], [10.0, 9.0, 2.0])

    @pytest.mark.parametrize(
        ("values", "task"),
        [
            (["0", "1"], "binary"),
            (["-1", "1"], "binary"),
            (["1", "2", "3"], "classes"),
            (["0.5", "1", "2"], "regression"),
            ([str(i) for i in range(21)], "regression"),
        ],
    )
    def test_the_task_is_guessed(self, csv: Any, values: list[str], task: str) -> None:
        rows = "".join(f"{i},{values[i % len(values)]}\n" for i in range(210))
        assert load(csv("a,y\n" + rows)).task == task

    def test_few_rows_of_many_whole_numbers_are_regression(self, csv: Any) -> None:
        assert load(csv("a,y\n1,3\n2,5\n3,9\n")).task == "regression"

    def test_minus_one_and_one(self, csv: Any) -> None:
        file = csv("a,y\n1,-1\n2,1\n3,-1\n")
        np.testing.assert_array_equal(load(file).t_train[:, 0], [0.0, 1.0, 0.0])
        np.testing.assert_array_equal(load(file, target_coding="as_is").t_train[:, 0], [-1.0, 1.0, -1.0])

    def test_target_by_name_and_several(self, csv: Any) -> None:
        file = csv("y,a,b\n1.5,2,3\n4,5,6.5\n")
        assert load(file, target="y").features == ("a", "b")
        several = load(file, target=["b", "y"])
        assert several.features == ("a",)
        np.testing.assert_array_equal(several.t_train, [[3.0, 1.5], [6.5, 4.0]])

    def test_a_column_called_last(self, csv: Any) -> None:
        assert load(csv("last,a\n1.5,2\n4,5\n")).features == ("a",)

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_other_delimiters_quotes_and_blank_lines(self, csv: Any, delimiter: str) -> None:
        text = 'a,"b, c",y\n1,2,0.5\n\n"3",4,0.25\n'
        if delimiter != ",":
            text = text.replace('"b, c"', "b").replace(",", delimiter)
        np.testing.assert_array_equal(load(csv("\ufeff" + text)).x_train, [[1.0, 2.0], [3.0, 4.0]])

    def test_test_file(self, csv: Any) -> None:
        train, test = csv("a,y\n1,b\n2,a\n"), csv("a,y\n9,a\n", "t.csv")
        data = load(train, test_path=test, test_fraction=0.3)
        np.testing.assert_array_equal(data.x_validation, [[9.0]])
        np.testing.assert_array_equal(data.t_validation, [[0.0]])
        assert len(data.x_train) == 2

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("", ["first line is empty"]),
            ("a,y\n", ["0 rows"]),
            ("1,2\n3,4\n", ["line 1 holds numbers"]),
            ("a,a,y\n1,2,3\n", ['two columns are called "a"']),
            ("y\n1\n", ["no column is left for the inputs"]),
            ("a,y\n1,2\n1,2,3\n", ["line 3 has 3 cells", "header has 2"]),
            ("a,y\n1,2\nnan,3\n", ['line 3, column "a"', '"nan" is not a finite number']),
            ("a,y\n1,2\ninf,3\n", ['line 3, column "a"', '"inf"']),
            ("a,y\n1,2\n,3\n", ['line 3, column "a"', "the cell is empty"]),
            ("a,y\n1,2\nred,3\n", ['line 3, column "a"', '"red" is not a finite number']),
            ("a,y\n1,2\n1_0,3\n", ['"1_0"']),
            ("a,y\n1,2.5\n2,x\n", ['line 3, column "y"', '"x" is not a finite number', 'data.task = "classes"']),
            ("a,y\n1,2.5\n2,NaN\n", ['line 3, column "y"', '"NaN"']),
            ("a,y\n1,red\n2,\n", ['line 3, column "y"', "the cell is empty"]),
            ("a,y\n1,red\n2,NA\n", ['line 3, column "y"', '"NA" stands for a missing value']),
            ("a,y\n" + "".join(f"{i},c{i}\n" for i in range(1001)), ["more than 1000 different texts"]),
            ("a,y\n1," + "x" * 200_000, ["not a CSV file", "field larger"]),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_refused(self, csv: Any, text: str, parts: list[str]) -> None:
        found = refused(csv(text))
        assert "x.csv" in found
        for part in parts:
            assert part in found

    def test_text_after_numbers_is_a_class_where_classes_are_asked_for(self, csv: Any) -> None:
        assert load(csv("a,y\n1,1\n2,x\n3,10\n"), task="classes").classes == ("1", "10", "x")

    @pytest.mark.parametrize(
        ("data", "parts"),
        [
            ({"target": "z"}, ["data.target", '"z"', "allowed: aa, y"]),
            ({"target": "ab"}, ['did you mean "aa"']),
            ({"target": []}, ["data.target is an empty list"]),
            ({"target": ["aa", "y"]}, ["no column is left"]),
            ({"task": "regression"}, ['data.task = "regression"', "text"]),
            ({"target_coding": "as_is"}, ['target_coding = "as_is"', "label, one_hot"]),
            ({"test_path": "/nowhere/t.csv"}, ["data.test_path", "no such file"]),
        ],
    )
    def test_refused_settings(self, csv: Any, data: dict[str, Any], parts: list[str]) -> None:
        found = refused(csv("aa,y\n1,r\n2,g\n3,b\n"), **data)
        for part in parts:
            assert part in found

    def test_unseen_class_in_the_test_file(self, csv: Any) -> None:
        found = refused(csv("a,y\n1,b\n2,a\n"), test_path=csv("a,y\n9,c\n", "t.csv"))
        assert 't.csv: class "c" is in no training row' in found

    def test_other_columns_in_the_test_file(self, csv: Any) -> None:
        assert "its columns differ" in refused(csv("a,y\n1,2.5\n"), test_path=csv("b,y\n9,1.5\n", "t.csv"))

    def test_zeros(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_bytes(bytes(10_000))
        assert "zero bytes" in refused(file)

    def test_endless_line_uses_little_memory(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_bytes(b"a,b" + b"x" * 30_000_000)
        tracemalloc.start()
        try:
            assert "a line of more than 10 million characters" in refused(file)
            assert tracemalloc.get_traced_memory()[1] < 100_000_000
        finally:
            tracemalloc.stop()

    def test_not_utf8(self, tmp_path: Path) -> None:
        file = tmp_path / "x.csv"
        file.write_bytes(b"a,y\n1,\xff\n")
        assert "not UTF-8" in refused(file)


@pytest.mark.parametrize("name", ["x.csv", "x.npz", "x-images-idx3-ubyte", "x.bin"])
class TestAnyFile:
    def test_missing(self, tmp_path: Path, name: str) -> None:
        assert f"data.path: {tmp_path / name}: no such file" in refused(tmp_path / name)

    def test_folder(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        assert "is a folder" in refused(tmp_path / name)

    def test_empty(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        (tmp_path / name.replace("images", "labels").replace("idx3", "idx1")).touch()
        assert name.replace("images", "labels").replace("idx3", "idx1") in refused(tmp_path / name)

    def test_two_gigabytes_of_zeros(self, tmp_path: Path, name: str) -> None:
        for file in (tmp_path / name, tmp_path / name.replace("images", "labels").replace("idx3", "idx1")):
            file.touch()
            os.truncate(file, 2 * 10**9)
        tracemalloc.start()
        try:
            refused(tmp_path / name)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(content=st.binary(max_size=200))
    def test_noise(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        (tmp_path / name.replace("images", "labels").replace("idx3", "idx1")).write_bytes(content)
        try:
            load(tmp_path / name)
        except InputError as error:
            message = str(error)
        else:
            message = ""
        assert "\n" not in message


def idx(shape: tuple[int, ...], content: bytes, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


class TestIdx:
    PIXELS = bytes(range(24))

    def write(self, folder: Path, images: bytes, labels: bytes, zipped: bool = False) -> Path:
        end = ".gz" if zipped else ""
        squeeze = gzip.compress if zipped else bytes
        (folder / f"train-labels-idx1-ubyte{end}").write_bytes(squeeze(labels))
        file = folder / f"train-images-idx3-ubyte{end}"
        file.write_bytes(squeeze(images))
        return file

    @pytest.mark.parametrize("zipped", [False, True])
    def test_images_and_labels(self, tmp_path: Path, zipped: bool) -> None:
        file = self.write(tmp_path, idx((4, 2, 3), self.PIXELS), idx((4,), bytes([7, 3, 5, 3])), zipped)
        data = load(file, preprocess={"kind": "divide", "by": 2})
        assert data.classes == ("3", "5", "7")
        np.testing.assert_array_equal(data.x_train, np.arange(24).reshape(4, 6) / 2)
        np.testing.assert_array_equal(data.t_train.argmax(axis=1), [2, 0, 1, 0])

    def test_named_labels_and_test_files(self, tmp_path: Path) -> None:
        for name, content in {
            "a": idx((2, 1, 1), b"\1\2"),
            "b": idx((2,), b"\0\1"),
            "c": idx((1, 1, 1), b"\3"),
            "d": idx((1,), b"\1"),
        }.items():
            (tmp_path / name).write_bytes(content)
        data = load(tmp_path / "a", labels=tmp_path / "b", test_path=tmp_path / "c", test_labels=tmp_path / "d")
        np.testing.assert_array_equal(data.x_validation, [[3.0]])
        np.testing.assert_array_equal(data.t_validation, [[1.0]])

    def test_big_endian_types(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, idx((2, 1, 1), struct.pack(">2h", -300, 300), 0x0B), idx((2,), b"\0\1"))
        np.testing.assert_array_equal(load(file).x_train[:, 0], [-300.0, 300.0])

    @pytest.mark.parametrize(
        ("images", "labels", "part"),
        [
            (idx((4, 2, 3), bytes(24)), idx((3,), bytes(3)), "holds 4 images, but"),
            (idx((4, 2, 3), bytes(23)), idx((4,), b"\0\1\0\1"), "cut short"),
            (idx((4, 2, 3), bytes(25)), idx((4,), b"\0\1\0\1"), "more bytes"),
            (idx((4, 2, 3), bytes(24))[:9], idx((4,), b"\0\1\0\1"), "cut short inside its header"),
            (idx((0, 2, 3), b""), idx((4,), b"\0\1\0\1"), "0 rows"),
            (idx((4, 2, 3), bytes(24), kind=7), idx((4,), b"\0\1\0\1"), "nor an IDX file"),
            (idx((4,), bytes(4)), idx((4,), b"\0\1\0\1"), "is this the label file"),
            (idx((4, 2, 3), bytes(24)), idx((4, 1), b"\0\1\0\1"), "labels have 1"),
            (idx((2**31, 2**31, 3), bytes(24)), idx((4,), b"\0\1\0\1"), "limit is 250 million"),
            (idx((2, 1), struct.pack(">2f", np.nan, 1), 0x0D), idx((2,), b"\0\1"), "NaN"),
        ],
    )
    @pytest.mark.parametrize("zipped", [False, True])
    def test_refused(self, tmp_path: Path, images: bytes, labels: bytes, part: str, zipped: bool) -> None:
        found = refused(self.write(tmp_path, images, labels, zipped))
        if zipped or part not in ("cut short", "more bytes", "limit is 250 million"):
            assert part in found
        else:
            assert "its header says" in found

    def test_missing_labels(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, idx((1, 1, 1), b"\0"), b"")
        (tmp_path / "train-labels-idx1-ubyte").unlink()
        assert "train-labels-idx1-ubyte: no such file; name the label file with data.labels" in refused(file)
        file.rename(tmp_path / "pictures")
        assert "data.labels is missing" in refused(tmp_path / "pictures")

    def test_damaged_gzip(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, idx((4, 2, 3), self.PIXELS), idx((4,), b"\0\1\0\1"), zipped=True)
        file.write_bytes(file.read_bytes()[:-12])
        assert "damaged or cut short" in refused(file)

    def test_gzip_bomb_uses_little_memory(self, tmp_path: Path) -> None:
        """A header that promises 6 numbers in front of 200 MB of zeros."""
        file = self.write(tmp_path, b"", idx((2,), b"\0\1"), zipped=True)
        with gzip.open(file, "wb", compresslevel=1) as stream:
            stream.write(idx((2, 1, 3), b""))
            for _ in range(200):
                stream.write(bytes(1_000_000))
        tracemalloc.start()
        try:
            assert "more bytes than its header says" in refused(file)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


class TestNpz:
    def write(self, folder: Path, name: str = "x.npz", **arrays: Any) -> Path:
        file = folder / name
        np.savez(file, **arrays)
        return file

    def test_numbers(self, tmp_path: Path) -> None:
        x = np.arange(12, dtype=np.int16).reshape(3, 2, 2)
        data = load(self.write(tmp_path, x=x, y=np.array([0.5, 1.5, 2.5])))
        np.testing.assert_array_equal(data.x_train, x.reshape(3, 4))
        np.testing.assert_array_equal(data.t_train, [[0.5], [1.5], [2.5]])

    def test_fortran_order_compressed_and_bool(self, tmp_path: Path) -> None:
        x = np.asfortranarray(np.arange(6.0).reshape(3, 2))
        np.savez_compressed(tmp_path / "x.npz", x=x, y=np.array([True, False, True]))
        data = load(tmp_path / "x.npz")
        np.testing.assert_array_equal(data.x_train, x)
        assert data.task == "binary"

    def test_text_classes(self, tmp_path: Path) -> None:
        data = load(self.write(tmp_path, x=np.eye(3), y=np.array(["b", "c", "a"])))
        assert data.classes == ("a", "b", "c")

    def test_one_hot_targets_are_classes_and_labels_are_labels(self, tmp_path: Path) -> None:
        assert load(self.write(tmp_path, x=np.eye(3), y=np.eye(3))).task == "classes"
        assert load(self.write(tmp_path, x=np.eye(3), y=np.tri(3))).task == "multilabel"

    def test_test_file(self, tmp_path: Path) -> None:
        train = self.write(tmp_path, x=np.eye(3), y=np.array([0.5, 1.5, 2.5]))
        data = load(train, test_path=self.write(tmp_path, "t.npz", x=np.ones((2, 3)), y=np.zeros(2)))
        assert data.x_validation.shape == (2, 3)

    @pytest.mark.parametrize(
        ("arrays", "part"),
        [
            ({"x": np.eye(2)}, "no array is called y; it holds x"),
            ({"x": np.eye(2), "y": np.zeros(3)}, "x has 2 rows, but y has 3"),
            ({"x": np.array([[1.0, np.nan]]), "y": np.zeros(1)}, "x[0, 1] = nan"),
            ({"x": np.eye(2), "y": np.array([0.0, np.inf])}, "y[1, 0] = inf"),
            ({"x": np.array(["a", "b"]), "y": np.zeros(2)}, "x is text"),
            ({"x": np.eye(2), "y": np.array([None, "a"], dtype=object)}, "dtype object"),
            ({"x": np.eye(2) * 1j, "y": np.zeros(2)}, "dtype complex128"),
            ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "0 rows"),
            ({"x": np.float64(3), "y": np.zeros(1)}, "0 rows"),
            ({"x": np.zeros((2, 0)), "y": np.zeros(2)}, "at least one column"),
            ({"x": np.eye(2), "y": np.array([["a", "b"], ["c", "d"]])}, "text in 2 columns"),
        ],
    )
    def test_refused(self, tmp_path: Path, arrays: dict[str, Any], part: str) -> None:
        assert part in refused(self.write(tmp_path, **arrays))

    def test_a_header_that_promises_too_much(self, tmp_path: Path) -> None:
        file = tmp_path / "x.npz"
        for shape, part in (("(10000, 10000)", "cut short"), ("(1000000000, 1000)", "250 million")):
            header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", 118) + header.encode() + bytes(80))
                archive.writestr("y.npy", b"")
            assert part in refused(file)
