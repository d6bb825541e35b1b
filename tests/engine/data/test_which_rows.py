"""Rows of some classes only, few training rows, held-out images that were moved."""

from pathlib import Path

import numpy as np
import pytest

from nntui_engine.data.dataset import LaneData
from nntui_engine.data.split import fewer_rows
from nntui_engine.errors import InputError
from nntui_engine.scenario.overrides import override
from nntui_engine.tasks.resolve import resolve_lane


def data_of(seed: int = 0, **data: object) -> LaneData:
    return resolve_lane({"data": data, "train": {"batch_size": 1, "seed": seed}}, where="here").data


def refused(**data: object) -> str:
    with pytest.raises(InputError) as raised:
        data_of(**data)
    return str(raised.value)


def csv(path: Path, *rows: str) -> str:
    path.write_text("x,y\n" + "\n".join(rows) + "\n")
    return str(path)


class TestKeepClasses:
    def test_rows_of_these_classes_renumbered(self) -> None:
        everything, some = (
            data_of(name="digits", test_fraction=0),
            data_of(name="digits", test_fraction=0, keep_classes=["9", "6", "8"]),
        )
        digit = everything.t_train.argmax(axis=1)
        kept = np.isin(digit, [6, 8, 9])
        np.testing.assert_array_equal(some.x_train, everything.x_train[kept])
        assert (some.classes, some.task) == (("6", "8", "9"), "classes")
        np.testing.assert_array_equal(np.array([6, 8, 9])[some.t_train.argmax(axis=1)], digit[kept])

    def test_two_are_a_binary_task_unless_asked_otherwise(self) -> None:
        for asked, task, outputs in (("auto", "binary", 1), ("binary", "binary", 1), ("classes", "classes", 2)):
            data = data_of(name="digits", keep_classes=["6", "9"], task=asked)
            assert (data.task, data.t_train.shape[1]) == (task, outputs)

    def test_of_a_file_of_numbers(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "a.csv", *(f"{x},{3 + x % 3}" for x in range(30)))
        data = data_of(path=path, keep_classes=["3", "5"], target_coding="as_is", test_fraction=0)
        assert sorted(set(data.t_train[:, 0])) == [3.0, 5.0]
        assert set(data.x_train[:, 0] % 3) == {0.0, 2.0}

    def test_of_a_validation_file(self, tmp_path: Path) -> None:
        path = csv(tmp_path / "a.csv", "0,a", "1,b", "2,c", "3,a")
        test = csv(tmp_path / "b.csv", "10,b", "11,a", "12,c")
        data = data_of(path=path, test_path=test, keep_classes=["a", "c"])
        assert data.x_train[:, 0].tolist() == [0.0, 2.0, 3.0]
        assert data.x_validation[:, 0].tolist() == [11.0, 12.0]
        assert data.t_validation[:, 0].tolist() == [0.0, 1.0]

    def test_what_is_refused(self) -> None:
        assert refused(name="digits", keep_classes=["1", "x"]) == (
            'here: data.keep_classes: no class "x"; allowed: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9'
        )
        assert refused(name="digits", keep_classes=["1", "1"]) == (
            'here: data.keep_classes = ["1", "1"]: "1" is named twice'
        )
        assert refused(name="digits", keep_classes=["1"]) == (
            'here: data.keep_classes = ["1"]: must have at least 2 entries'
        )
        assert refused(name="digits", keep_classes=["1", "2", "3"], task="binary") == (
            'here: data.keep_classes = ["1", "2", "3"]: 3 classes; data.task = "binary" takes 2'
        )
        assert refused(name="diabetes", keep_classes=["1", "2"]) == (
            'here: data.keep_classes = ["1", "2"]: goes with classes, not with regression'
        )
        assert "keep_classes" in refused(name="digits", keep_classes=[1, 2])

    def test_goes_with_another_data_set(self) -> None:
        tables = {"data": {"name": "digits", "keep_classes": ["1", "2"], "test_shift": 1, "train_rows": 9}}
        assert override(tables, {"data.name": "moons"})["data"] == {"name": "moons", "train_rows": 9}


class TestTrainRows:
    def test_classes_in_equal_shares(self) -> None:
        data = data_of(name="digits", train_rows=50)
        assert data.t_train.sum(axis=0).tolist() == [5.0] * 10
        assert sorted(data_of(name="digits", train_rows=53).t_train.sum(axis=0).tolist()) == [5.0] * 7 + [6.0] * 3

    def test_held_out_rows_stay(self) -> None:
        whole, few = data_of(name="digits"), data_of(name="digits", train_rows=50)
        np.testing.assert_array_equal(whole.x_validation, few.x_validation)
        np.testing.assert_array_equal(whole.t_validation, few.t_validation)
        rows = {row.tobytes() for row in whole.x_train}
        assert all(row.tobytes() in rows for row in few.x_train)

    def test_the_seed_draws_them(self) -> None:
        one, same, other = (data_of(seed, name="gauss", train_rows=9, test_fraction=0).x_train for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)
        train = np.arange(40)
        assert fewer_rows(train, None, 20, 1, "").tolist() != fewer_rows(train, None, 20, 2, "").tolist()

    def test_fewer_are_among_more(self) -> None:
        train, index = np.arange(5, 60), np.arange(60) % 3
        few, more = (set(fewer_rows(train, index, count, 0, "").tolist()) for count in (7, 30))
        assert few < more <= set(train.tolist())

    def test_a_small_class_gives_all_it_has(self) -> None:
        index = np.array([0] * 20 + [1] * 2 + [2] * 20)
        rows = fewer_rows(np.arange(42), index, 12, 0, "")
        assert np.bincount(index[rows]).tolist() == [5, 2, 5]
        assert (np.diff(rows) > 0).all()

    def test_without_classes(self) -> None:
        assert len(data_of(name="diabetes", train_rows=50).x_train) == 50

    def test_of_a_fold(self) -> None:
        assert len(data_of(name="diabetes", train_rows=50, folds=4).x_train) == 50

    def test_what_is_refused(self) -> None:
        assert refused(name="digits", train_rows=1258) == "here: data.train_rows = 1258: the training set has 1257 rows"
        assert len(data_of(name="digits", train_rows=1257).x_train) == 1257
        assert refused(name="digits", train_rows=0).startswith("here: data.train_rows = 0: must be at least 1")

    def test_preprocessing_knows_these_rows_only(self) -> None:
        data = data_of(name="wine", train_rows=20, preprocess="standardize")
        np.testing.assert_allclose(data.x_train.mean(axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(data.x_train.std(axis=0), 1.0)


class TestTestShift:
    def test_moves_the_held_out_images_alone(self) -> None:
        still, moved = data_of(name="digits"), data_of(name="digits", test_shift=2)
        np.testing.assert_array_equal(still.x_train, moved.x_train)
        before, after = still.x_validation.reshape(-1, 8, 8), moved.x_validation.reshape(-1, 8, 8)
        found = []
        for image, other in zip(before, after, strict=True):
            wide = np.pad(image, 2, mode="edge")
            fits = [
                (down, right)
                for down in range(-2, 3)
                for right in range(-2, 3)
                if np.array_equal(wide[2 - down : 10 - down, 2 - right : 10 - right], other)
            ]
            assert fits
            found.append(fits[0])
        counts = np.unique(np.array(found), axis=0, return_counts=True)[1]
        assert len(counts) == 25
        assert counts.min() > len(found) / 25 / 2

    def test_the_same_in_every_channel(self, tmp_path: Path) -> None:
        image = np.arange(24.0).reshape(2, 4, 3)
        path = tmp_path / "a.npz"
        np.savez(path, x=np.stack([image] * 40), y=np.arange(40) % 2)
        data = data_of(path=str(path), test_shift=1, split="last")
        for row in data.x_validation.reshape(-1, 2, 4, 3):
            np.testing.assert_array_equal(row[:, :, 1], row[:, :, 0] + 1)
            np.testing.assert_array_equal(row[:, :, 2], row[:, :, 0] + 2)

    def test_goes_with_images(self) -> None:
        assert refused(name="moons", test_shift=1) == (
            "here: data.test_shift = 1: goes with images, which are [height, width, channels]; the rows have shape [2]"
        )
