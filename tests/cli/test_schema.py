"""``nntui schema``: what is promised of JSON output is what is written, and no less."""

import json
from copy import deepcopy
from typing import Any

import jsonschema
import pytest
from cli.conftest import Invoke

from nntui.commands.schema import NAMES
from nntui.headless.schemas import SCHEMAS, schema_document

Validator = jsonschema.Draft202012Validator

SMALL = """
schema = 1
[scenario]
title = "Two moons"
[data]
name = "moons"
samples = 60
[model]
hidden = [2]
[train]
steps = 3
[[expect]]
statistic = "loss"
above = 0.0
seeds = 2
at_least = 1
[[expect]]
no_finding = "any"
"""
BOWL = """
schema = 1
[scenario]
title = "Bowl"
[surface]
name = "bowl"
[train]
steps = 3
[[expect]]
statistic = "position"
equals = [0.0, 0.0]
rtol = 9.0
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_a_schema(name: str, invoke: Invoke) -> None:
    result = invoke("schema", name)
    assert (result.status, result.err) == (0, "")
    document = json.loads(result.out)
    assert document == schema_document(name)
    Validator.check_schema(document)
    assert document["title"].startswith(("nntui ", "A line of nntui "))


def test_the_names_offered_are_the_schemas_there_are(invoke: Invoke) -> None:
    assert tuple(SCHEMAS) == NAMES
    assert invoke("schema", "nothing").status == 2


FAST = """
schema = 1
[scenario]
title = "Far too fast a rate"
[data]
name = "moons"
samples = 300
[model]
hidden = [12, 12]
init = "he_normal"
[train]
lr = 50.0
steps = 400
"""

CALLS = {
    "list": [("list", "--json")],
    "run": [(*call, "--headless", "--format", "json") for call in (("run", "small"), ("run", "bowl", "--timing"))],
    "diagnose": [("diagnose", "small", "--json"), ("diagnose", "fast", "--fix", "--json")],
    "compare": [("compare", "recorded", "faster", "--json")],
    "runs": [("runs", "recorded", "faster", "spoiled", "--json")],
    "sweep": [
        (
            "sweep",
            "small",
            "--over",
            "train.lr=0.1,1e5",
            "--measure",
            "gradient_norm:1",
            "--headless",
            "--format",
            "json",
            "--out",
            "cells",
        )
    ],
    "verify": [("verify", "small", "bowl", "--json", "--jobs", "1")],
    "sabotage": [("verify", "small", "--sabotage", "--json", "--jobs", "1")],
}


def documents(name: str, invoke: Invoke, tmp_path: Any) -> list[Any]:
    files = {name: tmp_path / f"{name}.toml" for name in ("small", "bowl", "fast")}
    files |= {name: tmp_path / f"{name}.nntui" for name in ("recorded", "faster", "spoiled")}
    files["cells"] = tmp_path / "cells.jsonl"
    files["small"].write_text(SMALL, encoding="utf-8")
    files["bowl"].write_text(BOWL, encoding="utf-8")
    files["fast"].write_text(FAST, encoding="utf-8")
    files["spoiled"].write_bytes(b"no record")
    if name in ("compare", "runs"):
        for record, rate in (("recorded", 0.01), ("faster", 0.02)):
            run = ("run", str(files["small"]), "--headless", "--set", f"train.lr={rate}")
            assert invoke(*run, "--record", str(files[record])).status == 0
    calls = [[str(files.get(word, word)) for word in call] for call in CALLS[name]]
    results = [invoke(*call) for call in calls]
    assert [result.err for result in results] == [""] * len(calls)
    return [json.loads(result.out) for result in results]


def objects(value: Any) -> list[dict[str, Any]]:
    """Every JSON object in a document, but for settings and what scenarios and rules put in freely."""
    found = [value] if isinstance(value, dict) else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    free = ("set", "evidence", "expect", "data", "model", "train", "surface", "statistics")
    return found + [one for key, part in parts if key not in free for one in objects(part)]


@pytest.mark.parametrize("name", CALLS)
def test_what_is_written_fits_and_a_key_more_does_not(name: str, invoke: Invoke, tmp_path: Any) -> None:
    check = Validator(schema_document(name))
    for document in documents(name, invoke, tmp_path):
        check.validate(document)
        for number in range(len(objects(document))):
            spoiled = deepcopy(document)
            objects(spoiled)[number]["one key more"] = 1
            assert not check.is_valid(spoiled), number
