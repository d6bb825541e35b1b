"""What the diagnosis says of broken trainings that people asked about, and of odd ones that work."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cases.judge import FOLDER, Judged, Trained, judge, names, told_in, train
from cases.rows import write_rows

from nntui_engine.diagnosis.verdict import RULE_NAMES

# Known to be wrong, and why. What becomes right is taken out of here.
_SLOW = "beside the root the rate is low for so few steps"
WRONG: dict[tuple[str, str], str] = {
    **{("fourth-power", what): _SLOW for what in ("first fix", "some fix", "advice")},
}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder)
    return folder


@cache
def judged(name: str, data: Path) -> Judged:
    return judge(name, data)


@pytest.mark.parametrize("name", names("broken"))
def test_what_is_broken_is_found_named_and_mended(name: str, data: Path) -> None:
    found = judged(name, data)
    wrong = {what for what, right in found.right.items() if not right}
    said = [(one.rule, one.because) for one in found.run.alarms]
    assert wrong == {what for case, what in WRONG if case == name}, f"{said}, fixes reach {found.scores}"


@pytest.mark.parametrize("name", names("broken"))
def test_a_broken_case_is_broken_and_can_be_mended(name: str, data: Path) -> None:
    found = judged(name, data)
    assert not found.told.fixes or not found.works(found.run.score)


@pytest.mark.parametrize("name", names("healthy"))
def test_odd_settings_that_work_raise_no_alarm(name: str, data: Path) -> None:
    run: Trained = train(FOLDER / "healthy" / f"{name}.toml", data)
    assert run.score > run.chance + 0.7 * (1.0 - run.chance)
    assert run.alarms == []


def test_enough_cases_say_where_they_come_from_and_what_is_wrong() -> None:
    assert len(names("broken")) >= 30
    assert len(names("healthy")) >= 10
    for path in FOLDER.glob("*/*.toml"):
        assert re.search(r"^source = .*https?://\S+\"$", path.read_text(encoding="utf-8"), re.M), path
    roots = {root for name in names("broken") for root in told_in(FOLDER / "broken" / f"{name}.toml").roots}
    assert roots <= set(RULE_NAMES)
    assert {case for case, _ in WRONG} <= set(names("broken"))


def test_the_rates(data: Path, record_testsuite_property: Callable[[str, object], None]) -> None:
    """Sums of what the other tests say of each, for the record."""
    rights = [judged(name, data).right for name in names("broken")]
    for what in ("detected", "root", "first fix", "some fix", "advice"):
        count, of = sum(one.get(what, False) for one in rights), sum(what in one for one in rights)
        record_testsuite_property(what, f"{count} of {of}")
        assert of - count == sum(one == what for _, one in WRONG)
