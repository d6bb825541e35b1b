"""Floating-point numbers as integers: magnitudes compare alike in both forms, and a NaN is the largest of all.

A maximum over integers is vectorised; one over floating-point numbers that may be NaN is not.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

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


def _plain_magnitude_bits(value: Any) -> Any:
    return abs(value).view(np.int32 if value.itemsize == 4 else np.int64)


def _plain_from_bits(bits: Any) -> Any:
    return bits.view(np.float32 if bits.itemsize == 4 else np.float64)


# magnitude_bits(value): the bits of |value|; from_bits(bits): the number with these bits
magnitude_bits: Any = _magnitude_bits if JIT else _plain_magnitude_bits
from_bits: Any = _from_bits if JIT else _plain_from_bits
