"""Write reference.md and scenarios.md from what the program itself reads: ``python docs/make_reference.py``.

tests/packaging/test_docs.py fails when either page is not what this makes.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "engine")]

from nntui_engine.activations import ACTIVATIONS  # noqa: E402
from nntui_engine.data.sets import DATASETS  # noqa: E402
from nntui_engine.initializers import INITIALIZERS  # noqa: E402
from nntui_engine.losses import LOSSES  # noqa: E402
from nntui_engine.optimizers import OPTIMIZERS  # noqa: E402
from nntui_engine.registry import Registry, Row  # noqa: E402
from nntui_engine.scenario import list_scenarios  # noqa: E402
from nntui_engine.schedules import SCHEDULES  # noqa: E402
from nntui_engine.statistics import (  # noqa: E402
    ASKED_STATISTICS,
    EVALUATION_STATISTICS,
    LAYER_STATISTICS,
    WHOLE_STATISTICS,
    Statistic,
)
from nntui_engine.surfaces import SURFACES, Surface  # noqa: E402

HEAD = """# Reference

Made by `docs/make_reference.py` from the tables the program itself reads. What the keys of a scenario file mean stands
in [scenario-files.md](scenario-files.md).
"""

CHOICES: tuple[tuple[str, str, Registry], ...] = (
    ("Data sets", "`data.name`; the parameters stand beside it.", DATASETS),
    ("Activations", "`model.activation` and `model.output`; the parameter is `model.alpha`.", ACTIVATIONS),
    ("Initializers", "`model.init`; the parameter is `model.init_scale`.", INITIALIZERS),
    ("Losses", "`train.loss`.", LOSSES),
    ("Optimizers", "`train.optimizer`; the parameters stand beside it.", OPTIMIZERS),
    ("Schedules", '`train.schedule = { kind = "…", … }`; steps are counted from 0.', SCHEDULES),
)

STATISTICS: tuple[tuple[str, str, tuple[Statistic, ...]], ...] = (
    (
        "Statistics of a layer",
        "z is the input of the activation, a its output, δ = ∂L/∂z, W a layer's weights, g = ∂L/∂(weights and biases) "
        "before clipping. Variances are population variances over all rows and units.",
        LAYER_STATISTICS,
    ),
    ("Statistics of the whole network, every sampled step", "Measured on the mini-batch.", WHOLE_STATISTICS),
    (
        "Statistics of the whole network, at every evaluation",
        "Measured on whole sets, with dropout off and batch norm's running statistics.",
        EVALUATION_STATISTICS,
    ),
    (
        "Statistics worked out when asked for",
        "For `[[expect]]`: they cost more than a step.",
        ASKED_STATISTICS,
    ),
)

SCENARIOS_HEAD = """# Scenarios

Every lesson of the program: `nntui run NAME` opens it, `nntui show NAME` prints its text and settings, and
`nntui verify NAME` checks that it shows what it says.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, use, registry in CHOICES:
        rows = [f"| `{row.name}` | {_cell(_summary(row))} | {_cell(_parameters(row))} |" for row in registry.rows]
        parts.append(
            "\n".join([f"## {title}\n\n{use}\n", "| name | what it does | parameters |", "|---|---|---|", *rows])
        )
    for title, use, statistics in STATISTICS:
        rows = [f"| `{row.name}` | {_cell(row.formula)} | {_cell(row.summary)} |" for row in statistics]
        parts.append("\n".join([f"## {title}\n\n{use}\n", "| name | formula | in words |", "|---|---|---|", *rows]))
    parts.append(_surfaces())
    return "\n\n".join(part.strip() for part in parts) + "\n"


def scenarios() -> str:
    """The page of all built-in scenarios, by topic."""
    parts, topics = [SCENARIOS_HEAD], {}
    for scenario in list_scenarios():
        topics.setdefault(scenario.topic, []).append(scenario)
    for topic, found in topics.items():
        rows = [f"| `{one.name}` | {_cell(one.title)} | {_cell(one.summary)} |" for one in found]
        title = topic.replace("-", " ").capitalize()
        parts.append("\n".join([f"## {title}\n", "| name | title | what you see |", "|---|---|---|", *rows]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _surfaces() -> str:
    rows = []
    for row in SURFACES.rows:
        assert isinstance(row, Surface)
        minima = ", ".join(f"({x:.4g}, {y:.4g})" for x, y in row.minima) or "depends on the data"
        rows.append(f"| `{row.name}` | {_cell(row.formula)} | {minima} | {_cell(_summary(row))} | {_parameters(row)} |")
    head = ["| name | formula | lowest points | what it is | parameters |", "|---|---|---|---|---|"]
    return "\n".join(["## Surfaces\n\n`surface.name`; the parameters stand beside it.\n", *head, *rows])


def _summary(row: Row) -> str:
    return f"{row.summary} ({row.source})" if row.source else row.summary


def _parameters(row: Row) -> str:
    shown = []
    for parameter in row.parameters:
        default = ("false", "true")[int(parameter.default)] if parameter.flag else f"{parameter.default:g}"
        shown.append(f"`{parameter.name}` = {default}: {parameter.summary}")
    return "; ".join(shown)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for page, content in (("reference.md", reference()), ("scenarios.md", scenarios())):
        (Path(__file__).parent / page).write_text(content, encoding="utf-8")
