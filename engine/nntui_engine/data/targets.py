"""Targets: which task they make, which class each row has, and how they are coded for the output layer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, allowed_names
from .dataset import Array, Task
from .raw import RawData

MAX_CLASSES = 1000
_MOST_GUESSED_CLASSES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of all rows, read for ``task``.

    For classes (binary included) ``index`` (rows,) is the class number, ``classes`` the names and ``class_values``
    the numbers the classes had in the data, or None if they were text. Otherwise ``values`` (rows, targets) are
    the numbers themselves.
    """

    task: Task
    classes: tuple[str, ...]
    index: NDArray[np.int64] | None
    class_values: Array | None
    values: Array | None


def read_targets(raw: RawData, asked: str, where: str) -> Targets:
    """Read the targets of ``raw`` for task ``asked`` ("auto" guesses).

    Auto: text is classes. Several columns of 0 and 1 are classes if every row has exactly one 1 in three or more
    columns, else labels. One column is binary if it holds two values that are 0 and 1, −1 and 1, or whole numbers;
    classes if it holds at most 20 different whole numbers, five rows for each; everything else is regression.

    Targets of one class only are read as well: there is nothing to tell apart, which the diagnosis says.

    Raises InputError for a task the targets cannot serve.
    """
    task = asked if asked != "auto" else raw.task or _guess(raw)
    if task == "regression":
        if raw.classes and raw.task is None:
            raise InputError(f'{where}: data.task = "regression": the target is text: {_some(raw.classes)}')
        return Targets("regression", (), None, None, raw.y)
    if task == "multilabel":
        return _labels(raw, where)
    if raw.y.shape[1] > 1:
        if not _is_one_hot(raw.y):
            raise InputError(
                f'{where}: data.task = "{task}": {raw.y.shape[1]} target columns; allowed: one column, or one column '
                "a class with exactly one 1 in every row"
            )
        index, names, values = raw.y.argmax(axis=1).astype(np.int64), raw.targets, None
    elif raw.classes:
        index, names = raw.y[:, 0].astype(np.int64), raw.classes
        values = np.arange(len(names), dtype=np.float64) if raw.task is not None else None
    else:
        values, index = np.unique(raw.y[:, 0], return_inverse=True)
        check_classes(len(values), where)  # before every number gets a name
        names = tuple(f"{value:.12g}" for value in values)
    check_classes(len(names), where)
    if task == "binary" and len(names) > 2:
        raise InputError(f'{where}: data.task = "binary": the target has {len(names)} classes; binary takes 2')
    return Targets("binary" if task == "binary" else "classes", names, index, values, None)


def keep_classes(targets: Targets, kept: Sequence[str], asked: str, where: str) -> tuple[Targets, NDArray[np.bool_]]:
    """(targets of the rows whose class is one of ``kept``, which rows these are (rows,)). ``asked`` is the task.

    The classes keep their order and are numbered anew; "auto" makes two of them a binary task.

    Raises InputError for a class that is not there, or named twice, and for targets that are no classes.
    """
    shown = f"{where}: data.keep_classes = {json.dumps(list(kept), ensure_ascii=False)}"
    if targets.index is None:
        raise InputError(f"{shown}: goes with classes, not with {targets.task}")
    for number, name in enumerate(kept):
        if name not in targets.classes:
            raise InputError(
                f'{where}: data.keep_classes: no class "{name}"; {allowed_names(name, list(targets.classes))}'
            )
        if name in kept[:number]:
            raise InputError(f'{shown}: "{name}" is named twice')
    if asked == "binary" and len(kept) != 2:
        raise InputError(f'{shown}: {len(kept)} classes; data.task = "binary" takes 2')
    numbers = np.array([number for number, name in enumerate(targets.classes) if name in kept], dtype=np.int64)
    rows = np.isin(targets.index, numbers)
    for number in numbers:
        if not (targets.index == number).any():
            raise InputError(f'{shown}: no row has class "{targets.classes[number]}"')
    return Targets(
        "binary" if asked == "binary" or (asked == "auto" and len(kept) == 2) else "classes",
        tuple(targets.classes[number] for number in numbers),
        np.searchsorted(numbers, targets.index[rows]).astype(np.int64),
        None if targets.class_values is None else targets.class_values[numbers],
        None,
    ), rows


def check_classes(count: int, where: str) -> None:
    """Raise InputError for more classes than a network is made for."""
    if count > MAX_CLASSES:
        raise InputError(f"{where}: {count} different target values; a class target has at most {MAX_CLASSES}")


def _labels(raw: RawData, where: str) -> Targets:
    if raw.classes or not (_all_in(raw.y, 0.0, 1.0) or _all_in(raw.y, -1.0, 1.0)):
        raise InputError(f'{where}: data.task = "multilabel": every target column must hold 0 and 1 (or −1 and 1) only')
    return Targets("multilabel", raw.targets, None, None, raw.y)


def _guess(raw: RawData) -> Task:
    if raw.classes:
        return "binary" if len(raw.classes) <= 2 else "classes"
    y = raw.y
    if y.shape[1] > 1:
        if _is_one_hot(y) and y.shape[1] >= 3:
            return "classes"
        return "multilabel" if _all_in(y, 0.0, 1.0) else "regression"
    values = np.unique(y)
    if not np.array_equal(values, np.round(values)):
        return "regression"
    if len(values) <= 2:
        return "binary"
    return "classes" if len(values) <= _MOST_GUESSED_CLASSES and len(y) >= 5 * len(values) else "regression"


def _is_one_hot(y: Array) -> bool:
    return _all_in(y, 0.0, 1.0) and bool((y.sum(axis=1) == 1.0).all())


def _all_in(y: Array, low: float, high: float) -> bool:
    return bool(((y == low) | (y == high)).all())


def flip_labels(targets: Targets, rows: NDArray[np.int64], share: float, generator: np.random.Generator) -> Targets:
    """``targets`` with a ``share`` of ``rows`` (chosen,) moved to another class, drawn evenly among the others."""
    chosen = generator.permutation(rows)[: round(share * len(rows))]
    if targets.index is not None:
        index = targets.index.copy()
        count = len(targets.classes)
        index[chosen] = (index[chosen] + generator.integers(1, count, len(chosen))) % count
        return Targets(targets.task, targets.classes, index, targets.class_values, None)
    assert targets.values is not None
    values = targets.values.copy()
    low, high = (-1.0, 1.0) if (values == -1.0).any() else (0.0, 1.0)
    column = generator.integers(0, values.shape[1], len(chosen))
    values[chosen, column] = low + high - values[chosen, column]
    return Targets(targets.task, targets.classes, None, None, values)


def code(targets: Targets, coding: str, where: str) -> Array:
    """The targets as an output layer sees them, (rows, outputs) float64.

    label: the class number · one_hot: 1 in the class's column, else 0 · plus_minus: −1 and 1 in place of 0 and 1 ·
    as_is: the numbers of the data.

    Raises InputError if the task has no such coding.
    """
    if targets.index is None:
        assert targets.values is not None
        if coding == "as_is":
            return np.ascontiguousarray(targets.values)
        if coding == "plus_minus" and targets.task == "multilabel":
            return np.where(targets.values > 0.0, 1.0, -1.0)
        allowed = "as_is, plus_minus" if targets.task == "multilabel" else "as_is"
        raise InputError(
            f'{where}: data.target_coding = "{coding}" does not go with {targets.task}; allowed: auto, {allowed}'
        )
    if coding == "as_is":
        if targets.class_values is None:
            raise InputError(
                f'{where}: data.target_coding = "as_is": the target is not one column of numbers; allowed: '
                "auto, label, one_hot, plus_minus"
            )
        return np.ascontiguousarray(targets.class_values[targets.index][:, None])
    if coding == "label":
        return targets.index[:, None].astype(np.float64)
    if coding == "plus_minus" and targets.task == "binary":
        return (2.0 * targets.index.astype(np.float64) - 1.0)[:, None]
    one_hot: Array = np.zeros((len(targets.index), len(targets.classes)))
    one_hot[np.arange(len(targets.index)), targets.index] = 1.0
    return 2.0 * one_hot - 1.0 if coding == "plus_minus" else one_hot


def _some(names: tuple[str, ...]) -> str:
    quoted = [f'"{name}"' for name in names[:3]]
    return ", ".join(quoted) + (", …" if len(names) > 3 else "")
