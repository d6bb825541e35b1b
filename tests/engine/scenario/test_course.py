"""The course: every built-in scenario has one place in it, among those of its topic."""

import pytest

from nntui_engine.errors import InputError
from nntui_engine.scenario import course, library, scenario_paths


def test_every_built_in_scenario_has_its_place() -> None:
    taught = [(topic, name) for topic, names in course().items() for name in names]
    assert sorted(taught) == sorted((path.parent.name, name) for name, path in scenario_paths().items())
    assert taught[0] == ("basics", "digits")  # what a person meets first


@pytest.mark.parametrize("content", ["basics = [", "basics = 1", None])
def test_a_course_that_cannot_be_read(content, tmp_path, monkeypatch) -> None:
    if content is not None:
        (tmp_path / "course.toml").write_text(content, encoding="utf-8")
    monkeypatch.setattr(library, "scenario_folder", lambda: tmp_path)
    with pytest.raises(InputError, match=r"course\.toml: not a course"):
        course()


def test_without_scenarios_there_is_no_course(monkeypatch) -> None:
    monkeypatch.setattr(library, "scenario_folder", lambda: None)
    assert course() == {}
