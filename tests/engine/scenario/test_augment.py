"""``data.augment``: which keys go with which rows, and what is handed on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui_engine.errors import InputError
from nntui_engine.kernels import augment as kernels
from nntui_engine.scenario import override
from nntui_engine.scenario.augment import FLIPS
from nntui_engine.scenario.checks import check
from nntui_engine.scenario.settings import Augment
from nntui_engine.tasks.resolve import resolve_lane

IMAGE = {"shift": 1, "rotate": 10, "scale": 0.1, "flip": "horizontal", "noise": 0.05, "contrast": 0.2}
OTHER = {"noise": 0.1, "scale": 0.2, "jitter": 3}


def asked(augment: object, name: str = "digits", **data: Any) -> Augment | None:
    return check({"data": {"name": name, "augment": augment, **data}}, "here").augment


def test_images_and_other_rows_have_keys_of_their_own() -> None:
    assert asked(IMAGE) == Augment(1.0, 10.0, 0.1, "horizontal", 0.05, 0.2, 0)
    assert asked(OTHER, "adding") == Augment(scale=0.2, noise=0.1, jitter=3)
    assert asked(OTHER, "iris") == Augment(scale=0.2, noise=0.1, jitter=3)
    assert asked(OTHER, "digits", shape=[8, 8]) == Augment(scale=0.2, noise=0.1, jitter=3)
    assert asked({"rotate": 3}, "blobs", features=4, shape=[2, 2, 1]) == Augment(rotate=3.0)


@pytest.mark.parametrize("nothing", ["none", {}, {"shift": 0, "noise": 0.0, "flip": "none"}])
def test_nothing_asked_for_is_none(nothing: object) -> None:
    assert asked(nothing) is None
    assert check({"data": {"name": "xor"}}).augment is None
    assert check({"surface": {"name": "beale"}}).augment is None


@pytest.mark.parametrize(
    ("name", "augment", "message"),
    [
        (
            "digits",
            {"jitter": 1},
            "here: data.augment.jitter = 1: goes with rows that are no images; the rows have shape [8, 8, 1]; allowed "
            "here: shift, rotate, scale, flip, noise, contrast",
        ),
        (
            "adding",
            {"rotate": 5},
            "here: data.augment.rotate = 5: goes with images, which are [height, width, channels]; the rows have shape "
            "[50, 2]; allowed here: noise, scale, jitter",
        ),
        (
            "iris",
            {"flip": "none"},
            'here: data.augment.flip = "none": goes with images, which are [height, width, channels]; the rows have no '
            "shape but a list of columns; allowed here: noise, scale, jitter",
        ),
        (
            "digits",
            {"rotat": 5},
            'here: unknown key "data.augment.rotat"; did you mean "rotate"? allowed: shift, rotate, scale, flip, '
            "contrast, jitter, noise",
        ),
        ("digits", {"shift": -1}, "here: data.augment.shift = -1: must be at least 0 and at most 1 000 000"),
        ("digits", {"rotate": 181}, "here: data.augment.rotate = 181: must be at least 0 and at most 180"),
        ("digits", {"scale": 1.0}, "here: data.augment.scale = 1: must be at least 0 and below 1"),
        ("digits", {"contrast": 2}, "here: data.augment.contrast = 2: must be at least 0 and at most 1"),
        ("digits", {"noise": -1}, "here: data.augment.noise = -1: must be at least 0 and at most 1e30"),
        (
            "digits",
            {"flip": "both"},
            'here: data.augment.flip: unknown value "both"; allowed: none, horizontal, vertical',
        ),
        ("adding", {"jitter": 1.5}, "here: data.augment.jitter = 1.5: must be a whole number"),
        ("digits", "on", 'here: data.augment = "on": must be "none" or a table such as { noise = 0.1 }'),
        ("digits", 3, "here: data.augment = 3: must be text or a table"),
    ],
)
def test_what_is_refused(name: str, augment: object, message: str) -> None:
    with pytest.raises(InputError) as raised:
        asked(augment, name)
    assert str(raised.value) == message


def test_a_file_is_held_against_its_shape_once_it_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", x=np.arange(240.0).reshape(10, 4, 3, 2), y=np.arange(10.0) / 3)
    tables: dict[str, Any] = {"data": {"path": str(tmp_path / "images.npz")}, "train": {"batch_size": "full"}}
    tables["data"]["augment"] = {"jitter": 1}
    assert check(tables).augment == Augment(jitter=1)  # nothing is known of the file yet
    with pytest.raises(InputError, match=r"data.augment.jitter = 1: .* shape \[4, 3, 2\]; allowed here: shift"):
        resolve_lane(tables)
    tables["data"]["augment"] = {"shift": 1}
    resolve_lane(tables)
    tables["data"]["shape"] = [12, 2]
    with pytest.raises(InputError, match=r"data.augment.shift = 1: .* shape \[12, 2\]; allowed here: noise"):
        check(tables)


def test_rows_are_the_same_and_settings_print_it_only_where_it_is_written() -> None:
    tables: dict[str, Any] = {"data": {"name": "digits"}, "train": {"batch_size": "full"}}
    plain = resolve_lane(tables)
    assert "augment" not in plain.settings.table["data"]  # type: ignore[operator]
    tables["data"]["augment"] = IMAGE
    changed = resolve_lane(tables)
    assert changed.settings.table["data"]["augment"] == IMAGE  # type: ignore[index]
    assert changed.data is plain.data
    again = check({key: changed.settings.table[key] for key in ("data", "model", "train")})
    assert again.augment == asked(IMAGE)


def test_single_keys_can_be_set_and_all_taken_away() -> None:
    tables = {"data": {"name": "digits", "augment": {"shift": 1}}}
    assert override(tables, {"data.augment.rotate": 5})["data"]["augment"] == {"shift": 1, "rotate": 5}
    assert check(override(tables, {"data.augment": "none"})).augment is None
    assert check(override({"data": {"name": "digits"}}, {"data.augment.shift": 2})).augment == Augment(shift=2.0)
    assert "augment" not in override(tables, {"data.name": "adding"})["data"]


def test_the_kernels_know_the_flips_by_their_place() -> None:
    assert kernels.FLIPS == FLIPS
