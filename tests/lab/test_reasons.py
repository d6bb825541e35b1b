"""Every action either does something now or says why not: over all actions, in every view."""

from typing import Any

import pytest
from builders import lane_snapshot, snapshot
from lab.driving import ROOMY, fake_lab, ready, text, until
from lab.fakes import FakeExperiment

from nntui.lab.keys import ACTIONS, CANNOT, actions
from nntui.lab.model import LabModel
from nntui.lab.reasons import ALWAYS, available, reason
from nntui.lab.session_view import SessionView
from nntui.plotting.theme import Theme
from nntui_engine import Experiment
from nntui_engine.run.snapshot import Snapshot
from nntui_engine.scenario import load_scenario

ALL = frozenset(("advance", "tweak", "rewind", "diagnose", "predict"))


def model(shown: Snapshot | None, view: str = "", **changes: Any) -> LabModel:
    made = LabModel("lab", actions(changes.pop("keymap", None)), Theme(), still=True)
    stage = changes.pop("stage", "ready" if shown is not None else "preparing")
    capabilities = changes.pop("capabilities", ALL)
    made.take(SessionView(version=1, stage=stage, snapshot=shown, capabilities=capabilities, **changes))
    made.view_name = view or made.view_name
    return made


def race() -> Snapshot:
    return Experiment(load_scenario("beale")).snapshot()


STATES = {
    "nothing yet": lambda: model(None),
    "failed": lambda: model(None, stage="failed"),
    "overview": lambda: model(snapshot("a", "b"), "overview"),
    "network": lambda: model(snapshot("a"), "network"),
    "lesson": lambda: model(snapshot("a"), "lesson"),
    "landscape": lambda: model(snapshot("a"), "landscape"),
    "a record": lambda: model(snapshot("a"), "overview", capabilities=frozenset()),
    "a race": lambda: model(race(), "map"),
    "a race's plots": lambda: model(race(), "overview"),
    "fair rates": lambda: model(race(), "fair"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_action_works_or_has_a_reason(state: str) -> None:
    made = STATES[state]()
    there = available(made)
    for action in ACTIONS:
        why = reason(made, action.id)
        assert (action.id in there) is not bool(why), action.id
        assert not why or (why[0].isupper() and why.endswith(".")), (action.id, why)
    assert there >= ALWAYS


WORDS = {
    ("overview", "undo"): "There is no change to take back.",
    ("overview", "redo"): "No change was taken back.",
    ("overview", "overview"): "This view is shown already.",
    ("overview", "zoom_in"): "That is for races on a surface; here a network is trained.",
    ("network", "next_lane"): "There is one lane only: a makes another beside it.",
    ("overview", "try"): "This scenario's lesson suggests nothing to try.",
    ("overview", "next_unit"): "No unit's weights are shown: 3 shows them.",
    ("overview", "cancel"): "There is nothing to leave.",
    ("lesson", "log_axis"): "No loss is plotted here.",
    ("a record", "step"): CANNOT["advance"],
    ("a race", "network"): "This scenario has no network: an optimizer goes down a surface.",
    ("a race", "whole_map"): "The whole map is shown already.",
    ("a race's plots", "zoom_in"): "The map is not shown: 4 shows it.",
    ("nothing yet", "step"): "Not yet: what is to be trained is still being made ready.",
    ("failed", "step"): "Nothing runs: r tries again, o opens another scenario.",
}


@pytest.mark.parametrize(("state", "action"), WORDS)
def test_what_is_said(state: str, action: str) -> None:
    assert reason(STATES[state](), action) == WORDS[state, action]


def test_reasons_name_keys_as_this_person_has_them() -> None:
    made = model(Snapshot("one", "", 0, 1, 10, (lane_snapshot(),)), keymap={"add_lane": "f9"})
    assert reason(made, "next_lane").startswith("There is one lane only: f9 makes")


async def test_a_key_that_does_nothing_says_why() -> None:
    app = fake_lab(FakeExperiment())
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        for key, words in (
            ("u", "no change to take back"),
            ("tab", "There is one lane only"),
            ("1", "shown already"),
            ("F", "That is for races"),
            ("escape", "nothing to leave"),
        ):
            await pilot.press(key)
            await until(pilot, lambda words=words: words in text(app))
        assert app.model.log == []
        await pilot.press("right")
        await until(pilot, lambda: app.model.view.can_undo)
        await pilot.press("u")
        await until(pilot, lambda: app.model.view.can_redo)
        app.source.stop()
