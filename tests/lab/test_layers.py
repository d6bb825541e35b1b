"""The lab with a network of listed layers: choosing a layer, freezing it, and what cannot be turned."""

from builders import lane_snapshot, residual
from lab.driving import ROOMY, fake_lab, ready, text, until
from lab.test_palette import offered

from nntui.lab import reasons
from nntui.lab.keys import actions
from nntui.lab.layer_knobs import FrozenKnob
from nntui.lab.model import LabModel
from nntui.lab.session_view import SessionView
from nntui.plotting.theme import Theme
from nntui_engine.run.snapshot import Snapshot


def model_of(snapshot: Snapshot) -> LabModel:
    model = LabModel("lab", actions(), Theme(), still=True)
    capabilities = frozenset(("advance", "tweak"))
    model.take(SessionView(version=1, stage="ready", snapshot=snapshot, capabilities=capabilities))  # type: ignore[arg-type]
    return model


def choose_frozen(model: LabModel) -> None:
    while not isinstance(model.rack.knob, FrozenKnob):
        model.rack.choose(1)


def frozen_knob(model: LabModel) -> tuple[int, str]:
    state = model.state()
    return model.knob_layer, state.knobs[state.chosen_knob].value


def grey(model: LabModel) -> dict[str, str]:
    return {action.id: why for action, why in reasons.offered(model) if why}


def test_a_layer_can_be_chosen_where_the_frozen_knob_or_its_weights_are_shown() -> None:
    model = model_of(residual())
    assert not {"next_layer", "last_layer"} & model.available()
    choose_frozen(model)
    assert {"next_layer", "last_layer"} <= model.available()
    assert not {"next_unit", "last_unit"} & model.available()
    assert model.knob_layer == 1
    model.choose_layer(1)
    assert frozen_knob(model) == (2, "no, a.1")
    model.choose_layer(-1)
    model.choose_layer(-1)
    assert frozen_knob(model) == (8, "no, output")
    model.rack.choose(1)
    assert model.knob_layer == 0


def test_a_knob_without_a_meaning_is_grey_in_the_palette_with_the_reason() -> None:
    model = model_of(residual())
    assert "type_value" not in grey(model)
    while model.rack.knob.label != "depth":
        model.rack.choose(1)
    assert grey(model)["type_value"].startswith("The file lists this network's layers")
    assert grey(model)["default"] == grey(model)["type_value"]
    assert [row.label for row in model.state().knobs if row.missing] == ["momentum", "width", "depth"]
    plain = model_of(Snapshot("plain", "", 0, 300, 1000, (lane_snapshot(),)))
    assert not grey(plain).keys() & {"type_value", "default"}


async def test_turning_the_frozen_knob_asks_for_the_chosen_layer() -> None:
    app = fake_lab()
    async with app.run_test(size=ROOMY) as pilot:
        await ready(pilot)
        choose_frozen(app.model)
        await pilot.press("w")
        await until(pilot, lambda: "no, layer 2" in text(app))
        asked = []
        app.tweak = lambda settings, lane: asked.append((settings, lane)) or 0  # type: ignore[method-assign, func-returns-value]
        await pilot.press("right")
        await until(pilot, lambda: bool(asked))
        assert asked == [({"model.trainable": [True, False, True]}, app.model.chosen_lanes[0].name)]
        hits = await offered(app)
        assert "The next layer (units, frozen knob)" in hits
        app.source.stop()
