"""What a scenario expects, in plain words, and how it stands in the run on screen."""

from typing import TYPE_CHECKING

from nntui.plotting.expected import ExpectedLine, Sign
from nntui.plotting.numbers import grouped, number, setting, share
from nntui_engine.registry.statistic import (
    EVALUATION_BY_NAME,
    LAYER_BY_NAME,
    ON_DEMAND_BY_NAME,
    ON_DEMAND_LAYER_BY_NAME,
    SEQUENCE_BY_NAME,
    SURFACE_BY_NAME,
    WHOLE_BY_NAME,
)
from nntui_engine.scenario import Expectation

if TYPE_CHECKING:
    from nntui_engine.analysis.standing import Standing

_NAMES = (
    SURFACE_BY_NAME | SEQUENCE_BY_NAME | ON_DEMAND_LAYER_BY_NAME | ON_DEMAND_BY_NAME
    | LAYER_BY_NAME | EVALUATION_BY_NAME | WHOLE_BY_NAME
)  # fmt: skip
_MORE = {"position": "position", "highest_value": "highest value so far"}
_SIGNS: dict[str, Sign] = {"held": "true", "true": "true", "missed": "false"}


def expected_line(standing: "Standing") -> ExpectedLine:
    """One expectation for the screen: never ticked where another run than the scenario's was measured."""
    expectation, state = standing.expectation, standing.state
    sign = _SIGNS.get(state, "open")
    words = _standing(standing)
    if standing.changed and state != "gone":
        words = f"{words}; not the lesson's run: {_listed(standing.changed)} changed"
        sign = "other"
    sign = "other" if state in ("unseen", "gone") else sign
    return ExpectedLine(sign, expectation_words(expectation), words, state not in ("true", "false", "ahead"))


def expectation_words(expectation: Expectation) -> str:
    """ "sigmoid at step 500: gradient norm of layer 1 ÷ that of the output layer is below 0.001"."""
    where = expectation.lane or ""
    if expectation.step is not None:
        where = f"{where} at step {grouped(expectation.step)}".strip()
    text = f"{where}: {_claim(expectation)}" if where else _claim(expectation)
    if expectation.at_least is not None:
        text += f" (on {expectation.at_least} of {expectation.seeds} seeds, of which this is one)"
    return text[:1].upper() + text[1:] if not expectation.lane else text


def _claim(expectation: Expectation) -> str:
    if expectation.finding is not None:
        return f"{_rule(expectation.finding)} is found"
    if expectation.no_finding is not None:
        return "nothing wrong is found" if expectation.no_finding == "any" else f"no {_rule(expectation.no_finding)}"
    return f"{_subject(expectation)} is {_bounds(expectation)}"


def _subject(expectation: Expectation) -> str:
    name = expectation.statistic or ""
    title = _NAMES[name].title if name in _NAMES else _MORE[name]
    plain = len(title) > 1 and title[1:2].islower()
    text = (title[:1].lower() + title[1:] if plain else title) + _part(expectation.layer, expectation.time)
    if expectation.gate is not None:
        text += f", {expectation.gate} gate"
    if expectation.average_over > 1:
        text += f" (mean of {expectation.average_over} samples)"
    over = expectation.over
    if over is None:
        return text
    there = [f"lane {over.lane}"] if over.lane is not None else []
    there += [f"step {grouped(over.step)}"] if over.step is not None else []
    at = f" of {there[0]}" if over.lane is not None else f" at {there[0]}" if there else ""
    at += f" at {there[1]}" if len(there) > 1 else ""
    return f"{text} ÷ that{_part(over.layer, over.time)}{at}"


def _part(layer: int | str | None, time: int | None) -> str:
    where = "" if layer is None else " of the output layer" if layer == -1 else f" of layer {layer}"
    return where + ("" if time is None else " at the last time step" if time == -1 else f" at time step {time}")


def _bounds(expectation: Expectation) -> str:
    def shown(value: float) -> str:
        return share(value) if _is_share(expectation) else setting(value)

    if expectation.between is not None:
        return f"between {shown(expectation.between[0])} and {shown(expectation.between[1])}"
    if isinstance(expectation.equals, tuple):
        return f"({setting(expectation.equals[0])}, {setting(expectation.equals[1])})"
    if expectation.equals is not None:
        return shown(expectation.equals)
    bounds = (("above", expectation.above), ("below", expectation.below))
    return " and ".join(f"{word} {shown(bound)}" for word, bound in bounds if bound is not None)


def _is_share(expectation: Expectation) -> bool:
    """Whether the number is shown in per cent, as everywhere."""
    return expectation.over is None and (expectation.statistic or "").endswith("accuracy")


def _standing(standing: "Standing") -> str:
    expectation, state = standing.expectation, standing.state
    if state == "gone":
        return "this lane is gone"
    if state == "unseen":
        return f"step {grouped(expectation.step or 0)} went by unseen"
    value = _value(standing)
    if state == "ahead":
        step = max(filter(None, (expectation.step, expectation.over.step if expectation.over else None)), default=None)
        needs = f"step {grouped(step)}" if step is not None else "the end"
        return f"not yet: needs {needs}" + (f" (now {value})" if standing.measured is not None else "")
    if state in ("true", "false"):
        return f"now {value}" + (", true so far" if state == "true" else ", not yet")
    return f"{value}, {'came true' if state == 'held' else 'did not come true'}"


def _value(standing: "Standing") -> str:
    measured, expectation = standing.measured, standing.expectation
    if measured is None:
        return "not measured"
    if isinstance(measured, float):
        return share(measured) if _is_share(expectation) else number(measured)
    if expectation.statistic is None:
        return ", ".join(_rule(str(one)) for one in measured) or "nothing found"
    return f"({', '.join(number(float(one)) for one in measured)})"


def _rule(name: str) -> str:
    return "NaN" if name == "non_finite" else name.replace("_", " ")


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
