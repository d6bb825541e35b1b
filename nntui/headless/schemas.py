"""The contract of machine output as JSON Schemas (2020-12): ``nntui schema`` prints them, the tests hold to them."""

from collections.abc import Callable, Mapping
from typing import Any

from nntui_engine.registry.statistic import (
    EVALUATION_STATISTICS,
    LAYER_STATISTICS,
    OF_WEIGHTS,
    SEQUENCE_STATISTICS,
    WHOLE_STATISTICS,
)

Schema = dict[str, Any]

WHOLE_NAMES = [row.name for row in (*WHOLE_STATISTICS, *EVALUATION_STATISTICS)]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
VALUE: Schema = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
VALUE_OR_NULL: Schema = {"anyOf": [*VALUE["anyOf"], {"type": "null"}]}
# null where a layer has no weights that it could be of
OF_LAYERS = {row.name: VALUE_OR_NULL if row.name in OF_WEIGHTS else VALUE for row in LAYER_STATISTICS}
SEVERITY: Schema = {"enum": ["info", "warning", "critical"]}
TABLE: Schema = {"type": "object"}
HEAD: Schema = {"schema": {"const": 1}, "scenario": TEXT, "seed": COUNT, "steps": COUNT}


def closed(properties: Mapping[str, Any], optional: tuple[str, ...] = ()) -> Schema:
    """An object with exactly these keys; those in ``optional`` may be missing."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}


def listed(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    """An array of at least and at most so many."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items, **bounds, **({} if most is None else {"maxItems": most})}


PAIR = listed(VALUE, 2, 2)
TWEAKS = listed(closed({"step": COUNT, "set": TABLE}))
TIMING = closed({"seconds": {"type": "number"}, "steps_per_second": {"type": "number"}})
FINDING = closed(
    {
        "rule": TEXT,
        "severity": SEVERITY,
        "because": {"type": "string"},
        "layers": listed({"type": "integer", "minimum": 1}),
        "first_step": {"type": ["integer", "null"]},
        "evidence": TABLE,
        "message": TEXT,
        "fixes": listed(closed({"set": TABLE, "why": TEXT})),
    }
)
LAYER = closed(
    {
        "index": {"type": "integer", "minimum": 1},
        "name": TEXT,
        "kind": TEXT,
        "shape": listed({"type": "integer", "minimum": 1}, 1, 3),
        "units": {"type": "integer", "minimum": 1},
        "activation": TEXT,
        "parameters": COUNT,
        "multiply_adds": COUNT,
        **OF_LAYERS,
    }
)
# Of recurrent layers, by the layer's name: a value for each time step, or for each gate
SEQUENCES: Schema = {
    "type": "object",
    "properties": {row.name: {"type": "object", "additionalProperties": listed(VALUE)} for row in SEQUENCE_STATISTICS},
    "additionalProperties": False,
}
NETWORK_LANE = closed(
    {
        "name": TEXT,
        "settings": closed({"data": TABLE, "model": TABLE, "train": TABLE}),
        "step": COUNT,
        **dict.fromkeys(WHOLE_NAMES, VALUE_OR_NULL),
        "parameters": COUNT,
        "layers": listed(LAYER, 1),
        "sequences": SEQUENCES,
        "findings": listed(FINDING),
        "tweaks": TWEAKS,
    },
    optional=("sequences",),
)
SURFACE_LANE = closed(
    {
        "name": TEXT,
        "optimizer": TEXT,
        "settings": closed({"surface": TABLE, "train": TABLE}),
        "step": COUNT,
        "state": {"enum": ["running", "finished", "diverged"]},
        "diverged_at": {"anyOf": [COUNT, {"type": "null"}]},
        "start": PAIR,
        "position": PAIR,
        "value": VALUE,
        "gradient_norm": VALUE,
        "distance": VALUE_OR_NULL,
        "path_length": VALUE,
        "curvatures": PAIR,
        "path": listed(PAIR, 1),
        "path_steps": listed(COUNT, 1),
        "tweaks": TWEAKS,
    }
)
NETWORK_ROW = closed(
    {
        "lane": TEXT,
        "step": COUNT,
        **dict.fromkeys(WHOLE_NAMES, VALUE_OR_NULL),
        "layers": {
            "type": "object",
            "properties": {name: listed(value) for name, value in OF_LAYERS.items()},
            "additionalProperties": False,
        },
        "sequences": SEQUENCES,
    },
    optional=(*WHOLE_NAMES[1:], "sequences"),
)
SURFACE_ROW = closed({"lane": TEXT, "step": COUNT, **dict.fromkeys(("x", "y", "value", "gradient_norm", "lr"), VALUE)})


def run_schema() -> Schema:
    """``nntui run --headless --format json``: lanes of networks, or lanes on a surface."""
    lanes = {"anyOf": [listed(NETWORK_LANE, 1), listed(SURFACE_LANE, 1)]}
    return closed({**HEAD, "lanes": lanes, "timing": TIMING}, optional=("timing",))


def row_schema() -> Schema:
    """A line of ``nntui run --headless --format jsonl``."""
    return {"anyOf": [NETWORK_ROW, SURFACE_ROW]}


def fair_schema() -> Schema:
    """``nntui run --headless --fair --format json``."""
    rates = listed(VALUE, 60, 60)
    number = {"type": "number"}
    found = {"name": TEXT, "optimizer": TEXT, "best": number, "value": VALUE, "best_from_start": number}
    found |= {"value_from_start": VALUE, "rates": rates, "values": rates, "values_from_start": rates}
    return closed({**HEAD, "fair": listed(closed(found))})


def list_schema() -> Schema:
    """``nntui list --json``."""
    return listed(closed({"name": TEXT, "topic": TEXT, "title": TEXT, "summary": TEXT}))


def diagnose_schema() -> Schema:
    """``nntui diagnose --json``."""
    names, reason = listed(TEXT), {"type": ["string", "null"]}
    tried = {"set": TABLE, "why": TEXT, "of": TEXT, "score": VALUE_OR_NULL, "left": names, "works": FLAG}
    on_seed = closed({"seed": COUNT, "before": VALUE, "after": VALUE, "works": FLAG})
    fix: Schema = {"anyOf": [closed({"set": TABLE, "why": TEXT}), {"type": "null"}]}
    trial = {"tried": listed(closed({**tried, "refused": reason})), "fix": fix, "budget_reached": FLAG}
    trial |= {"proofs": listed(closed({"set": TABLE, "seeds": listed(on_seed, 1), "holds": FLAG}))}
    lane = {"name": TEXT, "step": COUNT, "statistic": {"enum": ["validation_accuracy", "train_accuracy", "r2"]}}
    lane |= {**dict.fromkeys(("score", "guess", "simple"), VALUE), "findings": listed(FINDING), "trial": closed(trial)}
    lane |= {"unchecked": listed(closed({"rules": listed(TEXT, 1), "why": TEXT}))}
    lanes = listed(closed(lane, optional=("trial",)), 1)
    seed = {"anyOf": [COUNT, {"type": "null"}]}
    return closed({**HEAD, "seed": seed, "healthy": FLAG, "verdict": TEXT, "lanes": lanes})


def compare_schema() -> Schema:
    """``nntui compare --json``."""
    difference = listed(closed({"key": TEXT, "first": {}, "second": {}}))
    layer = {"statistic": TEXT, "layer": TEXT, "step": COUNT, **dict.fromkeys(("first", "second", "size"), VALUE)}
    step: Schema = {"type": ["integer", "null"], "minimum": 0}
    lane = {"first": TEXT, "second": TEXT, "settings": difference, "outcome": difference, "same_steps": COUNT}
    lane |= {"parts_at": step}
    network = closed({**lane, "losses_part_at": step, "layers": listed(closed(layer))})
    farthest: Schema = closed({"step": COUNT, "first": PAIR, "second": PAIR, "distance": VALUE})
    race = closed({**lane, "paths_part_at": step, "farthest": {"anyOf": [farthest, {"type": "null"}]}})
    names = listed(TEXT)
    other = {
        "record": TEXT,
        "lanes": {"anyOf": [listed(network), listed(race)]},
        "only_first": names,
        "only_second": names,
    }
    return closed({"schema": {"const": 1}, "first": TEXT, "others": listed(closed(other), 1)})


def runs_schema() -> Schema:
    """``nntui runs --json``."""

    def known(kind: Schema) -> Schema:
        return {"anyOf": [kind, {"type": "null"}]}

    statistics = {"type": "object", "additionalProperties": VALUE}
    lane = closed({"name": {"type": "string"}, "step": COUNT, "state": TEXT, "statistics": statistics})
    found = closed({"rule": TEXT, "severity": SEVERITY, "lane": {"type": "string"}, "words": TEXT})
    run = {"name": TEXT, "path": TEXT, "written": TEXT, "bytes": COUNT, "scenario": known(TEXT), "title": known(TEXT)}
    run |= {"kind": {"enum": ["network", "surface", "watched", None]}, "seed": known(COUNT), "steps": known(COUNT)}
    run |= {"writing": FLAG, "step": known(COUNT), "lanes": known(listed(lane)), "findings": known(listed(found))}
    run |= {"recorded_from": known(COUNT), "goes_on_in": known(TEXT), "trouble": known(TEXT)}
    return closed({"schema": {"const": 1}, "runs": listed(closed(run))})


def verify_schema() -> Schema:
    """``nntui verify --json``."""
    measured: Schema = {"anyOf": [*VALUE_OR_NULL["anyOf"], PAIR, listed(TEXT)]}
    common = {"expect": TABLE, "passed": FLAG, "text": TEXT}
    once = closed({**common, "measured": measured})
    shares = closed({**common, "measured": listed(measured), "held": COUNT, "missed": listed(COUNT)})
    head = {"scenario": TEXT, "seed": COUNT, "passed": FLAG}
    one_seed = closed({**head, "outcomes": listed(once)})
    seeds = closed({**head, "seeds": {"type": "integer", "minimum": 2}, "outcomes": listed(shares)})
    return closed({"schema": {"const": 1}, "passed": FLAG, "scenarios": listed({"anyOf": [one_seed, seeds]})})


def sweep_schema() -> Schema:
    """``nntui sweep --headless --format json``."""
    step = {"anyOf": [COUNT, {"type": "null"}]}
    state = {"enum": ["finished", "stopped early", "diverged", "running", "not run"]}
    cell = closed({"set": TABLE, "seed": COUNT, "value": VALUE_OR_NULL, "state": state, "step": step})
    axes = {"type": "object", "additionalProperties": listed({}, 1)}
    return closed({"schema": {"const": 1}, "scenario": TEXT, "measure": TEXT, "axes": axes, "cells": listed(cell, 1)})


def sabotage_schema() -> Schema:
    """``nntui verify --sabotage --json``."""
    reason = {"type": ["string", "null"]}
    survivor = closed({"lane": TEXT, "swap": TEXT, "text": TEXT, "reason": reason})
    stale = closed({"lanes": listed(TEXT), "swap": TEXT, "reason": TEXT, "place": TEXT})
    scenario = {"scenario": TEXT, "seed": COUNT, "passed": FLAG, "swaps": COUNT, "survivors": listed(survivor)}
    scenario |= {"stale": listed(stale), "unmet": listed(TEXT)}
    return closed({"schema": {"const": 1}, "passed": FLAG, "scenarios": listed(closed(scenario))})


def bench_schema() -> Schema:
    """``nntui bench --json``."""
    positive = {"type": "number", "exclusiveMinimum": 0}
    spread = closed(dict.fromkeys(("median", "low", "high"), positive))
    count = {"type": "integer", "minimum": 1}
    ratios = {"type": "object", "additionalProperties": positive, "minProperties": 1}
    peers = ("torch", "jax", "blas")
    net = closed(
        {
            **dict.fromkeys(("nntui", "nntui_all", "nntui_off", *peers), spread),
            "ratios": ratios,
            "threads": {"type": "object", "additionalProperties": count},
        },
        optional=peers,
    )
    kind_peers = ("torch", "jax")
    kind = closed(
        {
            **dict.fromkeys(("nntui", "nntui_off", *kind_peers), spread),
            "ratios": ratios,
            "threads": {"type": "object", "additionalProperties": count},
        },
        optional=kind_peers,
    )
    starts = closed(dict.fromkeys(("first_frame_seconds", "first_numbers_seconds"), spread))
    lab = {"warm": starts, "cold": starts}
    family = closed(lab, optional=("cold",))
    machine = {
        "type": "object",
        "required": ["processor", "usable_cores", "threads", "system", "OPENBLAS_CORETYPE", "blas"],
        "properties": {
            "OPENBLAS_CORETYPE": {"type": ["string", "null"]},
            "blas": {"type": "array", "items": {"required": ["of", "version", "architecture", "threads"]}},
        },
        "additionalProperties": {"type": ["string", "integer"]},
    }
    parts: dict[str, Any] = {
        "nets": {"type": "object", "additionalProperties": net},
        "statistics": {
            "type": "object",
            "additionalProperties": closed({"on": spread, "off": spread, "ratios": ratios}),
        },
        "kinds": {"type": "object", "additionalProperties": kind},
        "lanes": {
            "type": "object",
            "additionalProperties": closed(
                {**dict.fromkeys(("one_core", "1", "2", "4", "8"), spread), "ratios": ratios}
            ),
        },
        "startup": closed(
            {"help_seconds": spread, "list_seconds": spread, **lab, "image": family, "sequence": family},
            optional=(*lab, "image", "sequence"),
        ),
        "lab": TABLE,
        "memory": {"type": "object", "required": ["steps", "megabytes", "growth_megabytes"]},
        "surfaces": {"type": "object", "additionalProperties": closed({"1": spread, "1000": spread})},
        "fractal": TABLE,
    }
    head = {
        "schema": {"const": 1},
        "machine": machine,
        "versions": {"type": "object", "required": ["python", "numpy", "numba", "scipy", "nntui"]},
        "seconds": {"type": "number"},
    }
    return closed({**head, **parts}, optional=tuple(parts))


# By the name that `nntui schema` takes
SCHEMAS: dict[str, Callable[[], Schema]] = {
    "run": run_schema,
    "jsonl": row_schema,
    "fair": fair_schema,
    "list": list_schema,
    "diagnose": diagnose_schema,
    "compare": compare_schema,
    "runs": runs_schema,
    "sweep": sweep_schema,
    "verify": verify_schema,
    "sabotage": sabotage_schema,
    "bench": bench_schema,
}


def schema_document(name: str) -> Schema:
    """One of them, complete with its dialect and its title."""
    make = SCHEMAS[name]
    title = (make.__doc__ or "").replace("``", "").partition("\n")[0].rstrip(".")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **make()}
