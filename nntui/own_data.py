"""A scenario for a person's own CSV or NPZ file: a small network for it, beside a linear one, and what was guessed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from nntui_engine.errors import InputError
from nntui_engine.files import problem_with

if TYPE_CHECKING:
    from nntui_engine.data.raw import RawData
    from nntui_engine.data.targets import Targets

SUFFIXES = (".csv", ".npz")
FEWEST_ROWS = 3
_EPOCHS, _BATCH = 60, 32
_STEPS = (300, 3000)
_MOST_NAMED = 8  # classes or columns that are listed by name

_TEXT = """\
# Made by nntui for {name}. Every key: docs/scenario.md. Watch it: nntui run FILE
schema = 1

[scenario]
title = {title}
summary = {summary}
lesson = \"\"\"
{lesson}
\"\"\"
panels = [{panels}]

[data]
path = {path}
task = "{task}"
preprocess = "standardize"
{scaling}
[model]
hidden = [{hidden}]
activation = "relu"
init = "he_normal"

[train]
optimizer = "adam"
lr = 0.003
batch_size = {batch}
steps = {steps}
seed = 0

[[lane]]
name = "network"

[[lane]]
name = "linear"
set = {{ "model.hidden" = [], "model.init" = "xavier_uniform" }}

[[try]]
say = "Ten times the learning rate"
set = {{ "train.lr" = 0.03 }}

[[try]]
say = "A larger network: three layers of 64"
lane = "network"
set = {{ "model.hidden" = [64, 64, 64] }}

[[try]]
say = "Keep its weights small (L2)"
lane = "network"
set = {{ "train.l2" = 0.01 }}
"""


def is_data(path: Path) -> bool:
    """Whether this is a file of data rather than of a scenario, by its name."""
    return path.suffix.lower() in SUFFIXES


def scenario_text(path: Path, folder: Path | None = None) -> str:
    """A scenario file for the data in ``path``, as TOML; to be written into ``folder`` (None: the data's own).

    Raises InputError where the file cannot be read as data, or holds too little to learn from.
    """
    problem = problem_with(path)
    if problem is not None:
        raise InputError(f"{path}: {problem}")
    try:
        raw, targets = _read(path)
    except InputError as error:
        hint = " (nntui learns from numbers; only the last column may be text)" if "finite number" in str(error) else ""
        raise InputError(f"{error}{hint}".removeprefix("data: ")) from None
    rows, inputs = raw.x.shape
    guessed, why = _guess(raw, targets)
    learning = targets.task == "regression"
    width = 64 if inputs > 100 else 32
    low, high = _STEPS
    batch = min(_BATCH, rows // 2)
    steps = max(low, min(high, rows * _EPOCHS // batch // 100 * 100))
    there = folder is None or folder.resolve() == path.resolve().parent
    summary = f"{_count(rows, 'row')}, {_count(inputs, 'input')}. Guessed: {guessed}."
    regions = targets.task in ("binary", "classes") and inputs == 2
    shape = ["decision_regions"] if regions else ["prediction_curve"] if learning and inputs == 1 else []
    panels = ["accuracy", "validation_loss", *shape, "train_loss", "gradient_norm", "activation_variance"]
    return _TEXT.format(
        name=_shown(path.name),
        title=json.dumps(_shown(path.name), ensure_ascii=False),
        summary=json.dumps(summary, ensure_ascii=False),
        lesson=_block(_lesson(path, raw, guessed, why, summary)),
        panels=", ".join(f'"{panel}"' for panel in panels),
        path=json.dumps(path.name if there else str(path.absolute()), ensure_ascii=False),
        task=targets.task,
        scaling='target_scale = "standardize"\n' if learning else "",
        hidden=f"{width}, {width}",
        batch=batch,
        steps=steps,
    )


def _read(path: Path) -> "tuple[RawData, Targets]":
    from nntui_engine.data.csv_files import read_csv
    from nntui_engine.data.npz_files import read_npz
    from nntui_engine.data.targets import read_targets

    if path.suffix.lower() == ".npz":
        raw = read_npz(path, None, "data")
    else:
        raw = read_csv(path, "last", "auto", None, "data")
        if raw.targets[0] in raw.classes and all(map(_is_number, raw.features)):
            raise InputError(f"{path}: line 1 is a row of data; the first line must hold the column names")
    if len(raw.x) < FEWEST_ROWS:
        rows = _count(len(raw.x), "row")
        raise InputError(f"{path}: {rows} of data; at least {FEWEST_ROWS} are needed to learn from and to test on")
    return raw, read_targets(raw, "auto", f"data: {path}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _guess(raw: "RawData", targets: "Targets") -> tuple[str, str]:
    """(what is predicted, why that was guessed), in words."""
    column = f'"{raw.targets[0]}"' if len(raw.targets) == 1 else f"{len(raw.targets)} columns"
    names = ", ".join(targets.classes[:_MOST_NAMED]) + (", …" if len(targets.classes) > _MOST_NAMED else "")
    if targets.task == "regression":
        return f"the number {column}" if len(raw.targets) == 1 else f"{column} of numbers", "it holds numbers"
    if targets.task == "multilabel":
        return f"yes or no for each of {column}", "each holds 0 and 1 only, and a row may have several"
    if len(raw.targets) > 1:
        return f"one of {len(targets.classes)} classes ({names})", "exactly one column of each row is 1"
    kind = "text" if raw.classes else "few different whole numbers"
    return f"the class {column} ({names})", f"it holds {kind}"


def _lesson(path: Path, raw: "RawData", guessed: str, why: str, summary: str) -> str:
    several = len(raw.targets) > 1
    target = "The array y is" if path.suffix.lower() == ".npz" else "The last column is"
    inputs = ", ".join(raw.features[:_MOST_NAMED]) + (", …" if len(raw.features) > _MOST_NAMED else "")
    return f"""\
# {_shown(path.name)}

**What was guessed.** {summary} {"They are" if several else target} what is to be predicted: {guessed}, because
{why}. The inputs are {inputs}. If that is wrong, copy this into a scenario file (`nntui new FILE.toml --from
{_shown(path.name)}`) and change `target` or `task` under `[data]`.

**What is done.** Three tenths of the rows are held out to test on. Every input is standardized: its mean is taken off
and it is divided by its spread, both of the training rows.

- *network*: two hidden layers of ReLU units, trained by Adam.
- *linear*: no hidden layer. It is the baseline: where the network is no better on held-out rows, the data need none,
  or are too few for it.

**What to look at.** The accuracy (R² for numbers) on held-out rows. If it is good on training rows only, the network
learns them by heart: try L2, or fewer units.
"""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)


def _block(text: str) -> str:
    """Text between three quotes of TOML."""
    return text.replace("\\", "\\\\").replace('"""', '""\\"').rstrip()
