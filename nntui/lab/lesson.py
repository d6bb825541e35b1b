"""What a scenario says about itself in the lab."""

from nntui_engine.scenario import Scenario

NO_SCENARIO = Scenario("", None, "", "", "", "", (), {}, (), (), (), False)


def lesson_text(scenario: Scenario) -> str:
    """The lesson as Markdown, with its source."""
    body = scenario.lesson.strip() or scenario.summary.strip() or "This scenario has no lesson."
    title = f"# {scenario.title}\n\n" if scenario.title and not body.startswith("#") else ""
    return f"{title}{body}" + (f"\n\n*Source: {scenario.source}*" if scenario.source else "")
