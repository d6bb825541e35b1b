"""What a scenario says about itself: its lesson, its suggestions, the panels it wants first."""

from collections.abc import Mapping
from dataclasses import dataclass

from nntui_engine.scenario.load import Scenario, Sweep


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


def read_story(scenario: Scenario) -> Story:
    """What a scenario says about itself."""
    return Story(
        title=scenario.title,
        summary=scenario.summary,
        lesson=scenario.lesson,
        source=scenario.source,
        tries=tuple(Try(one.say, dict(one.set), one.lane) for one in scenario.tries),
        panels=scenario.panels,
        sweep=scenario.sweep,
    )


def lesson_text(story: Story) -> str:
    """The lesson as Markdown, with its source."""
    body = story.lesson.strip() or story.summary.strip() or "This scenario has no lesson."
    title = f"# {story.title}\n\n" if story.title and not body.startswith("#") else ""
    return f"{title}{body}" + (f"\n\n*Source: {story.source}*" if story.source else "")
