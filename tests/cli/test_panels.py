"""A panel that there is not is named before anything runs; the engine alone takes every name."""

from pathlib import Path

import pytest

from nntui.plotting.panels import PANELS
from nntui.scenario import LAYER_PANELS, LOOK_PANELS, load_scenario, panel_names
from nntui_engine import scenario as engine

NETWORK = 'schema = 1\n[scenario]\ntitle = "T"\npanels = ["loss", "{panel}"]\n[data]\nname = "xor"\n'
SURFACE = 'schema = 1\n[scenario]\ntitle = "T"\npanels = ["{panel}"]\n[surface]\nname = "bowl"\n'


def write(folder: Path, text: str, panel: str) -> str:
    file = folder / "own.toml"
    file.write_text(text.format(panel=panel), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    "command", ["run", "run --headless", "validate", "verify", "show", "snapshot --out x", "new x.toml --from"]
)
def test_an_unknown_panel_is_one_line(invoke, monkeypatch, tmp_path, command):
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path, SURFACE, "x")  # a statistic, but no panel
    result = invoke(*command.split(), file)
    line = f'nntui: {file}: scenario.panels: unknown panel "x"; allowed: value, gradient_norm, distance\n'
    assert (result.status, result.out, result.err) == (2, "", line)


def test_the_nearest_name_is_offered_and_all_are_listed(invoke, tmp_path):
    result = invoke("validate", write(tmp_path, NETWORK, "decision_region"))
    assert 'unknown panel "decision_region"; did you mean "decision_regions"? allowed: loss, accuracy, ' in result.err
    assert result.err.endswith(f"{', '.join((*LOOK_PANELS[-2:], *LAYER_PANELS))}\n")


def test_what_may_be_asked_for_is_what_is_drawn():
    assert set(panel_names(is_surface=False)) == set(PANELS)


@pytest.mark.parametrize("name", list(engine.scenario_paths()))
def test_every_built_in_scenario_asks_for_panels_that_there_are(name):
    assert load_scenario(name).panels


def test_the_engine_knows_no_panels(tmp_path):
    assert engine.load_scenario(write(tmp_path, NETWORK, "anything")).panels == ("loss", "anything")
