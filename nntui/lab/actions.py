"""What a person can do by keys and by the palette; what belongs to a map is in map_actions.py."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen

from nntui.files import free_name
from nntui.plotting.units import MEASURES
from nntui.png import find_browser, svg_to_png
from nntui_engine.errors import InputError

from .files import save
from .frame import export
from .help_words import help_lines
from .keeping import command_line
from .keys import key_words
from .knob_rack import Turn
from .knobs import Value
from .new_lanes import NewLane, lane_name
from .panel_actions import PanelActions
from .reasons import why_not
from .recording import NO_LOG, SUFFIX, new_record
from .screens.dialog import Palette
from .screens.help import HelpScreen
from .screens.value import ValueScreen
from .training import Training


class LabActions(PanelActions):
    """The app as far as keys are concerned."""

    to_copy: deque[str]  # into the clipboard, with the next frame
    _to_drop = ""  # the lane that one more key takes away

    async def run_call(self, call: str) -> None:
        """Does what an action of the registry says, for the palette."""
        await self.run_action(f"app.{call}")

    def action_do(self, name: str, *arguments: int) -> None:
        """Has the run do something: a method of Training, by its name."""
        self.source.order(lambda run: getattr(run, name)(*arguments))

    def action_restart(self) -> None:
        """Starts again from the same seed."""
        self.source.order(Training.restart)
        self.say("Started again from the same seed.")

    def action_new_seed(self) -> None:
        """Starts again from the next seed."""
        self.source.order(Training.next_seed)
        self.say("Started again from a new seed.")

    def action_choose_knob(self, direction: int) -> None:
        """Chooses the knob above (−1) or below (1); while a start is being chosen, moves it up or down."""
        if self.arrow_moves_start(0, -direction, False) or self.arrow_moves_layer(direction):
            return
        self.model.rack.choose(direction)
        self.model.layer_last = False
        self.redraw()

    def action_turn(self, direction: int, fine: bool) -> None:
        """Turns the chosen knob down (−1) or up (1); while a start is being chosen, moves it left or right."""
        if self.arrow_moves_start(direction, 0, fine) or self.arrow_moves_cursor(direction, fine):
            return
        self.model.layer_last = False
        lanes = self.model.chosen_lanes
        if lanes and all(self.model.rack.value(self.model.rack.knob, lane) is None for lane in lanes):
            self.say(self.model.rack.missing(lanes), log=False)
            return
        self._ask(self.model.rack.turned(lanes, direction, fine))

    def action_default(self) -> None:
        """Puts the chosen knob back to the value each chosen lane began with."""
        self._ask(self.model.rack.back(self.model.chosen_lanes, self.model.view.first))

    def action_type_value(self) -> None:
        """Asks for the chosen knob's value; confirms a new start or the fair rates where these are being chosen."""
        if self.enter_confirms():
            return
        lanes = self.model.chosen_lanes
        if not lanes:
            return
        knob = self.model.rack.knob
        value = self.model.rack.value(knob, lanes[0])
        if value is None:
            self.say(self.model.rack.missing(lanes), log=False)
            return

        def done(typed: object) -> None:
            if isinstance(typed, (int, float, str, tuple)):
                self._ask(self.model.rack.set_to(self.model.chosen_lanes, typed))

        title = f"{knob.label} {self.plot_theme.glyphs.dot} {self.model.target}" if self.model.target else knob.label
        screen = ValueScreen(title, knob.written(lanes[0].settings), knob.hint(), knob.typed)
        self._open(screen, done)

    def choose_knob(self, index: int) -> None:
        """Chooses a knob by its place."""
        self.model.rack.chosen, self.model.layer_last = index, False
        self.redraw()

    def set_knob(self, index: int, value: Value) -> None:
        """Chooses a knob by its place, and sets it for the chosen lanes."""
        self.model.rack.chosen = index
        self._ask(self.model.rack.set_to(self.model.chosen_lanes, value))
        self.redraw()

    def _open(self, screen: Screen[Any], done: Callable[[Any], Any] | None = None) -> None:
        """Shows a screen above the lab, unless a key before this one has opened one."""
        if self.screen is self.lab_screen:
            screen.set_class(self.plot_theme.ascii_only, "ascii")
            self.push_screen(screen, done)

    def _ask(self, turns: list[Turn]) -> None:
        """Sends changes to the source: one for all lanes where they are alike, so that one mark is left."""
        snapshot = self.model.view.snapshot
        if not turns or snapshot is None or self.model.awaits_lane:
            return
        if self.model.makes_branches:
            lanes = self.model.branches(self.model.rack.knob.restarts)
            self._order_lanes(lanes)
            names = {lane.like: lane.name for lane in lanes}
            turns = [replace(turn, lane=names[turn.lane]) for turn in turns]
            for turn in turns:
                self.tweak(turn.settings, turn.lane)
            self.redraw()
            return
        if len(turns) == len(snapshot.lanes) > 1 and all(turn.settings == turns[0].settings for turn in turns):
            ticket = self.tweak(turns[0].settings, None)
            for turn in turns:
                self.model.rack.wait_for(turn, ticket)
        else:
            for turn in turns:
                self.model.rack.wait_for(turn, self.tweak(turn.settings, turn.lane))
        self.redraw()

    def action_next_lane(self) -> None:
        """Chooses the next lane; after the last, all of them together."""
        self.model.choose_next_lane()
        self.redraw()

    def action_log_axis(self) -> None:
        """Switches the loss, or the panel that fills the screen, between a linear and a logarithmic axis."""
        if not self.model.switch_log_axis():
            self.say("This plot has one kind of axis only.", log=False)
        self.redraw()

    def action_choose_unit(self, direction: int) -> None:
        """Chooses the next (1) or last (−1) unit of the layer whose weights are shown."""
        self.model.choose_unit(direction)
        self.redraw()

    def action_next_measure(self) -> None:
        """Shades the units of the Network view by the next of what is known of them, a race's map by height or by the
        minimum that is reached from there."""
        if self.model.race is not None:
            self.model.map_view.basins = not self.model.map_view.basins
            words = "which minimum this lane reaches from there, at its settings" if self.model.map_view.basins else ""
            self.say(f"Shades of the map say {words or 'how high the surface is'}.", log=False)
            return
        view = self.model.panel_view
        view.measure = (view.measure + 1) % len(MEASURES)
        self.redraw()

    def action_choose_layer(self, direction: int) -> None:
        """Chooses the first unit of the next (1) or last (−1) layer."""
        self.model.choose_layer(direction)
        self.redraw()

    def action_view(self, name: str) -> None:
        """Shows a view by name ("overview", "network", "map" or "lesson"), or says why it cannot be shown."""
        reason = why_not(self.model, name)
        if reason:
            self.say(reason, log=False)
            return
        self.model.view_name, self.model.page, self.model.zoom = name, 0, ""
        self.model.layer_last = False
        self.redraw()

    def action_panels(self, direction: int) -> None:
        """Shows the next (1) or last (−1) page of plots, or the plot alone; in the lesson, scrolls its text."""
        if self.lab_screen is None or self.next_zoomed(direction):
            return
        if self.model.view_name == "lesson":
            self.lab_screen.scroll_lesson(direction)
        else:
            self.model.page = (self.model.page + direction) % self.model.pages
            self.redraw()

    def action_try(self) -> None:
        """Does the first of the lesson's suggestions that was not done yet."""
        index = self.model.next_try
        if index is not None:
            self.do_try(index)

    def do_try(self, index: int) -> None:
        """Does one of the lesson's suggestions in a new lane, beside the one that it is about."""
        one = self.model.view.scenario.tries[index]
        self.model.tries_done.add(index)
        self.model.tried(self.add_lanes(one.set, self.model.like_for_try(one.lane)))

    def action_fix(self) -> None:
        """Tries the next fix of what was found in the chosen lane, or else in the sickest, in a new lane beside it."""
        found = self.model.next_fix
        if found is not None:
            lane, fix = found
            for new in self.add_lanes(fix.set, lane.name):
                self.model.note_fix(self.model.fixes.began(new.name, lane.name, fix))
            whose = f" in lane {lane.name}" if lane.name else ""
            what = fix.of.replace("_", " ")
            self.say(f"Trying a fix of {what}{whose}: {fix.why}. At its end it says whether it has won.")

    def action_add_lane(self, fresh: bool) -> None:
        """Adds a copy of each chosen lane: from its start, or as it stands."""
        self.add_lanes({}, None, fresh)

    def add_lanes(self, settings: Mapping[str, object], like: str | None, fresh: bool = True) -> list[NewLane]:
        """Adds lanes with other settings, beside the lane ``like`` or else those chosen; returns them."""
        lanes = self.model.new_lanes(settings, like, fresh)
        if lanes:
            self._order_lanes(lanes)
            where = "from step 0" if fresh else "from here on"
            names = ", ".join(lane.name for lane in lanes)
            self.say(
                f"New: {names}, {where}; {'u takes it back' if len(lanes) == 1 else 'u takes them back'}.", log=False
            )
        return lanes

    def _order_lanes(self, lanes: list[NewLane]) -> None:
        self.model.await_lane(lanes[0].name, self.source.order(partial(Training.add_lanes, lanes=lanes)))

    def action_branching(self) -> None:
        """Switches between knobs that change the lane itself and knobs that make a new lane beside it."""
        self.model.branching = not self.model.branching
        turned = "makes a new lane beside it" if self.model.branching else "changes the lane itself"
        self.say(f"Turning a knob {turned}.", log=False)

    def action_drop_lane(self) -> None:
        """Takes the chosen lane away, when asked twice."""
        lanes = self.model.chosen_lanes
        if len(lanes) != 1 or self.model.view.snapshot is None or len(self.model.view.snapshot.lanes) == 1:
            self.say("One lane always stays." if len(lanes) == 1 else "Choose one lane first (tab).", log=False)
        elif self._to_drop != lanes[0].name:
            self._to_drop = lanes[0].name
            self.say(f"Once more takes lane {lanes[0].name} away for good.", log=False)
        else:
            self._to_drop = ""
            self.source.order(partial(Training.drop_lane, name=lanes[0].name))
            self.say(f"Lane {lanes[0].name} is gone.")

    def action_rename_lane(self) -> None:
        """Asks for another name for the chosen lane."""
        lanes = self.model.chosen_lanes
        if len(lanes) != 1:
            self.say("Choose one lane first (tab).", log=False)
            return
        name = lanes[0].name

        def done(typed: object) -> None:
            if isinstance(typed, str) and typed != name:
                self.source.order(partial(Training.rename_lane, name=name, new=typed))

        self._open(ValueScreen("Name of the lane", name, "a name that no other lane has", lane_name), done)

    def action_save_picture(self, suffix: str = ".svg") -> None:
        """Saves the screen as an SVG or, ".txt", as text in the working folder, under a name that is free, and says
        which or why not."""
        if self.model.view.snapshot is not None:
            frame = export(self, self.title)
            self._save_picture(suffix, frame.text if suffix == ".txt" else frame.svg)

    def action_save_png(self) -> None:
        """Saves the screen as it is now as a PNG, which a browser draws meanwhile."""
        if self.model.view.snapshot is None:
            return
        try:
            find_browser()
        except InputError:
            key = next(key_words(action) for action in self.model.actions if action.id == "screenshot")
            self.say(f"A PNG is drawn by Chromium or Chrome, and none is on the PATH: {key} saves an SVG.", error=True)
            return
        svg = export(self, self.title).svg
        self.say("The PNG is being drawn.", log=False)

        def draw() -> None:
            try:
                picture = svg_to_png(svg)
            except InputError as error:
                self.call_from_thread(self.say, f"The picture: {error}", True)
                return
            self.call_from_thread(self._save_picture, ".png", picture)

        self.run_worker(draw, thread=True, exit_on_error=False)

    def _save_picture(self, suffix: str, content: str | bytes) -> None:
        snapshot = self.model.view.snapshot
        if snapshot is None:
            return
        try:
            path = save(Path.cwd(), f"{snapshot.scenario}-step-{snapshot.step}", suffix, content)
        except InputError as error:
            self.say(f"The picture: {error}", error=True)
            return
        self.say(f"Saved {path.name}")

    def action_keep(self) -> None:
        """Writes a scenario file into the working folder that gives the run on screen."""
        self.source.order(partial(Training.keep, folder=Path.cwd()))

    def action_export(self, form: str = "csv") -> None:
        """Writes all that was measured into the working folder, as CSV or, "jsonl", as JSON lines."""
        self.source.order(partial(Training.export, folder=Path.cwd(), form=form))

    def action_record(self) -> None:
        """Records the run from now on, into a new file whose name is asked for."""
        snapshot = self.model.view.snapshot
        if snapshot is None:
            return

        def done(recorder: Any) -> None:
            if recorder is not None:
                if recorder.journal != "wal":
                    self.say(NO_LOG, error=True)
                self.source.record(recorder)

        name = free_name(Path.cwd(), snapshot.scenario, SUFFIX).name
        hint = "a new file: what is still known of the run so far, then every number of every step"
        self._open(ValueScreen("Record this run into", name, hint, new_record), done)

    def action_copy_command(self) -> None:
        """Puts the values of the plot that is read at a step into the clipboard, or the command that gives this run."""
        values = self.lab_screen.read_values if self.lab_screen is not None else ""
        if values:
            self.to_copy.append(values)
            return
        self.source.order(lambda training: self.to_copy.append(command_line(training.run)))

    def action_help(self) -> None:
        """Says what is on screen, and lists the keys: first those that work here."""
        model, lab = self.model, self.lab_screen
        words = lab.shown_words if lab is not None else []
        lines = help_lines(model.view_name, words, model.actions, model.available(), self.plot_theme, model.labels)
        self._open(HelpScreen(lines, self.plot_theme))

    def action_command_palette(self) -> None:
        """Opens the palette of all commands."""
        self._open(Palette())  # with Textual's id, the next one would meet the last one on its way out
