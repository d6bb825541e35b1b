"""From a lane's data settings to the arrays it trains on: read, split, add label noise, preprocess, code."""

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import expanded, problem_with
from .csv_files import read_csv
from .dataset import Array, LaneData, Task
from .idx_files import idx_raw_data, read_idx
from .npz_files import read_npz
from .preprocess import MOST_WHITENED, MOST_WHITENED_COLUMNS, Fit, fit
from .raw import RawData
from .sets import DATASETS, rows_of
from .split import fewer_rows, fold_rows, split_rows
from .targets import Targets, code, flip_labels, keep_classes, read_targets

_LABEL_NOISE_STREAM = 3
_TEST_SHIFT_STREAM = 6
_KEPT = 12
_LARGEST_KEPT = 10**9  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """What rows a lane trains on and what is done to them, as the keys of a scenario's [data] say.

    Either ``name`` is a data set, with those of its ``parameters`` that are not left at their defaults, or ``path`` a
    file. ``preprocess`` is a kind that :func:`fit` knows, ``divisor`` its number where inputs are divided. ``shape``
    is what a row is, where that is not what the data set or the file says.
    """

    name: str | None = None
    parameters: Mapping[str, float]
    path: str | None = None
    labels: str | None = None
    test_path: str | None = None
    test_labels: str | None = None
    shape: tuple[int, ...] | None = None
    target: str | list[str]
    task: str
    label_noise: float
    keep_classes: Sequence[str] = ()
    test_fraction: float
    test_shift: int
    train_rows: int | None = None
    split: str
    folds: int
    fold: int
    preprocess: str
    divisor: float
    target_scale: str


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One lane's rows with one seed: preprocessed inputs of both parts, and the targets before coding.

    ``train`` and ``validation`` are row numbers into ``targets``; ``shape`` is that of a row.
    """

    key: str
    features: tuple[str, ...]
    x_train: Array
    x_validation: Array
    targets: Targets
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    shape: tuple[int, ...]
    fitted: Fit

    @property
    def task(self) -> Task:
        """What the targets are: "regression", "binary", "classes" or "multilabel"."""
        return self.targets.task


_splits: OrderedDict[str, Split] = OrderedDict()
_lanes: OrderedDict[str, LaneData] = OrderedDict()


def load_split(settings: DataSettings, seed: int, where: str) -> Split:
    """Read, split and preprocess what ``settings`` ask for; the newest few results are kept.

    Raises InputError for files that cannot be used, and for tasks, splits and noise that the data cannot serve.
    """
    asked = _key(settings, settings.task, seed, where)
    if asked in _splits:
        _splits.move_to_end(asked)
        return _splits[asked]
    raw = _read(settings, seed, where)
    shape = _shape(settings.shape, raw, where)
    place = where if settings.path is None else f"{where}: {settings.path}"
    kept = settings.keep_classes
    targets = read_targets(raw, settings.task if not kept or settings.task != "binary" else "classes", place)
    if kept:
        targets, rows_kept = keep_classes(targets, kept, settings.task, where)
        held_out = int(rows_kept[len(raw.x) - raw.validation_rows :].sum())
        raw = replace(raw, x=raw.x[rows_kept], y=raw.y[rows_kept], validation_rows=held_out)
    key = _key(settings, targets.task, seed, where)  # the same rows, whether the task was said or guessed
    if key in _splits:
        split = _splits[key]
        _keep(_splits, asked, split)
        return split
    if settings.folds:
        train, validation = fold_rows(len(raw.x), targets.index, settings.folds, settings.fold, seed, where)
    else:
        train, validation = split_rows(
            len(raw.x), targets.index, settings.test_fraction, settings.split, raw.validation_rows, seed, where
        )
    if settings.train_rows is not None:
        train = fewer_rows(train, targets.index, settings.train_rows, seed, where)
    if settings.label_noise > 0.0:
        if targets.task == "regression":
            raise InputError(
                f"{where}: data.label_noise = {settings.label_noise:g}: goes with classes, not with regression"
            )
        if len(targets.classes) < 2:
            raise InputError(
                f"{where}: data.label_noise = {settings.label_noise:g}: moves rows to another class, but all are of "
                f'one, "{targets.classes[0]}"'
            )
        targets = flip_labels(
            targets,
            train,
            settings.label_noise,
            np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _LABEL_NOISE_STREAM]))),
        )
    if settings.target_scale != "none" and targets.task != "regression":
        raise InputError(
            f'{where}: data.target_scale = "{settings.target_scale}": goes with regression, not with {targets.task}'
        )
    x_train, x_validation = (raw.x[rows].astype(np.float64) for rows in (train, validation))
    if settings.test_shift:
        x_validation = _shifted(x_validation, shape, settings.test_shift, seed, where)
    kind = settings.preprocess
    rows, columns = x_train.shape
    if kind == "whiten" and (columns > MOST_WHITENED_COLUMNS or min(rows, columns) > MOST_WHITENED):
        raise InputError(
            f'{where}: data.preprocess = "whiten": {rows} training rows of {columns} columns; at most {MOST_WHITENED} '
            f"columns can be whitened, {MOST_WHITENED_COLUMNS} with at most {MOST_WHITENED} rows"
        )
    fitted = fit(kind, x_train, settings.divisor)
    x_train, x_validation = fitted.apply(x_train), fitted.apply(x_validation)
    split = Split(key, raw.features, x_train, x_validation, targets, train, validation, shape, fitted)
    _keep(_splits, asked, split)
    _keep(_splits, key, split)
    return split


def lane_data(split: Split, coding: str, target_scale: str, where: str) -> LaneData:
    """``split`` with its targets coded; the part of ``key`` before "/" names the split alone.

    ``target_scale`` is fitted on the training targets; a constant target is centred and not divided.

    Raises InputError if the task has no such coding.
    """
    key = f"{split.key}/{coding}"
    if key in _lanes:
        _lanes.move_to_end(key)
        return _lanes[key]
    coded = code(split.targets, coding, where)
    t_train, t_validation = coded[split.train], coded[split.validation]
    if target_scale != "none":
        fitted = fit(target_scale, t_train)
        t_train, t_validation = fitted.apply(t_train), fitted.apply(t_validation)
    data = LaneData(
        key,
        split.task,
        split.features,
        split.targets.classes,
        split.x_train,
        np.ascontiguousarray(t_train),
        split.x_validation,
        np.ascontiguousarray(t_validation),
        split.shape,
        split.fitted.undo,
    )
    _keep(_lanes, key, data)
    return data


def _shape(asked: tuple[int, ...] | None, raw: RawData, where: str) -> tuple[int, ...]:
    """The shape of a row: the one ``asked`` for, else the data's own, else a list of its columns."""
    columns = raw.x.shape[1]
    if asked is not None and math.prod(asked) != columns:
        raise InputError(
            f"{where}: data.shape = {list(asked)}: {' × '.join(map(str, asked))} is {math.prod(asked)}, "
            f"but a row has {columns} {'column' if columns == 1 else 'columns'}"
        )
    return asked or raw.shape or (columns,)


def _shifted(x: Array, shape: tuple[int, ...], most: int, seed: int, where: str) -> Array:
    """Images ``x`` (rows, height·width·channels), each moved by up to ``most`` whole pixels down and to the right."""
    if len(shape) != 3:
        raise InputError(
            f"{where}: data.test_shift = {most}: goes with images, which are [height, width, channels]; the rows have "
            f"shape {list(shape)}"
        )
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _TEST_SHIFT_STREAM])))
    images = x.reshape(len(x), *shape)
    for axis in (1, 2):
        move = generator.integers(-most, most + 1, (len(x), 1))
        place = np.clip(np.arange(shape[axis - 1]) - move, 0, shape[axis - 1] - 1)
        images = np.take_along_axis(images, place[:, :, None, None] if axis == 1 else place[:, None, :, None], axis)
    return np.ascontiguousarray(images.reshape(len(x), -1))


def _keep(cache: OrderedDict[str, Any], key: str, value: object) -> None:
    cache[key] = value
    while len(cache) > _KEPT or (len(cache) > 1 and sum(map(_bytes_of, cache.values())) > _LARGEST_KEPT):
        cache.popitem(last=False)


def _bytes_of(kept: Any) -> int:
    return int(kept.x_train.nbytes + kept.x_validation.nbytes)


def _key(settings: DataSettings, task: str, seed: int, where: str) -> str:
    """Equal for equal rows: the settings, the data set's parameters, the seed, the files' state."""
    plain = asdict(settings) | {"task": task}
    if settings.name is not None:
        own = DATASETS[settings.name].parameters
        plain |= {
            "target": None,
            "parameters": {p.name: float(settings.parameters.get(p.name, p.default)) for p in own},
        }
    stamps = []
    for name in ("path", "labels", "test_path", "test_labels"):
        if isinstance(plain.get(name), str):
            state = _existing(plain[name], f"data.{name}", where).stat()
            stamps.append((state.st_size, state.st_mtime_ns))
    text = json.dumps([plain, seed, stamps], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _existing(name: str, key: str, where: str) -> Path:
    """The file called ``name``, there and readable."""
    path = expanded(name)
    problem = problem_with(path)
    if problem is not None:
        raise InputError(f"{where}: {key}: {path}: {problem}{'; name a file' if problem == 'is a folder' else ''}")
    return path


def _read(settings: DataSettings, seed: int, where: str) -> RawData:
    if settings.name is not None:
        return rows_of(settings.name, settings.parameters, seed, where)
    assert settings.path is not None
    path = expanded(settings.path)
    test = expanded(settings.test_path) if settings.test_path is not None else None
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return read_csv(path, settings.target, settings.task, test, where)
    if suffix == ".npz":
        return read_npz(path, test, where)
    labels = expanded(settings.labels) if settings.labels is not None else None
    x, y = read_idx(path, labels, where)
    if test is None:
        return idx_raw_data(x, y, 0, where)
    test_labels = expanded(settings.test_labels) if settings.test_labels is not None else None
    x_test, y_test = read_idx(test, test_labels, where)
    pixels, test_pixels = math.prod(x.shape[1:]), math.prod(x_test.shape[1:])
    if pixels != test_pixels:
        raise InputError(f"{where}: {test}: {test_pixels} pixels an image, but {path} has {pixels}")
    x_test = x_test.reshape(len(x_test), *x.shape[1:])
    return idx_raw_data(np.concatenate([x, x_test]), np.concatenate([y, y_test]), len(x_test), where)
