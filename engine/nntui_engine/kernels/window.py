"""What pooling does with one window of a picture, for up to sixteen channels side by side.

A window is n0 lines, step0 entries apart, of n1 columns, step1 apart; channels stand side by side.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from .compiler import cgutils, intrinsic, types
from .policy import JIT
from .vectors import LANES, Emitter


class _Window(Emitter):
    """The code of a loop over a window."""

    def each(self, do: Callable[[Any], None]) -> None:
        """``do(offset)`` for every entry in turn."""
        b, w = self.builder, self.word
        with cgutils.for_range(b, w["n0"]) as outer, cgutils.for_range(b, w["n1"]) as inner:
            line = b.add(w["x_at"], b.mul(outer.index, w["step0"]))
            do(b.add(line, b.mul(inner.index, w["step1"])))

    def at(self, name: str, at: Any) -> Any:
        return self.vector_at(self.place(name, at), 0)

    def maximum(self) -> None:
        b = self.builder
        (mask,) = self.masks(1)
        best = cgutils.alloca_once_value(b, self.load(self.at("x", self.word["x_at"]), mask))

        def look(offset: Any) -> None:
            value, before = self.load(self.at("x", offset), mask), b.load(best)
            larger = b.or_(b.fcmp_ordered(">", value, before), b.fcmp_unordered("uno", value, value))
            b.store(b.select(larger, value, before), best)

        self.each(look)
        self.store(b.load(best), self.at("z", self.word["z_at"]), mask)

    def to_largest(self) -> None:
        b = self.builder
        (mask,) = self.masks(1)
        delta, z = (self.load(self.at(name, self.word["z_at"]), mask) for name in ("delta", "z"))
        zero, missing = ir.Constant(self.vector, [0.0] * LANES), cgutils.alloca_once_value(b, mask)
        add = b.icmp_signed("!=", self.word["add"], self.whole(0))

        def give(offset: Any) -> None:
            value, place, before = self.load(self.at("x", offset), mask), self.at("dx", offset), b.load(missing)
            found = b.or_(b.fcmp_ordered("==", value, z), b.fcmp_unordered("uno", value, value))
            share = b.select(b.and_(found, before), delta, zero)
            b.store(b.and_(before, b.not_(found)), missing)
            with b.if_else(add) as (kept, fresh):
                with kept:
                    self.store(b.fadd(self.load(place, mask), share), place, mask)
                with fresh:
                    self.store(share, place, mask)

        self.each(give)

    def mean(self) -> None:
        b = self.builder
        (mask,) = self.masks(1)
        total = cgutils.alloca_once_value(b, ir.Constant(self.vector, [0.0] * LANES))
        self.each(lambda offset: b.store(b.fadd(b.load(total), self.load(self.at("x", offset), mask)), total))
        self.store(b.fdiv(b.load(total), self.count()), self.at("z", self.word["z_at"]), mask)

    def to_all(self) -> None:
        b = self.builder
        (mask,) = self.masks(1)
        share = b.fdiv(self.load(self.at("delta", self.word["delta_at"]), mask), self.count())

        def give(offset: Any) -> None:
            place = self.at("dx", offset)
            self.store(b.fadd(self.load(place, mask), share), place, mask)

        self.each(give)

    def count(self) -> Any:
        """How many entries the window has, in every lane."""
        b, w = self.builder, self.word
        return self.spread(b.sitofp(b.mul(w["n0"], w["n1"]), self.scalar), self.vector)


_whole = types.intp


@intrinsic
def _window_maximum(
    typing_context: Any, x: Any, x_at: Any, n0: Any, step0: Any, n1: Any, step1: Any, lanes: Any, z: Any, z_at: Any
) -> Any:
    names = ("x", "x_at", "n0", "step0", "n1", "step1", "lanes", "z", "z_at")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _Window(context, builder, signature, args, names).maximum()
        return context.get_dummy_value()

    return types.void(x, _whole, _whole, _whole, _whole, _whole, _whole, z, _whole), generate


@intrinsic
def _window_mean(
    typing_context: Any, x: Any, x_at: Any, n0: Any, step0: Any, n1: Any, step1: Any, lanes: Any, z: Any, z_at: Any
) -> Any:
    names = ("x", "x_at", "n0", "step0", "n1", "step1", "lanes", "z", "z_at")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _Window(context, builder, signature, args, names).mean()
        return context.get_dummy_value()

    return types.void(x, _whole, _whole, _whole, _whole, _whole, _whole, z, _whole), generate


@intrinsic
def _window_to_largest(
    typing_context: Any, x: Any, x_at: Any, n0: Any, step0: Any, n1: Any, step1: Any, lanes: Any, z: Any,
    z_at: Any, delta: Any, add: Any, dx: Any,
) -> Any:  # fmt: skip
    names = ("x", "x_at", "n0", "step0", "n1", "step1", "lanes", "z", "z_at", "delta", "add", "dx")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _Window(context, builder, signature, args, names).to_largest()
        return context.get_dummy_value()

    return types.void(x, _whole, _whole, _whole, _whole, _whole, _whole, z, _whole, delta, _whole, dx), generate


@intrinsic
def _window_to_all(
    typing_context: Any, dx: Any, x_at: Any, n0: Any, step0: Any, n1: Any, step1: Any, lanes: Any, delta: Any,
    delta_at: Any,
) -> Any:  # fmt: skip
    names = ("dx", "x_at", "n0", "step0", "n1", "step1", "lanes", "delta", "delta_at")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _Window(context, builder, signature, args, names).to_all()
        return context.get_dummy_value()

    return types.void(dx, _whole, _whole, _whole, _whole, _whole, _whole, delta, _whole), generate


def _entries(x: Any, x_at: int, n0: int, step0: int, n1: int, step1: int, lanes: int) -> Any:
    """The places of a window's entries, (n0·n1, channels)."""
    i, j, f = np.ix_(np.arange(n0), np.arange(n1), np.arange(min(lanes, LANES)))
    return (x_at + i * step0 + j * step1 + f).reshape(n0 * n1, -1)


def _largest(seen: Any) -> Any:
    return np.where(np.isnan(seen).any(axis=0), np.isnan(seen).argmax(axis=0), seen.argmax(axis=0))


def _plain_maximum(x: Any, x_at: int, n0: int, step0: int, n1: int, step1: int, lanes: int, z: Any, z_at: int) -> None:
    seen = x.reshape(-1)[_entries(x, x_at, n0, step0, n1, step1, lanes)]
    z.reshape(-1)[z_at : z_at + seen.shape[1]] = np.take_along_axis(seen, _largest(seen)[None], 0)[0]


def _plain_mean(x: Any, x_at: int, n0: int, step0: int, n1: int, step1: int, lanes: int, z: Any, z_at: int) -> None:
    seen = x.reshape(-1)[_entries(x, x_at, n0, step0, n1, step1, lanes)]
    z.reshape(-1)[z_at : z_at + seen.shape[1]] = seen.sum(axis=0) / x.dtype.type(n0 * n1)


def _plain_to_largest(
    x: Any, x_at: int, n0: int, step0: int, n1: int, step1: int, lanes: int, z: Any, z_at: int, delta: Any, add: int,
    dx: Any,
) -> None:  # fmt: skip
    places = _entries(x, x_at, n0, step0, n1, step1, lanes)
    seen, out = x.reshape(-1)[places], dx.reshape(-1)
    to = np.take_along_axis(places, _largest(seen)[None], 0)[0]
    if not add:
        out[places] = 0
    out[to] += delta.reshape(-1)[z_at : z_at + to.size]


def _plain_to_all(
    dx: Any, x_at: int, n0: int, step0: int, n1: int, step1: int, lanes: int, delta: Any, delta_at: int
) -> None:
    places = _entries(dx, x_at, n0, step0, n1, step1, lanes)
    share = delta.reshape(-1)[delta_at : delta_at + places.shape[1]] / dx.dtype.type(n0 * n1)
    dx.reshape(-1)[places] += share


# Of a window of x that begins at entry x_at, for min(lanes, LANES) channels:
# window_maximum(x, x_at, n0, step0, n1, step1, lanes, z, z_at): the largest (NaN where there is one) to z[z_at …]
# window_mean(the same)
# window_to_largest(…, lanes, z, z_at, delta, add, dx): delta[z_at …] to dx where x is z, its largest, the first among
#     equals; 0 to the others; added to dx with ``add``
# window_to_all(dx, x_at, …, lanes, delta, delta_at): delta / how many they are is added to every entry of dx
window_maximum: Any = _window_maximum if JIT else _plain_maximum
window_mean: Any = _window_mean if JIT else _plain_mean
window_to_largest: Any = _window_to_largest if JIT else _plain_to_largest
window_to_all: Any = _window_to_all if JIT else _plain_to_all
