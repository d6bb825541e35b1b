"""Changes drawn anew for every row: pictures moved, turned, zoomed, mirrored; sequences shifted in time."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from engine.compiled import JIT, compiled, needs_jit
from scipy.ndimage import map_coordinates

from engine import twin_update
from nntui_engine.kernels import augment as kernels
from nntui_engine.kernels.random import AUGMENT, stream_key

NOTHING = {"shift": 0.0, "rotate": 0.0, "scale": 0.0, "flip": 0, "noise": 0.0, "contrast": 0.0}
EVERYTHING = {"shift": 2.0, "rotate": 30.0, "scale": 0.3, "flip": 1, "noise": 0.1, "contrast": 0.4}
IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])
MANY = 4000 if JIT else 400


def images(
    x: np.ndarray, shape: tuple[int, int, int], first: int = 0, step: int = 7, seed: int = 3, **amounts: float
) -> np.ndarray:
    """Every row of x (rows, …), the first of them number ``first`` of its batch."""
    key = np.uint64(compiled(stream_key)(seed, AUGMENT, step))
    out = np.full_like(x, np.nan)
    amounts = NOTHING | amounts
    for i in range(len(x)):
        compiled(kernels.augment_image)(key, first + i, x[i], *shape, *amounts.values(), out[i])
    return out


def sequences(
    x: np.ndarray, features: int, first: int = 0, seed: int = 3, noise: float = 0.0, scale: float = 0.0, jitter: int = 0
) -> np.ndarray:
    key = np.uint64(compiled(stream_key)(seed, AUGMENT, 7))
    out = np.full_like(x, np.nan)
    for i in range(len(x)):
        arguments = (x[i], x.shape[1] // features, features, noise, scale, jitter, out[i])
        compiled(kernels.augment_sequence)(key, first + i, *arguments)
    return out


def warp(picture: np.ndarray, *how: float) -> np.ndarray:
    out = np.full_like(picture, np.nan)
    compiled(kernels.warp)(picture.reshape(-1), *picture.shape, *how, out.reshape(-1))
    return out


def drawn(seed: int, step: int, row: int) -> np.ndarray:
    """The row's numbers: moves in x and y, angle, zoom, flip, contrast, from −1 to 1, but the flip's from 0 to 1."""
    numbers = twin_update.uniforms(seed, AUGMENT, step, 8 * row + 8)[8 * row :]
    return np.where(np.arange(8) == 4, numbers, 2 * numbers - 1)


def picture(height: int, width: int, channels: int, dtype: type = np.float64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((height, width, channels)).astype(dtype)


@BOTH
def test_amounts_of_0_change_nothing(dtype: type) -> None:
    x = picture(3, 4, 5, dtype).reshape(3, 20)
    np.testing.assert_array_equal(images(x, (4, 5, 1)), x)
    np.testing.assert_array_equal(sequences(x, 5), x)
    np.testing.assert_array_equal(warp(x.reshape(3, 4, 5), *IDENTITY), x.reshape(3, 4, 5))


@BOTH
@pytest.mark.parametrize("move", [(1, 0), (0, 2), (-2, 1), (9, 0), (0, -9)])
def test_shifts_by_whole_pixels_are_exact_and_repeat_the_edge(dtype: type, move: tuple[int, int]) -> None:
    original = picture(5, 6, 3, dtype)
    moved = warp(original, 1.0, 0.0, 0.0, 1.0, float(move[0]), float(move[1]))
    rows = np.clip(np.arange(5) - move[1], 0, 4)
    columns = np.clip(np.arange(6) - move[0], 0, 5)
    np.testing.assert_array_equal(moved, original[rows][:, columns])


@BOTH
def test_half_a_pixel_is_the_mean_of_two(dtype: type) -> None:
    original = picture(3, 4, 1, dtype)
    moved = warp(original, 1.0, 0.0, 0.0, 1.0, -0.5, 0.0)
    np.testing.assert_allclose(moved[:, :3], (original[:, :3] + original[:, 1:]) / 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(moved[:, 3], original[:, 3])


@BOTH
@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns(dtype: type, size: int, turns: int) -> None:
    original = picture(size, size, 2, dtype)
    cosine, sine = np.cos(turns * np.pi / 2), np.sin(turns * np.pi / 2)
    turned = warp(original, cosine, -sine, sine, cosine, 0.0, 0.0)
    np.testing.assert_allclose(turned, np.rot90(original, turns), atol=1e-5 if dtype == np.float32 else 1e-13)


@BOTH
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 2), (6, 1, 1), (5, 9, 3), (28, 28, 1)])
def test_every_map_is_read_as_scipy_reads_it(dtype: type, shape: tuple[int, int, int]) -> None:
    random = np.random.default_rng(1)
    original = picture(*shape, dtype)
    for _ in range(8):
        xx, xy, yx, yy = random.uniform(-1.5, 1.5, 4)
        move_x, move_y = random.uniform(-3, 3, 2)
        found = warp(original, xx, xy, yx, yy, move_x, move_y)
        y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
        middle_x, middle_y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        x, y = x - middle_x - move_x, y - middle_y - move_y
        places = yx * x + yy * y + middle_y, xx * x + xy * y + middle_x
        for channel in range(shape[2]):
            plane = original[:, :, channel].astype(np.float64)
            expected = map_coordinates(plane, places, order=1, mode="nearest")
            np.testing.assert_allclose(found[:, :, channel], expected, atol=3e-5 if dtype == np.float32 else 1e-12)


def test_a_picture_goes_through_all_of_it_in_order() -> None:
    """Mirrored, enlarged, turned, moved; then the contrast."""
    shape = (9, 11, 2)
    x = picture(*shape).reshape(1, -1)
    amounts = {"shift": 2.0, "rotate": 30.0, "scale": 0.3, "contrast": 0.4}
    flipped = set()
    for row in range(12):
        found = images(x, shape, first=row, flip=1, **amounts).reshape(shape)
        numbers = drawn(3, 7, row)
        source = x.reshape(shape)
        if numbers[4] < 0.5:
            source = source[:, ::-1]
        flipped.add(numbers[4] < 0.5)
        angle, zoom = np.deg2rad(30.0 * numbers[2]), 1.0 + 0.3 * numbers[3]
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # y points down
        back = np.linalg.inv(turn * zoom)
        expected = warp(np.ascontiguousarray(source), *back.reshape(-1), 2.0 * numbers[0], 2.0 * numbers[1])
        expected = expected.mean() + (1.0 + 0.4 * numbers[5]) * (expected - expected.mean())
        np.testing.assert_allclose(found, expected, atol=1e-12)
    assert flipped == {True, False}


def test_positive_angles_turn_against_the_clock_and_positive_moves_go_right_and_down() -> None:
    x = np.zeros((40, 81))
    x[:, 4 * 9 + 7] = 1.0  # right of the middle
    turned = images(x, (9, 9, 1), rotate=20.0).reshape(-1, 9, 9)
    moved = images(x, (9, 9, 1), shift=1.0).reshape(-1, 9, 9)
    y, x_ = np.mgrid[:9, :9]
    for row in range(40):
        numbers = drawn(3, 7, row)
        height = (turned[row] * (4 - y)).sum() / turned[row].sum()
        assert height == pytest.approx(3 * np.sin(np.deg2rad(20 * numbers[2])), abs=0.15)
        at = (moved[row] * x_).sum(), (moved[row] * y).sum()
        assert at == pytest.approx((7 + numbers[0], 4 + numbers[1]), abs=1e-9)


@pytest.mark.parametrize(("flip", "axis"), [(1, 1), (2, 0)])
def test_half_of_the_rows_are_mirrored(flip: int, axis: int) -> None:
    original = picture(4, 5, 3)
    x = np.tile(original.reshape(-1), (MANY, 1))
    out = images(x, (4, 5, 3), flip=flip).reshape(-1, 4, 5, 3)
    same = (out == original).all(axis=(1, 2, 3))
    mirrored = np.abs(out - np.flip(original, axis)).max(axis=(1, 2, 3)) < 1e-12
    assert (same ^ mirrored).all()
    assert mirrored.mean() == pytest.approx(0.5, abs=2.5 / np.sqrt(MANY))


def test_flips_are_named_by_their_codes() -> None:
    assert kernels.FLIPS[kernels.HORIZONTAL] == "horizontal"
    assert kernels.FLIPS[kernels.VERTICAL] == "vertical"


def spread(values: np.ndarray, most: float) -> None:
    """Even from −most to most."""
    assert np.abs(values).max() <= most * (1 + 1e-9)
    assert np.abs(values).max() > most * (1 - 8 / MANY)
    assert values.mean() == pytest.approx(0.0, abs=3 * most / np.sqrt(3 * MANY))
    assert values.std() == pytest.approx(most / np.sqrt(3), rel=0.05 if JIT else 0.12)


def test_what_is_drawn_for_pictures_is_even() -> None:
    ramp_x = np.tile(np.arange(9.0), (9, 1)).reshape(1, -1).repeat(MANY, 0)
    ramp_y = np.ascontiguousarray(np.tile(np.arange(9.0), (9, 1)).T).reshape(1, -1).repeat(MANY, 0)
    middle = 4 * 9 + 4
    moves = 4.0 - images(ramp_x, (9, 9, 1), shift=3.0)[:, middle], 4.0 - images(ramp_y, (9, 9, 1), shift=3.0)[:, middle]
    spread(moves[0], 3.0)
    spread(moves[1], 3.0)
    assert abs(np.corrcoef(*moves)[0, 1]) < 4 / np.sqrt(MANY)
    turned = images(ramp_y, (9, 9, 1), rotate=40.0)
    spread(np.rad2deg(np.arcsin(turned[:, middle + 1] - 4.0)), 40.0)
    zoomed = images(ramp_x, (9, 9, 1), scale=0.25)
    spread(1.0 / (zoomed[:, middle + 1] - 4.0) - 1.0, 0.25)
    more = images(ramp_x, (9, 9, 1), contrast=0.5)
    spread(more[:, middle + 1] - 5.0, 0.5)
    np.testing.assert_allclose(more.mean(axis=1), 4.0)


@BOTH
def test_noise_is_nearly_normal_and_independent(dtype: type) -> None:
    x = np.full((MANY // 8, 50), 2.0, dtype)
    for out in (images(x, (5, 10, 1), noise=0.3), sequences(x, 5, noise=0.3)):
        noise = (out.astype(np.float64) - 2.0) / 0.3
        count = noise.size
        assert noise.mean() == pytest.approx(0.0, abs=4 / np.sqrt(count))
        assert noise.std() == pytest.approx(1.0, abs=4 / np.sqrt(count))
        assert np.abs(noise).max() < 3.5
        assert (noise**4).mean() == pytest.approx(3 - 0.3, abs=25 / np.sqrt(count))
        flat = noise.reshape(-1)
        for apart in range(1, 61):
            assert abs((flat[apart:] * flat[:-apart]).mean()) < 5 / np.sqrt(count)


def test_noise_of_another_step_and_seed_is_another() -> None:
    x = np.zeros((8, 50))
    first = images(x, (5, 10, 1), noise=1.0)
    for other in (images(x, (5, 10, 1), step=8, noise=1.0), images(x, (5, 10, 1), seed=4, noise=1.0)):
        assert abs(np.corrcoef(first.reshape(-1), other.reshape(-1))[0, 1]) < 0.2
    np.testing.assert_array_equal(first, images(x, (5, 10, 1), noise=1.0))


@BOTH
@pytest.mark.parametrize("cuts", [(5,), (1, 2, 3), (0, 11)])
def test_pieces_of_a_batch_give_the_same_bits(dtype: type, cuts: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal((12, 7 * 9 * 2)).astype(dtype)
    whole = images(x, (7, 9, 2), **EVERYTHING)
    starts = [0, *cuts]
    parts = [
        images(part, (7, 9, 2), first=at, **EVERYTHING) for at, part in zip(starts, np.split(x, cuts), strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert not np.array_equal(whole[0], whole[1])
    whole = sequences(x, 2, noise=0.1, scale=0.2, jitter=3)
    parts = [
        sequences(part, 2, first=at, noise=0.1, scale=0.2, jitter=3)
        for at, part in zip(starts, np.split(x, cuts), strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_float32_is_float64_in_short() -> None:
    x = np.random.default_rng(0).standard_normal((20, 28 * 28))
    short = images(x.astype(np.float32), (28, 28, 1), **EVERYTHING)
    np.testing.assert_allclose(short, images(x, (28, 28, 1), **EVERYTHING), atol=1e-4)


def test_jitter_moves_whole_steps_and_repeats_the_ends() -> None:
    x = np.tile(np.arange(24.0), (MANY, 1))  # 8 steps of 3
    out = sequences(x, 3, jitter=2)
    steps = np.arange(8)
    moves = []
    for row in out:
        (move,) = (
            m for m in range(-2, 3) if np.array_equal(row.reshape(8, 3), x[0].reshape(8, 3)[np.clip(steps - m, 0, 7)])
        )
        moves.append(move)
    assert np.bincount(np.array(moves) + 2) == pytest.approx([MANY / 5] * 5, abs=4 * np.sqrt(MANY * 0.16))
    np.testing.assert_array_equal(sequences(x[:4], 3, jitter=100)[0] % 1, 0.0)  # further than it is long


def test_a_sequence_is_scaled_as_a_whole() -> None:
    x = np.tile(np.linspace(-2.0, 2.0, 12), (MANY, 1))
    out = sequences(x, 1, scale=0.5)
    factor = out[:, 0] / x[:, 0]
    np.testing.assert_allclose(out, factor[:, None] * x, atol=1e-12)
    spread(factor - 1.0, 0.5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(value: float) -> None:
    x = np.ones((3, 36))
    x[1, 14] = value
    for out in (images(x, (6, 6, 1), **EVERYTHING), sequences(x, 6, noise=0.1, scale=0.2, jitter=1)):
        assert np.isfinite(out[[0, 2]]).all()
        assert not np.isfinite(out[1]).all()


@needs_jit
@BOTH
def test_plain_python_gives_the_same(dtype: type) -> None:
    code = (
        "import sys, json, numpy as np; from engine.kernels.test_augment import images, sequences, EVERYTHING; "
        f"x = np.random.default_rng(2).standard_normal((6, 30)).astype(np.{dtype.__name__}); "
        "out = images(x, (5, 3, 2), **EVERYTHING), sequences(x, 3, noise=0.1, scale=0.2, jitter=3); "
        "json.dump([one.astype(float).tolist() for one in out], sys.stdout)"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True)
    plain = [np.array(one) for one in json.loads(done.stdout)]
    x = np.random.default_rng(2).standard_normal((6, 30)).astype(dtype)
    close = {"atol": 2e-5 if dtype == np.float32 else 1e-12}
    np.testing.assert_allclose(plain[0], images(x, (5, 3, 2), **EVERYTHING), **close)
    np.testing.assert_allclose(plain[1], sequences(x, 3, noise=0.1, scale=0.2, jitter=3), **close)


@BOTH
@needs_jit
@pytest.mark.parametrize("shape", [(1000, 1000, 1), (577, 577, 3), (3, 111_111, 3), (1, 1, 1_000_000)])
def test_a_million_values_each_find_their_place(dtype: type, shape: tuple[int, int, int]) -> None:
    original = picture(*shape, dtype)
    moved = warp(original, 1.0, 0.0, 0.0, 1.0, 1.0, -2.0)
    rows, columns = np.minimum(np.arange(shape[0]) + 2, shape[0] - 1), np.maximum(np.arange(shape[1]) - 1, 0)
    np.testing.assert_array_equal(moved, original[rows][:, columns])
