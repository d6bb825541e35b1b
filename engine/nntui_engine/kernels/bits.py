"""Floating-point numbers as integers: magnitudes compare alike in both forms, and a NaN is the largest of all.

A test of the bits for NaN or Inf cannot be optimised away. A maximum over integers is vectorised; one over
floating-point numbers that may be NaN is not.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir

from .compiler import intrinsic, types
from .policy import JIT


@intrinsic
def _magnitude_bits(typing_context: Any, value: Any) -> Any:
    whole = types.int32 if value == types.float32 else types.int64
    width = 32 if value == types.float32 else 64

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        integer = ir.IntType(width)
        return builder.and_(builder.bitcast(args[0], integer), ir.Constant(integer, (1 << (width - 1)) - 1))

    return whole(value), generate


@intrinsic
def _from_bits(typing_context: Any, bits: Any) -> Any:
    real = types.float32 if bits == types.int32 else types.float64

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType() if signature.return_type == types.float32 else ir.DoubleType())

    return real(bits), generate


@intrinsic
def _is_finite(typing_context: Any, value: Any) -> Any:
    width, exponent = (32, 0xFF << 23) if value == types.float32 else (64, 0x7FF << 52)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        integer = ir.IntType(width)
        mask = ir.Constant(integer, exponent)
        return builder.icmp_unsigned("!=", builder.and_(builder.bitcast(args[0], integer), mask), mask)

    return types.boolean(value), generate


def _plain_magnitude_bits(value: Any) -> Any:
    return abs(value).view(np.int32 if value.itemsize == 4 else np.int64)


def _plain_from_bits(bits: Any) -> Any:
    return bits.view(np.float32 if bits.itemsize == 4 else np.float64)


# is_finite(value): neither NaN nor Inf. ``math.isfinite`` subtracts the value from itself, and a compiler that may
# reorder sums makes 0 of that.
is_finite: Any = _is_finite if JIT else math.isfinite
# magnitude_bits(value): the bits of |value|; from_bits(bits): the number with these bits
magnitude_bits: Any = _magnitude_bits if JIT else _plain_magnitude_bits
from_bits: Any = _from_bits if JIT else _plain_from_bits
