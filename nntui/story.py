"""What a scenario says about itself: its lesson, its suggestions, the panels it wants first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nntui_engine.scenario.load import Sweep


@dataclass(frozen=True, slots=True)
class Try:
    """A change the lesson suggests."""

    say: str
    settings: Mapping[str, object]
    lane: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """What the scenario says about itself."""

    title: str = ""
    summary: str = ""
    lesson: str = ""
    source: str = ""
    tries: tuple[Try, ...] = ()
    panels: tuple[str, ...] = ()
    sweep: Sweep | None = None


def read_story(experiment: Any) -> Story:
    """What the experiment's scenario says about itself; empty where it says nothing."""
    scenario = getattr(experiment, "scenario", None)
    if scenario is None:
        return Story()
    tries = tuple(Try(one.say, dict(one.set), one.lane) for one in scenario.tries)
    return Story(
        title=scenario.title,
        summary=scenario.summary,
        lesson=scenario.lesson,
        source=scenario.source,
        tries=tries,
        panels=tuple(scenario.panels or ()),
        sweep=getattr(scenario, "sweep", None),
    )


def lesson_text(story: Story) -> str:
    """The lesson as Markdown, with its source."""
    body = story.lesson.strip() or story.summary.strip() or "This scenario has no lesson."
    title = f"# {story.title}\n\n" if story.title and not body.startswith("#") else ""
    return f"{title}{body}" + (f"\n\n*Source: {story.source}*" if story.source else "")
