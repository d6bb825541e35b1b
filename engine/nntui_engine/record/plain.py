"""Values as JSON text that every reader takes, and back as the engine's types.

NaN and infinities, which JSON has not, are the strings "NaN", "Infinity" and "-Infinity".
"""

import json
import math
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
LONGEST = 4_000_000  # characters of a text that is read


def to_text(value: object) -> str:
    """JSON."""
    return json.dumps(_plain(msgspec.to_builtins(value, str_keys=True)), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def from_text(text: object, kind: type[T]) -> T:
    """The value again, as ``kind``. Raises ValueError where it is none."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError("no text, or one too long")
    try:
        return msgspec.convert(json.loads(text), kind, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ValueError(str(error)) from None
