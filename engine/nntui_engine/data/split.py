"""Which rows train and which are held out for validation."""

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Rows = NDArray[np.int64]
_STREAM = 2
_FEWER_STREAM = 5


def split_rows(
    rows: int, index: Rows | None, fraction: float, how: str, held_out: int, seed: int, where: str
) -> tuple[Rows, Rows]:
    """(training rows, validation rows) as sorted row numbers.

    ``how`` "last" holds out the last rows; "random" draws them by ``seed``, each class (``index`` (rows,), or None)
    in its own share. ``fraction`` of the rows, rounded up, are held out, but never the last training row of all or of
    a class. ``held_out`` > 0 is a validation file of its own: exactly those last rows, whatever ``fraction``.

    Raises InputError if there are too few rows for both parts.
    """
    everything = np.arange(rows, dtype=np.int64)
    if held_out:
        return everything[:-held_out], everything[-held_out:]
    count = math.ceil(fraction * rows - 1e-9)
    if count == 0:
        return everything, everything[:0]
    if count >= rows:
        raise InputError(
            f"{where}: data.test_fraction = {fraction:g}: {rows} {'row is' if rows == 1 else 'rows are'} too few to "
            "hold some out; 0 holds out none"
        )
    if how == "last":
        return everything[:-count], everything[-count:]
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
    shuffled = generator.permutation(rows)
    chosen = shuffled[:count] if index is None else _stratified(shuffled, index, fraction, count)
    mask = np.zeros(rows, dtype=bool)
    mask[chosen] = True
    return everything[~mask], everything[mask]


def fold_rows(rows: int, index: Rows | None, folds: int, fold: int, seed: int, where: str) -> tuple[Rows, Rows]:
    """(training rows, validation rows) of one fold of k-fold cross-validation, as sorted row numbers.

    The rows are shuffled by ``seed`` (each class on its own, so that every fold has its share) and dealt out in turn
    to ``folds`` hands; hand ``fold`` (1 … folds) is held out. The hands are the same for every fold, and together
    hold every row once. Raises InputError if there are more folds than rows.
    """
    if folds > rows:
        raise InputError(f"{where}: data.folds = {folds}: there are only {rows} rows")
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM])))
    order = generator.permutation(rows)
    if index is not None:
        order = order[np.argsort(index[order], kind="stable")]
    hand = np.empty(rows, dtype=np.int64)
    hand[order] = np.arange(rows) % folds
    everything = np.arange(rows, dtype=np.int64)
    return everything[hand != fold - 1], everything[hand == fold - 1]


def fewer_rows(train: Rows, index: Rows | None, count: int, seed: int, where: str) -> Rows:
    """``count`` of the training rows, sorted: with classes (``index`` of all rows, or None) as many of each as there
    are, or all of a class that has fewer. ``seed`` draws them; a smaller ``count`` gives some of the same.

    Raises InputError if there are fewer training rows.
    """
    if count > len(train):
        raise InputError(f"{where}: data.train_rows = {count}: the training set has {len(train)} rows")
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _FEWER_STREAM])))
    order = generator.permutation(train)
    if index is not None:
        label = index[order]
        turn = np.empty(len(order), dtype=np.int64)  # which of its class a row is
        for one in np.unique(label):
            turn[label == one] = np.arange((label == one).sum())
        order = order[np.argsort(turn, kind="stable")]
    return np.sort(order[:count])


def _stratified(shuffled: Rows, index: Rows, fraction: float, count: int) -> Rows:
    """``count`` of the rows in ``shuffled`` order, from each class its share, by largest remainder."""
    sizes = np.bincount(index)
    share = sizes * fraction
    taken = np.minimum(np.floor(share + 1e-9).astype(np.int64), np.maximum(sizes - 1, 0))
    for label in np.argsort(-(share - taken), kind="stable"):
        if taken.sum() >= count:
            break
        if taken[label] < sizes[label] - 1:
            taken[label] += 1
    parts = [shuffled[index[shuffled] == label][: taken[label]] for label in range(len(sizes))]
    return np.concatenate(parts)
