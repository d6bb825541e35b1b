"""A new scenario file: the template, or a copy of another scenario."""

import tomllib
from pathlib import Path

from nntui import files
from nntui.own_data import is_data, scenario_text
from nntui.scenario import load_scenario
from nntui_engine.errors import InputError
from nntui_engine.files import expanded

TEMPLATE = """\
# Every key: docs/scenario.md. Check it: nntui validate FILE. Watch it: nntui run FILE
schema = 1

[scenario]
title = "{title}"
summary = "One line for a list of scenarios."
lesson = \"\"\"
# What to see

What the plots show, why it happens, and what to try.
\"\"\"
panels = ["loss", "accuracy", "gradient_norm", "activation_variance"]

[data]
name = "moons"                # or a file of your own: path = "measurements.csv"
preprocess = "standardize"

[model]
hidden = [16, 16]             # units of each hidden layer
activation = "relu"
init = "he_normal"

[train]
optimizer = "adam"
lr = 0.01
batch_size = 32
steps = 1000
seed = 0

[[lane]]                      # variants side by side: each changes a setting or two
name = "ReLU"

[[lane]]
name = "sigmoid"
set = {{ "model.activation" = "sigmoid", "model.init" = "xavier_normal" }}

[[try]]                       # a change that the lab offers
say = "Take a larger step"
set = {{ "train.lr" = 0.1 }}

[[expect]]                    # what must come out: nntui verify FILE
lane = "ReLU"
statistic = "validation_accuracy"
above = 0.85
"""


def write_scenario(file: Path, source: str | Path | None) -> None:
    """Writes ``file``: the template, or a copy of the scenario ``source``, comments and all.

    Raises InputError where there is such a file already, where its name or folder will not do, or where the copy would
    not mean the same.
    """
    if file.suffix != ".toml":
        raise InputError(f'{file}: the name of a scenario file ends in ".toml"')
    files.writable_file(file, "FILE")
    if file.exists():
        raise InputError(f"{file}: is there already; choose another name or remove it first")
    files.write_file(file, TEMPLATE.format(title=_title(file)) if source is None else _copy(source, file))


def _title(file: Path) -> str:
    words = "".join(c if c.isalnum() else " " for c in file.stem).split()
    return " ".join(words).capitalize() or "My scenario"


def _copy(source: str | Path, file: Path) -> str:
    """The text of the scenario ``source``, if it means the same where ``file`` is."""
    from nntui_engine.scenario.load import FILE_KEYS

    if is_data(Path(source)):
        return scenario_text(Path(source), file.parent)
    path = load_scenario(source).path
    assert path is not None
    text = path.read_text(encoding="utf-8-sig")
    tables = tomllib.loads(text)
    if path.resolve().parent != file.resolve().parent:
        for where in (tables, *(lane.get("set", {}) for lane in tables.get("lane", ()))):
            for key in FILE_KEYS:
                named = where.get("data", {}).get(key) if where is tables else where.get(f"data.{key}")
                if isinstance(named, str) and named and not expanded(named).is_absolute():
                    raise InputError(
                        f'{source}: data.{key} = "{named}" is relative to its folder; write the copy to {path.parent}'
                    )
    return text
