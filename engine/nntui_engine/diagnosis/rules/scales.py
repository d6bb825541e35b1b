"""Inputs and targets that are too large, too small, or too unlike each other."""

from ...run.finding import Finding
from ..case import Case
from ..fixes import STANDARD_BOTH, STANDARD_INPUTS, STANDARD_TARGETS

LARGE_INPUTS = 5.0  # root mean square; of standardised ones it is 1
SMALL_INPUTS = 0.05  # the largest of them: pixels divided by 255 twice are below 0.004
FAR_OFF = 5.0  # standard deviations between an input's mean and 0
UNLIKE = 50.0  # times as spread as another input
LARGE_TARGETS = 10.0  # standard deviation, or distance of the mean from 0
SMALL_TARGETS = 0.01  # standard deviation: a first output of a network on inputs of size 1 is about as large as 1


def _inputs_are_sizes(case: Case) -> bool:
    """Whether inputs are multiplied as they are: neither normalised nor the numbers of tokens."""
    tokens = any(layer.kind == "embedding" and 0 in layer.sources for layer in case.settings.layers)
    return not (tokens or case.settings.batch_norm_inputs)


def _inputs_are_off(case: Case) -> bool:
    size, offset = case.facts.input_size, case.facts.offset
    large = size > LARGE_INPUTS or (offset > FAR_OFF and size > 1.0)
    return _inputs_are_sizes(case) and (large or _inputs_are_small(case))


def _inputs_are_small(case: Case) -> bool:
    return 0.0 < case.facts.largest_input < SMALL_INPUTS


def _targets_are_off(case: Case) -> bool:
    if case.lane.network.task != "regression":
        return False
    spread, mean = case.facts.target_spread, abs(case.facts.target_mean)
    return max(spread, mean) > LARGE_TARGETS or 0.0 < spread < SMALL_TARGETS


def input_scale(case: Case) -> Finding | None:
    """Inputs far from the size that first weights and learning rates are made for."""
    size, offset = case.facts.input_size, case.facts.offset
    if not _inputs_are_off(case):
        return None
    evidence = {"input_size": size, "size_above": LARGE_INPUTS, "offset": offset, "offset_above": FAR_OFF}
    if _inputs_are_small(case):
        how = f"{case.facts.largest_input:.2g} at most"
        evidence = {"largest_input": case.facts.largest_input, "below": SMALL_INPUTS}
    elif size > LARGE_INPUTS:
        how = f"as large as {size:.3g} on the whole"
    else:
        how = f"{offset:.3g} times as far off 0 as wide"
    return case.finding(
        "input_scale",
        f"The inputs are {how}: first weights and usual learning rates are made for inputs around 0 of size 1.",
        evidence,
        (STANDARD_BOTH if _targets_are_off(case) else STANDARD_INPUTS,),
        layers=(case.lowest + 1,),
    )


def feature_scale_spread(case: Case) -> Finding | None:
    """Inputs of which one varies far more than another."""
    narrow, wide = case.facts.spreads
    if not _inputs_are_sizes(case) or len(case.settings.shape) > 1 or not wide > UNLIKE * narrow > 0.0:
        return None
    return case.finding(
        "feature_scale_spread",
        f"One input varies by {wide:.3g}, another by {narrow:.3g}: a rate that suits one is wrong for the other.",
        {"ratio": wide / narrow, "above": UNLIKE},
        (STANDARD_INPUTS,),
        layers=(case.lowest + 1,),
    )


def target_scale(case: Case) -> Finding | None:
    """Numbers to be learned that are far from the size of a network's first outputs."""
    spread, mean = case.facts.target_spread, abs(case.facts.target_mean)
    if not _targets_are_off(case):
        return None
    if max(spread, mean) > LARGE_TARGETS:
        limit = {"above": LARGE_TARGETS}
        why = "a network's first outputs are near 0, so the first errors and steps are huge, or it is long on its way"
    else:
        limit = {"below": SMALL_TARGETS}
        why = "a network's first outputs are far larger than what is to be told apart, and its steps too"
    return case.finding(
        "target_scale",
        f"The targets vary by {spread:.3g} around {case.facts.target_mean:.3g}: {why}.",
        {"target_spread": spread, "target_mean": mean, **limit},
        (STANDARD_BOTH if _inputs_are_off(case) else STANDARD_TARGETS,),
        layers=(len(case.lane.layers),),
    )
