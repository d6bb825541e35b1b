"""Lanes that a person adds beside those of the scenario: what they are called, and how they come and go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nntui_engine.errors import InputError
from nntui_engine.run.lanes import short_key, shown
from nntui_engine.scenario.settings import Settings

from .knobs import SAY_THEMSELVES

LONGEST_NAME = 40
MOST_LANES = 16  # that can be told apart by colour and marker
ORIGINAL = "original"  # what the only lane of a scenario is called once there is another


@dataclass(frozen=True, slots=True)
class NewLane:
    """A lane wanted beside the lane ``like``: its settings with ``settings`` over them, from step 0 or from where it
    stands."""

    name: str
    like: str
    settings: Mapping[str, object] = field(default_factory=dict)
    fresh: bool = True


def difference(settings: Mapping[str, object]) -> str:
    """Settings in few words, as a name: "relu, he_normal, lr 0.1"."""
    return ", ".join(_words(key, value) for key, value in settings.items())


def _words(key: str, value: object) -> str:
    label = short_key(key).replace("_", " ")
    if key in SAY_THEMSELVES:
        return str(value)
    if isinstance(value, Mapping):
        return f"{label} {value.get('kind', 'changed')}"
    if isinstance(value, list):
        plain = all(isinstance(one, (int, float)) for one in value)
        return f"{label} {' '.join(shown(one) for one in value) or 'none'}" if plain else f"other {label}"
    if isinstance(value, bool):
        return label if value else f"no {label}"
    return f"{label} {shown(value)}"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """``wanted``, with a number behind it where a lane has that name already."""
    names = set(taken)
    if wanted not in names:
        return wanted
    return next(name for number in range(2, len(names) + 3) if (name := f"{wanted} {number}") not in names)


def named(like: str, words: str, taken: Iterable[str], arrow: str) -> str:
    """What a new lane is called: the lane that it is like, and ``words``; of an unnamed lane the words alone."""
    root = like.partition(f" {arrow} ")[0]
    return free_name(f"{root} {arrow} {words}" if root and root != ORIGINAL else words, taken)


def first_of(begun: Mapping[str, Settings], run_lanes: Iterable[tuple[str, Settings]]) -> dict[str, Settings]:
    """What each lane began with: of lanes that are new, what they have now."""
    return {name: begun.get(name, settings) for name, settings in run_lanes}


def lane_name(typed: str) -> str:
    """A lane's name as typed. Raises InputError where it cannot be one."""
    name = " ".join(typed.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(f"a name has 1 to {LONGEST_NAME} characters")
    return name
