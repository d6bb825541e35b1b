"""The past of a run in bounded memory.

The newest samples are kept one by one; older ones in buckets of 1, 2, 4, … samples that hold the smallest, average and
largest value, so that a spike never disappears from a plot. When the buckets run out, neighbours are merged in pairs.
The first samples are kept one by one as well: most of what goes wrong does so from the start, and is to be dated.
"""

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .snapshot import Series

Array = NDArray[np.float64]

RECENT = 512  # samples kept one by one (at least)
BUCKETS = 512  # buckets for all that is older (at most)
FIRST = 256  # samples of the very beginning kept one by one; buckets of up to so many end with them


def _shapes(width: int, recent: int, buckets: int) -> tuple[tuple[int, ...], ...]:
    """Of the newest steps and their values, of the buckets' last steps and their (smallest, sum, largest)."""
    return (2 * recent,), (2 * recent, width), (buckets,), (3, buckets, width)


def history_bytes(width: int, recent: int = RECENT, buckets: int = BUCKETS) -> int:
    """Memory that a :class:`History` takes."""
    return sum(math.prod(shape) * np.dtype(float).itemsize for shape in _shapes(width, recent, buckets))


class History:
    """Samples of ``width`` series that share their steps. NaN and Inf are values like any other."""

    def __init__(self, width: int, recent: int = RECENT, buckets: int = BUCKETS) -> None:
        self.width = width
        self._keep = recent
        self._most = buckets
        self._steps, self._values, self._old_steps, self._old = map(np.empty, _shapes(width, recent, buckets))
        self._count = 0
        self._stride = 1
        self._old_count = 0
        self._filled = 0  # samples in the last bucket
        self._first_steps = np.empty(0)  # filled when the first samples go into buckets
        self._first = np.empty((0, width))
        self._folds: list[Array] | None = None  # since they were taken; None where nobody asked for them

    def append(self, steps: Array, values: Array) -> None:
        """Add samples; ``steps`` (m,) increases, ``values`` is (m, width)."""
        start = 0
        while start < len(steps):
            room = len(self._steps) - self._count
            take = min(room, len(steps) - start)
            self._steps[self._count : self._count + take] = steps[start : start + take]
            self._values[self._count : self._count + take] = values[start : start + take]
            self._count += take
            start += take
            if self._count == len(self._steps):
                self._fold(self._keep)

    def __len__(self) -> int:
        """Points held: buckets and single samples."""
        return self._old_count + self._count

    def dated_series(self, columns: slice | list[int]) -> Series:
        """As :meth:`series`, with the first samples one by one in place of their buckets."""
        later = self.series(columns)
        kept = later.steps > (self._first_steps[-1] if len(self._first_steps) else -1)
        values = self._first[:, columns]
        finite = np.where(np.isfinite(values), values, np.nan)
        return Series(
            np.concatenate([self._first_steps, later.steps[kept]]),
            np.concatenate([finite, later.low[kept]]),
            np.concatenate([values, later.mean[kept]]),
            np.concatenate([finite, later.high[kept]]),
        )

    def series(self, columns: slice | list[int], points: int | None = None) -> Series:
        """A copy of some series, buckets first; with ``points``, merged further to at most that many."""
        old, new = self._old_count, self._count
        sizes = np.concatenate([np.full(old, self._stride, float), np.ones(new)])
        if old:
            sizes[old - 1] = self._filled
        values = self._values[:new, columns]
        finite = np.where(np.isfinite(values), values, np.nan)
        steps = np.concatenate([self._old_steps[:old], self._steps[:new]])
        low = np.concatenate([self._old[0, :old][:, columns], finite])
        total = np.concatenate([self._old[1, :old][:, columns], values])
        high = np.concatenate([self._old[2, :old][:, columns], finite])
        if points is not None and len(steps) > points:
            edges = np.unique(np.linspace(0, len(steps), points + 1).astype(int))[:-1]
            last = np.append(edges[1:], len(steps)) - 1
            steps = steps[last]
            low = np.fmin.reduceat(low, edges)
            with np.errstate(invalid="ignore", over="ignore"):
                total = np.add.reduceat(total, edges)
            high = np.fmax.reduceat(high, edges)
            sizes = np.add.reduceat(sizes, edges)
        with np.errstate(invalid="ignore"):
            mean = total / sizes[:, None]
        return Series(steps, low, mean, high)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(part.nbytes for part in (self._steps, self._values, self._old_steps, self._old, self._first))

    def copy(self) -> "History":
        """An independent copy."""
        return copy.deepcopy(self)

    def state(self) -> dict[str, Array]:
        """All that it holds, as tables whose first column is the step: "recent" (m, 1 + width) and "first", and
        "old" (b, 1 + 3·width): the smallest, the sum and the largest of each bucket; "sizes" (1, 2): samples in a
        bucket and in the last one."""
        old, new = self._old_count, self._count
        return {
            "recent": np.column_stack([self._steps[:new], self._values[:new]]),
            "first": np.column_stack([self._first_steps, self._first]),
            "old": np.column_stack([self._old_steps[:old], *self._old[:, :old]]),
            "sizes": np.array([[self._stride, self._filled]], float),
        }

    def pieces(self) -> list[tuple[int, Array]]:
        """All that it holds as samples (m, 1 + width), oldest first, each with how many samples have become three in
        it: 1 where they stand one by one. The three are the smallest, the mean and the largest, at about the last
        three of their steps."""
        old, new = self._old_count, self._count
        sizes = np.full(old, self._stride)
        sizes[old - 1 :] = self._filled
        kept = self._old_steps[:old] > (self._first_steps[-1] if len(self._first_steps) else -1.0)
        found = [(1, np.column_stack([self._first_steps, self._first]))]
        low, total, high = self._old[:, :old][:, kept]
        steps, sizes = self._old_steps[:old][kept], sizes[kept]
        if self._stride == 1:
            found.append((1, np.column_stack([steps, total])))
        elif len(steps):
            before = self._first_steps[-1] if len(self._first_steps) else 0.0
            found += _threes(before, steps, sizes, low, total, high)
        return [*found, (1, np.column_stack([self._steps[:new], self._values[:new]]))]

    def restore(self, state: Mapping[str, Array]) -> None:
        """Become what :meth:`state` was taken of, in its shapes. Raises ValueError where it does not fit."""
        recent, first, old = (state[name] for name in ("recent", "first", "old"))
        self._folds = None  # those until then are not known
        self._stride, self._filled = (int(size) for size in state["sizes"].reshape(2))
        self._count, self._old_count = len(recent), len(old)
        if self._count >= len(self._steps) or self._old_count > self._most or not 0 <= self._filled <= self._stride:
            raise ValueError("a history that does not fit")
        self._steps[: self._count], self._values[: self._count] = recent[:, 0], recent[:, 1:]
        self._first_steps, self._first = first[:, 0].copy(), first[:, 1:].reshape(len(first), self.width).copy()
        self._old_steps[: self._old_count] = old[:, 0]
        self._old[:, : self._old_count] = old[:, 1:].reshape(self._old_count, 3, self.width).transpose(1, 0, 2)

    # -- folds: how its older samples became buckets, to come there again without them ---------------------------------

    @property
    def notes_folds(self) -> bool:
        """Whether :meth:`folds` has all that was folded since its beginning."""
        return self._folds is not None

    def note_folds(self) -> None:
        """From here on :meth:`folds` can be taken, if nothing was folded yet. The numbers of samples that it keeps must
        be powers of two."""
        if self._folds is None and not self._old_count:
            self._folds = []

    def folds(self) -> Array:
        """What was folded since the last call (k, 2 + 3·width), as long as it is noted: of some samples the last step,
        how many they were, and the smallest, the sum and the largest of each column."""
        taken, self._folds = self._folds or [], [] if self._folds is not None else None
        return np.concatenate([np.empty((0, 2 + 3 * self.width)), *taken])

    def _note_fold(self, count: int) -> None:
        full = self._old_count == self._most and self._filled == self._stride
        size = min(2 * self._stride if full else self._stride, count)
        steps, *columns = _reduced(self._steps[:count], self._values[:count], count // size)
        assert self._folds is not None
        self._folds.append(np.column_stack([steps, np.full(len(steps), float(size)), *columns]))

    def whole_folds(self, folds: Array) -> Array:
        """Of all folds (k, 2 + 3·width) whose samples one has until a step, those that were folded by that step for
        certain (j, 2 + 3·width)."""
        samples = np.cumsum(folds[:, 1])
        last = samples[-1] // self._keep - 1 if len(samples) else 0
        return folds[samples <= last * self._keep]

    def fold_again(self, folds: Array) -> None:
        """Of an empty one, become what it was after the first of its :meth:`folds` (k, 2 + 3·width). Raises ValueError
        for no such."""
        if len(folds) and not (folds[: min(FIRST, self._keep), 1] == 1.0).all():
            raise ValueError("folds that do not begin with its first samples")
        if not ((folds[:, 1] >= 1.0) & (folds[:, 1] <= self._keep)).all():
            raise ValueError("folds of no size")
        first = folds[: min(FIRST, self._keep)]
        self._first_steps, self._first = first[:, 0].copy(), first[:, 2 + self.width : 2 + 2 * self.width].copy()
        for some in np.split(folds, np.flatnonzero(np.diff(folds[:, 1])) + 1) if len(folds) else ():
            columns = some[:, 2:].reshape(len(some), 3, self.width).transpose(1, 0, 2)
            self._add_folds(some[:, 0], int(some[0, 1]), columns)

    @property
    def folded_step(self) -> float:
        """The last step of what was folded; −1 if nothing was."""
        return float(self._old_steps[self._old_count - 1]) if self._old_count else -1.0

    def _add_folds(self, steps: Array, size: int, columns: Array) -> None:
        """``columns`` (3, k, width) of so many samples each."""
        start = 0
        while start < len(steps):
            goes_on = bool(self._old_count) and self._filled < self._stride
            if not goes_on and self._old_count == self._most:
                self._merge_pairs()
                continue
            if size != self._stride and not (size == self._keep < self._stride):
                raise ValueError("folds of other sizes")
            whole = min(len(steps) - start, self._most - self._old_count) if size == self._stride else 1
            at = self._old_count - 1 if goes_on else self._old_count
            if not goes_on:
                self._begin_buckets(whole)
            self._fill_buckets(at, whole, size, steps[start : start + whole], columns[:, start : start + whole])
            start += whole

    @property
    def thinned(self) -> bool:
        """Whether it holds several samples as one."""
        return self._stride > 1

    def last(self) -> Array | None:
        """The newest sample (width,), or None."""
        return self._values[self._count - 1].copy() if self._count else None

    @property
    def last_step(self) -> float:
        """The step of the newest sample; −1 without one."""
        return float(self._steps[self._count - 1]) if self._count else -1.0

    def _fold(self, count: int) -> None:
        """Move the oldest ``count`` samples into buckets."""
        if not self._old_count:
            first = slice(0, min(FIRST, count))
            self._first_steps, self._first = self._steps[first].copy(), self._values[first].copy()
        if self._folds is not None:
            self._note_fold(count)
        start = 0
        while start < count:
            start += self._fold_some(self._steps[start:count], self._values[start:count])
        self._steps[: self._count - count] = self._steps[count : self._count].copy()
        self._values[: self._count - count] = self._values[count : self._count].copy()
        self._count -= count

    def _fold_some(self, steps: Array, values: Array) -> int:
        """Fold as many of these samples as go in one piece; returns how many."""
        if self._old_count and self._filled < self._stride:  # go on filling the last bucket
            take, whole = min(self._stride - self._filled, len(steps)), 1
            at = self._old_count - 1
        elif self._old_count == self._most:
            self._merge_pairs()
            return 0
        else:
            whole = min(len(steps) // self._stride, self._most - self._old_count)
            take, whole = (whole * self._stride, whole) if whole else (len(steps), 1)
            at = self._old_count
            self._begin_buckets(whole)
        last, *columns = _reduced(steps[:take], values[:take], whole)
        self._fill_buckets(at, whole, take // whole, last, columns)
        return take

    def _begin_buckets(self, count: int) -> None:
        into = slice(self._old_count, self._old_count + count)
        self._old[0, into] = np.nan
        self._old[1, into] = -0.0  # to which any number is added to the bit
        self._old[2, into] = np.nan
        self._old_count, self._filled = self._old_count + count, 0

    def _fill_buckets(self, at: int, count: int, size: int, steps: Array, columns: Sequence[Array] | Array) -> None:
        """``size`` more samples for each of ``count`` buckets: their last steps (count,), and the smallest, the sum and
        the largest of each column (3, count, width)."""
        into = slice(at, at + count)
        low, total, high = columns
        self._old_steps[into] = steps
        self._old[0, into] = np.fmin(self._old[0, into], low)
        self._old[2, into] = np.fmax(self._old[2, into], high)
        with np.errstate(invalid="ignore", over="ignore"):
            self._old[1, into] += total
        self._filled += size

    def _merge_pairs(self) -> None:
        """Twice the stride, half the buckets (their number is even)."""
        half = self._old_count // 2
        self._old_steps[:half] = self._old_steps[1 : 2 * half : 2].copy()
        low, total, high = (part[: 2 * half].copy() for part in self._old)
        self._old[0, :half] = np.fmin(low[::2], low[1::2])
        with np.errstate(invalid="ignore", over="ignore"):
            self._old[1, :half] = total[::2] + total[1::2]
        self._old[2, :half] = np.fmax(high[::2], high[1::2])
        self._old_count = half
        self._stride *= 2
        self._filled = self._stride


def _reduced(steps: Array, values: Array, count: int) -> tuple[Array, Array, Array, Array]:
    """Samples in ``count`` pieces of one size: of each the last step (count,), and the smallest, the sum and the
    largest of each column (count, width)."""
    size = len(steps) // count
    block = values.reshape(count, size, -1)
    finite = np.where(np.isfinite(block), block, np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        total = block.sum(axis=1)
    return steps[size - 1 :: size], np.fmin.reduce(finite, axis=1), total, np.fmax.reduce(finite, axis=1)


def _threes(
    before: float, steps: Array, sizes: NDArray[np.int64], low: Array, total: Array, high: Array
) -> list[tuple[int, Array]]:
    """Buckets as three rows each, by how many samples they hold; small ones together. ``before``: the last step before
    the first of them."""
    if sizes[0] < 4:
        begun = (np.cumsum(sizes) - sizes) // 4
        starts = np.flatnonzero(np.diff(begun, prepend=-1) > 0)
        if len(starts) > 1 and sizes[starts[-1] :].sum() < 4:
            starts = starts[:-1]
        steps = steps[np.append(starts[1:], len(steps)) - 1]
        low, high = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduceat(total, starts)
        sizes = np.add.reduceat(sizes, starts)
    gaps = np.maximum(1.0, np.diff(steps, prepend=before) // sizes)
    with np.errstate(invalid="ignore"):
        rows = np.stack([low, total / sizes[:, None], high], axis=1)  # (buckets, 3, width)
    at = steps[:, None] - gaps[:, None] * np.array([2.0, 1.0, 0.0])
    tables = np.concatenate([at[:, :, None], rows], axis=2)
    parts = np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(sizes)) + 1)
    return [(int(sizes[part[0]]), tables[part].reshape(3 * len(part), -1)) for part in parts]
