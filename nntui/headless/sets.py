"""Gathering several ``--set [LANE:]KEY=VALUE`` into overrides."""

from collections.abc import Iterable, Sequence

from nntui_engine.errors import InputError, allowed_names
from nntui_engine.scenario import parse_assignment

LENGTH_OF_TRAINING = ("train.steps", "train.epochs")


def parse_sets(texts: Iterable[str], lanes: Sequence[str]) -> list[tuple[dict[str, object], str | None]]:
    """The overrides in ``texts``: one for all lanes first, then one for each lane that is named.

    All keys of one lane go into one override, so that an optimizer and its parameters can come in any order. A later
    value for the same key wins. Raises InputError for a text of another form or an unknown lane.
    """
    gathered: dict[str | None, dict[str, object]] = {}
    for text in texts:
        lane, key, value = _parsed(text)
        if lane is not None and lane not in lanes:
            if not any(lanes):
                raise InputError(f'--set "{text}": this scenario has no lanes; write KEY=VALUE')
            raise InputError(f'--set "{text}": unknown lane "{lane}"; {allowed_names(lane, list(lanes))}')
        chosen = gathered.setdefault(lane, {})
        if key in LENGTH_OF_TRAINING:
            # Of steps and epochs the later one wins.
            for other in LENGTH_OF_TRAINING:
                chosen.pop(other, None)
        chosen[key] = value
    return [(gathered[lane], lane) for lane in (None, *lanes) if lane in gathered]


def _parsed(text: str) -> tuple[str | None, str, object]:
    try:
        return parse_assignment(text)
    except InputError as error:
        raise InputError(f"--set: {error}") from None
