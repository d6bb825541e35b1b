"""Fixes that are tried: what is proved, what is not, and that it is the same every time."""

from dataclasses import replace

import numpy as np
import pytest

from nntui_engine.analysis.fixing.candidates import Candidate
from nntui_engine.analysis.fixing.trial import MOST_PROVED, mended, scenario_of, try_fixes
from nntui_engine.experiment import Experiment
from nntui_engine.run.finding import Finding, Fix
from nntui_engine.run.recipe import Recipe
from nntui_engine.scenario import scenario_from_dict

pytestmark = pytest.mark.slow  # they train whole networks
MOONS = {"name": "moons", "samples": 400, "noise": 0.15}


def trained(data=MOONS, model=(), train=(), **more):
    tables = {
        "schema": 1,
        "scenario": {"title": "Tried"},
        "data": dict(data),
        "model": {"hidden": [12, 12], "activation": "relu", "init": "he_normal", **dict(model)},
        "train": {"lr": 0.1, "steps": 600, "batch_size": 32, **dict(train)},
        **more,
    }
    run = Experiment(scenario_from_dict(tables))
    run.advance(10**6)
    assert run.finished
    return run


def trial_of(run, lane="", findings=None, seconds=120.0):
    return try_fixes(run, lane, run.findings() if findings is None else findings, seconds)


def made_up(*fixes, rule="a_rule_of_its_own", lane=""):
    return [Finding(rule, "warning", lane, (), 0, {}, "Because.", tuple(Fix(one, "it may help") for one in fixes))]


def score_with(run, settings, seed):
    """The accuracy that a run of its own gets."""
    (recipe,) = run.recipes()
    again = Experiment(scenario_of(run.scenario, [mended(recipe, {**settings, "train.seed": seed})]))
    again.advance(10**6)
    return again.lanes[0].statistics["validation_accuracy"]


def test_a_rate_far_too_high_is_brought_down():
    run = trained(train={"lr": 50.0})
    trial = trial_of(run)
    assert not trial.cut
    assert trial.fix is not None
    assert trial.fix.holds
    assert [one.seed for one in trial.fix.seeds] == [0, 1, 2]
    assert all(one.after > 0.9 for one in trial.fix.seeds)
    assert trial.before < 0.8


def test_what_is_reported_is_what_a_run_of_its_own_gets():
    run = trained(train={"lr": 50.0})
    fix = trial_of(run).fix
    for one in fix.seeds:
        assert score_with(run, fix.candidate.set, one.seed) == one.after
        assert score_with(run, {}, one.seed) == one.before


def test_deep_sigmoids_are_replaced_or_normalised():
    run = trained(model={"hidden": [12] * 8, "activation": "sigmoid", "init": "xavier_normal"})
    trial = trial_of(run)
    assert trial.fix is not None
    assert set(trial.fix.candidate.set) & {"model.activation", "model.batch_norm"}
    assert min(one.after for one in trial.fix.seeds) > 0.85


def test_the_same_twice():
    runs = [trial_of(trained(train={"lr": 50.0})) for _ in range(2)]
    assert runs[0] == runs[1]
    sets = [one.candidate.set for one in runs[0].tried]
    assert all(one not in sets[:at] for at, one in enumerate(sets))
    assert len(runs[0].tried) > 1


def test_a_healthy_lane_is_left_alone():
    trial = trial_of(trained(), findings=[])
    assert (trial.tried, trial.proofs, trial.fix) == ((), (), None)
    remark = [replace(made_up({"train.lr": 0.2})[0], severity="info")]
    assert trial_of(trained(), findings=remark).tried == ()


def random_labels(tmp_path):
    generator = np.random.default_rng(3)
    np.savez(tmp_path / "random.npz", x=generator.normal(size=(300, 4)), y=generator.integers(0, 2, 300))
    return {"path": str(tmp_path / "random.npz")}


def test_labels_at_random_are_mended_by_nothing(tmp_path):
    run = trained(data=random_labels(tmp_path), train={"steps": 100})
    trial = trial_of(run, findings=made_up({"train.lr": 0.01}, {"train.lr": 1.0}))
    assert trial.fix is None
    assert not trial.cut
    assert not trial.reach.learnable
    assert len(trial.tried) > 15


def test_no_time_is_no_result():
    trial = trial_of(trained(train={"lr": 50.0}), seconds=0.0)
    assert trial.cut
    assert trial.fix is None
    assert all(one.score is None and not one.refused for one in trial.tried)


def test_what_the_scenario_refuses_is_skipped_with_the_reason():
    fixes = made_up({"model.outputs": 7}, {"train.lr": 0.5})
    trial = trial_of(trained(train={"lr": 1e-6}), findings=fixes)
    first, second = trial.tried[:2]
    assert (first.score, first.works) == (None, False)
    assert "model.outputs = 7" in first.refused
    assert second.works
    assert trial.fix.candidate.set == {"train.lr": 0.5}


def found_in(monkeypatch, finding, where=lambda _: True):
    """From now on the rules find this in the lanes where ``where`` holds, and nothing else."""

    def findings(run):
        return [replace(finding, lane=lane.name) for lane in run.lanes if where(lane)]

    monkeypatch.setattr(Experiment, "findings", findings)


def test_a_score_that_rises_is_no_fix_while_the_cause_is_still_found(monkeypatch):
    run = trained(train={"lr": 1e-6})
    (cause,) = made_up({"train.lr": 0.5})
    assert trial_of(run, findings=[cause]).fix is not None
    found_in(monkeypatch, cause)
    trial = trial_of(run, findings=[cause])
    assert trial.tried[0].score > trial.before + 0.2
    assert (trial.tried[0].left, trial.tried[0].works) == ((cause.rule,), False)
    assert trial.fix is None


@pytest.mark.parametrize(("severity", "rule"), [("warning", "another_rule"), ("critical", "an_old_consequence")])
def test_what_is_new_or_critical_is_no_fix_either(monkeypatch, severity, rule):
    run = trained(train={"lr": 1e-6})
    cause, consequence = made_up({"train.lr": 0.5}) + made_up(rule="an_old_consequence")
    found_in(monkeypatch, consequence)
    assert trial_of(run, findings=[cause, consequence]).tried[0].works
    found_in(monkeypatch, replace(consequence, severity=severity, rule=rule))
    assert not trial_of(run, findings=[cause, consequence]).tried[0].works


def test_what_works_with_the_first_seed_alone_is_not_proved(monkeypatch):
    run = trained(train={"lr": 1e-6})
    (cause,) = made_up({"train.lr": 0.5})
    found_in(monkeypatch, cause, where=lambda lane: lane.settings.seed == 2)
    trial = trial_of(run, findings=[cause])
    assert [one.works for one in trial.proofs[0].seeds] == [True, True, False]
    assert not trial.proofs[0].holds
    assert trial.fix is None


def test_one_lane_of_several_is_tried_alone():
    lanes = [{"name": "slow", "set": {"train.lr": 1e-6}}, {"name": "well"}]
    run = trained(lane=lanes)
    findings = [*made_up({"train.lr": 0.2}, lane="slow"), *made_up({"train.lr": 9.0}, lane="well")]
    trial = trial_of(run, "slow", findings)
    assert [one.candidate.set for one in trial.tried] == [{"train.lr": 0.2}]
    assert trial.fix.candidate == Candidate({"train.lr": 0.2}, "it may help", "a_rule_of_its_own")


def test_a_change_on_the_way_happens_in_every_try_but_to_what_the_fix_sets():
    recipe = Recipe("", {"data": MOONS, "model": {}, "train": {}}, ((5, {"train.lr": 9.0, "train.l2": 0.1}),))
    assert mended(recipe, {"train.lr": 0.1}).changes == ((5, {"train.l2": 0.1}),)
    assert mended(recipe, {"train.lr": 0.1, "train.l2": 0.0}).changes == ()
    change = {"step": 5, "set": {"train.lr": 1e-9}}
    run = trained(change=[change])
    trial = trial_of(run, findings=made_up({"train.l2": 1e-6}, {"train.lr": 0.1}))
    assert not trial.tried[0].works
    assert trial.tried[1].works


def test_no_more_than_a_few_are_repeated(tmp_path):
    run = trained(data=random_labels(tmp_path), train={"steps": 60})
    trial = trial_of(run, findings=made_up({"train.lr": 0.5}))
    assert len(trial.proofs) <= MOST_PROVED


def test_weights_set_by_hand_are_no_run_that_can_be_made_again():
    run = trained()
    run.set_parameters(0, {"1.weights": run.parameters()["1.weights"] * 0})
    with pytest.raises(Exception, match="weights were set by hand"):
        trial_of(run, findings=made_up({"train.lr": 0.2}))
