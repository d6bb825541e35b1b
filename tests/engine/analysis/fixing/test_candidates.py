"""What could mend a lane: which settings, in which order, and none that change nothing."""

from builders import lane_settings

from nntui_engine.analysis.fixing.candidates import (
    LR_FACTORS,
    Candidate,
    candidates,
    extended,
    followed,
    pairs,
    together,
    usual_changes,
)
from nntui_engine.run.finding import Finding, Fix

TABLE = {
    "data": {"task": "classes", "target_coding": "one_hot", "preprocess": "none", "target_scale": "none"},
    "model": {"activation": "relu", "init": "constant", "bias": 0.0, "output": "softmax", "dropout": 0.0},
    "train": {"lr": 0.03, "optimizer": "sgd", "loss": "cross_entropy", "l1": 0.0, "l2": 0.0},
}


def settings(**changes):
    return lane_settings(lr=0.03, table={name: {**part, **changes.get(name, {})} for name, part in TABLE.items()})


def found(rule, *fixes):
    return Finding(rule, "warning", "", (), 0, {}, "Because.", tuple(Fix(one, f"why {rule}") for one in fixes))


def test_the_cause_comes_first_and_nothing_twice():
    findings = [
        found("symmetric_units", {"model.init": "he_normal"}),
        found("dead_relu", {"train.lr": 0.003}, {"model.init": "he_normal"}, {"model.activation": "leaky_relu"}),
    ]
    made = candidates(findings, settings())
    assert [(one.of, one.set) for one in made] == [
        ("symmetric_units", {"model.init": "he_normal"}),
        ("dead_relu", {"train.lr": 0.003}),
        ("dead_relu", {"model.activation": "leaky_relu"}),
    ]


def test_what_the_lane_has_already_is_not_tried():
    fixes = found("dead_relu", {"model.activation": "relu"}, {"model.activation": "relu", "train.lr": 0.01})
    assert [one.set for one in candidates([fixes], settings())] == [{"train.lr": 0.01}]
    decided = found("output_mismatch", {"model.output": "softmax", "train.loss": "mse"})
    assert [one.set for one in candidates([decided], settings())] == [decided.fixes[0].set]


def test_a_tenth_is_written_without_the_dust_of_binary_numbers():
    (one,) = candidates([found("dead_relu", {"train.lr": 0.003 / 10})], settings())
    assert one.set == {"train.lr": 0.0003}
    assert 0.003 / 10 != 0.0003


def test_pairs_leave_out_what_contradicts_itself_or_is_no_pair():
    rate, other, init = ({"train.lr": 0.1}, {"train.lr": 0.2}, {"model.init": "he_normal"})
    both = {**rate, **init}
    singles = [Candidate(one, str(number), "rule") for number, one in enumerate((rate, other, init, both))]
    made = pairs(singles, settings())
    assert [(one.set, one.why) for one in made] == [(both, "0; 2"), ({**other, **init}, "1; 2")]
    clash = [Candidate({**rate, **init}, "", "rule"), Candidate({**other, "train.l2": 0.1}, "", "rule")]
    assert pairs(clash, settings()) == []


def test_what_is_left_after_a_fix_is_mended_beside_it():
    tried = Candidate({"train.lr": 0.5, "model.init": "he_normal"}, "smaller", "dead_relu")
    (one,) = followed(tried, [found("non_finite", {"train.lr": 0.05})], settings())
    assert one.set == {"train.lr": 0.05, "model.init": "he_normal"}
    assert one.why == "smaller; why non_finite"


def sets(**changes):
    return [one.set for one in usual_changes(settings(**changes))]


def test_the_search_has_rates_around_the_present_one():
    rates = [one["train.lr"] for one in sets() if set(one) == {"train.lr"}]
    assert rates == [0.01, 0.09, 0.003, 0.3, 0.0003, 3.0]
    assert len(LR_FACTORS) == 6
    assert {"train.optimizer": "adam", "train.lr": 0.003} in sets()


def test_the_search_changes_conditions_that_are_not_met():
    assert {"data.preprocess": "standardize"} in sets()
    assert {"model.init": "he_normal"} in sets()
    met = {"data": {"preprocess": "standardize"}, "model": {"init": "he_normal"}}
    assert not any("data.preprocess" in one or one == {"model.init": "he_normal"} for one in sets(**met))


def test_only_numbers_have_targets_to_scale():
    assert not any("data.target_scale" in one for one in sets())
    numbers = {"data": {"task": "regression", "target_coding": "as_is"}}
    assert {"data.target_scale": "standardize"} in sets(**numbers)


def test_an_output_that_does_not_fit_is_replaced_by_one_that_does():
    assert not any("model.output" in one for one in sets())
    unfit = {"data": {"target_coding": "label"}, "model": {"output": "linear"}, "train": {"loss": "mse"}}
    wanted = {"model.output": "softmax", "train.loss": "cross_entropy", "data.target_coding": "one_hot"}
    assert {**wanted, "model.outputs": "auto"} in sets(**unfit)


def test_what_holds_the_weights_back_is_taken_off_together():
    assert {"train.l2": 0.0, "model.dropout": 0.0} in sets(model={"dropout": 0.9}, train={"l2": 5.0})


def test_all_conditions_at_once_and_with_every_rate():
    made = together(usual_changes(settings()), settings())
    first = made[0].set
    assert first["data.preprocess"] == "standardize"
    assert "train.lr" not in first
    assert all(first.items() <= one.set.items() for one in made)
    assert {one.set.get("train.lr") for one in made} >= {None, 0.003, 0.3}


def test_the_best_is_tried_with_more_beside_it():
    best = Candidate({"train.lr": 0.3}, "larger", "rule")
    others = [Candidate({"model.init": "he_normal"}, "init", "rule"), Candidate({"train.lr": 3.0}, "lr", "rule")]
    assert [one.set for one in extended(best, others, settings())] == [{"train.lr": 0.3, "model.init": "he_normal"}]
