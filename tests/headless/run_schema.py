"""The contract of ``--format json`` and ``jsonl`` as JSON Schemas."""

from typing import Any

from nntui_engine.statistics import EVALUATION_STATISTICS, LAYER_STATISTICS, WHOLE_STATISTICS

LAYER_NAMES = [row.name for row in LAYER_STATISTICS]
WHOLE_NAMES = [row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)]

VALUE: dict[str, Any] = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
VALUE_OR_NULL: dict[str, Any] = {"anyOf": [*VALUE["anyOf"], {"type": "null"}]}
COUNT = {"type": "integer", "minimum": 0}


def closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with exactly these keys."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


LAYER = closed(
    {
        "index": {"type": "integer", "minimum": 1},
        "name": {"type": "string"},
        "units": {"type": "integer", "minimum": 1},
        "activation": {"type": "string"},
        **dict.fromkeys(LAYER_NAMES, VALUE),
    }
)

FINDING = closed(
    {
        "rule": {"type": "string"},
        "severity": {"enum": ["info", "warning", "critical"]},
        "layers": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "first_step": {"type": ["integer", "null"]},
        "evidence": {"type": "object"},
        "message": {"type": "string"},
        "fixes": {"type": "array", "items": closed({"set": {"type": "object"}, "why": {"type": "string"}})},
    }
)

LANE = closed(
    {
        "name": {"type": "string"},
        "settings": closed({"data": {"type": "object"}, "model": {"type": "object"}, "train": {"type": "object"}}),
        "step": COUNT,
        **dict.fromkeys(WHOLE_NAMES, VALUE_OR_NULL),
        "parameters": COUNT,
        "layers": {"type": "array", "items": LAYER, "minItems": 1},
        "findings": {"type": "array", "items": FINDING},
        "tweaks": {"type": "array", "items": closed({"step": COUNT, "set": {"type": "object"}})},
    }
)

RUN_SCHEMA = closed(
    {
        "schema": {"const": 1},
        "scenario": {"type": "string"},
        "seed": {"type": "integer", "minimum": 0},
        "steps": COUNT,
        "lanes": {"type": "array", "items": LANE, "minItems": 1},
        "timing": closed({"seconds": {"type": "number"}, "steps_per_second": {"type": "number"}}),
    },
    optional=("timing",),
)

ROW_SCHEMA = closed(
    {
        "lane": {"type": "string"},
        "step": COUNT,
        **dict.fromkeys(WHOLE_NAMES, VALUE_OR_NULL),
        "layers": {
            "type": "object",
            "properties": {name: {"type": "array", "items": VALUE} for name in LAYER_NAMES},
            "additionalProperties": False,
        },
    },
    optional=tuple(WHOLE_NAMES[1:]),
)
