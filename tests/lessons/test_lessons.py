"""Every number in a scenario's words is claimed, and every claim holds: on the scenario's own seed here (with
``--measured``), on ten by ``check.py``."""

import pytest
from lessons.claims import FOLDER, claims_path, load_claims, match, problem_of
from lessons.measuring import checks_of, measure_checks

from nntui_engine.scenario import load_scenario, scenario_paths

CLAIMED = [name for name in scenario_paths() if claims_path(name).exists()]


def test_every_scenario_has_its_claims() -> None:
    assert list(scenario_paths()) == CLAIMED


def test_every_claims_file_belongs_to_a_scenario() -> None:
    assert sorted(FOLDER.glob("*/*.toml")) == sorted(map(claims_path, CLAIMED))


@pytest.mark.parametrize("name", CLAIMED)
def test_every_number_is_claimed(name: str) -> None:
    """Exactly once and in order, no claim without its words, and what needs no run holds."""
    scenario = load_scenario(name)
    matched, problems = match(scenario, load_claims(claims_path(name)))
    for one in matched:
        if problem := problem_of(one, scenario):
            problems.append(f"{one.where}: {problem}")
        elif one.claim.kind == "measure":
            assert checks_of(one, scenario)
    assert not problems, "\n".join(problems)


@pytest.mark.measured
@pytest.mark.parametrize("name", CLAIMED)
def test_measured_claims_hold(name: str) -> None:
    """On the scenario's own seed; a claim that states a share of the seeds may miss it there."""
    scenario = load_scenario(name)
    matched, _ = match(scenario, load_claims(claims_path(name)))
    asked = [(one, check) for one in matched if one.claim.kind == "measure" for check in checks_of(one, scenario)]
    seed = int(scenario.lanes[0].tables["train"]["seed"])
    found = measure_checks(scenario, [check for _, check in asked], [seed])
    missed = [
        f"{one.where}: {check.text} is {on_seed.value}"
        for (one, check), [on_seed] in zip(asked, found, strict=True)
        if one.claim.holds_always and not on_seed.passed
    ]
    assert not missed, "\n".join(missed)
