"""The lab: an experiment that trains while a person watches and turns its knobs."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from nntui_engine.errors import InputError

from .closeup import Wish
from .keys import actions
from .knob_rack import Turn
from .leaving import leave_in_any_case
from .map_actions import MapActions
from .model import LabModel
from .palette import LabCommands
from .plotting.frame import prepare
from .plotting.look import ACCENT, BACKGROUND, DIM, ERROR, GOOD, TEXT, WARNING, Look, choose_look
from .plotting.panels import histories
from .screens.dialog import Palette
from .screens.help import HelpScreen
from .screens.lab import LabScreen
from .screens.value import ValueScreen
from .session import Session
from .session_view import SessionView
from .source import Source
from .terminal import driver_class
from .terrain import Survey
from .warming import Warming

if TYPE_CHECKING:
    from nntui_engine.experiment import Experiment
    from nntui_engine.scenario import Scenario

FRAMES_PER_SECOND = 12
REWIND_MEMORY = 256_000_000  # bytes for moments kept on the way
RACE_FRAMES_PER_SECOND = 22
DRAWING_SECONDS = 1 / 30  # between two frames that keys ask for
MESSAGE_SECONDS = 3.0
ERROR_SECONDS = 8.0
THEME = Theme(
    name="nntui",
    primary=ACCENT,
    secondary=DIM,
    accent=ACCENT,
    foreground=TEXT,
    background=BACKGROUND,
    surface="#161c24",
    panel="#1a212b",
    success=GOOD,
    warning=WARNING,
    error=ERROR,
    dark=True,
)


class LabApp(MapActions, App[None]):
    """Draws the newest view of ``source`` some times a second and turns keys into its commands.

    ``still`` starts no source, no timer and no signal handler: for pictures.
    """

    CSS_PATH = "styles.tcss"
    BINDINGS = [Binding("ctrl+c", "leave(130)", show=False, priority=True, id="interrupt")]  # noqa: RUF012
    COMMANDS = {LabCommands}  # noqa: RUF012

    def __init__(
        self,
        source: Source,
        title: str = "",
        *,
        look: Look | None = None,
        keymap: Mapping[str, str] | None = None,
        still: bool = False,
        fair: bool = False,
    ) -> None:
        self._lab_actions = actions(keymap)
        super().__init__(driver_class=driver_class())
        self.register_theme(THEME)
        self.theme = THEME.name
        self.animation_level = "none"
        self.title = title or "nntui"
        self.look = look or choose_look(colour_system=self.console.color_system, no_colour=self.no_color)
        self.source = source
        self.still = still
        self.model = LabModel(self.title, self._lab_actions, self.look, still=still)
        self._lab: LabScreen | None = None
        self._shown: tuple[str, ...] | None = None
        self._surveyed: Survey | None = None
        self._wished = Wish()
        self._fair_wanted = fair
        self._timer: Timer | None = None
        self._fast = False
        self._drawn_at = 0.0
        self._drawing: Timer | None = None  # the frame that is due
        self._keymap_asked = dict(keymap or {})

    # -- life -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Shows the lab, starts the source and looks at it ``FRAMES_PER_SECOND`` times a second; once if still."""
        if self._keymap_asked:
            self.set_keymap(self._keymap_asked)
        self._lab = LabScreen(self.look)
        self._lab.set_class(self.look.ascii_only, "ascii")
        self.push_screen(self._lab)
        if self.still:
            self.take(self.source.poll())
            return
        self.run_worker(prepare, thread=True)  # 0.15 s in which the screen would stand still
        self.redraw()
        self.source.start()
        self._timer = self.set_interval(1 / FRAMES_PER_SECOND, self._tick)

    def catch_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Textual leaves the terminal in its own mode on these signals. To be called before ``loop`` runs."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            number = getattr(signal, name, None)
            if number is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(number, partial(self._leave_on_signal, 128 + number))

    def _tick(self) -> None:
        if getattr(self._driver, "behind", False):
            return  # a slow terminal gets the newest frame when it has shown the ones before
        with contextlib.suppress(NoMatches):  # a tick while the screen is being built or taken down
            self._look_for_news()

    def _look_for_news(self) -> None:
        notices = self.source.notices()
        for text, error in notices:
            self.model.say(text, error)
        view = self.source.poll()
        if view.version != self.model.view.version or notices or self.model.message_faded():
            self.take(view)
        else:
            self._ask_for_the_surface()

    def take(self, view: SessionView) -> None:
        """Draws a view."""
        self.model.take(view)
        if view.bad_input is not None:
            self.exit(return_code=2)
            return
        if self.model.race is not None and self._timer is not None and not self._fast:  # heads move every step
            self._fast = True
            self._timer.stop()
            self._timer = self.set_interval(1 / RACE_FRAMES_PER_SECOND, self._tick)
        if self.model.race is not None and self._fair_wanted:
            self._fair_wanted = False
            self.action_fair()
        self.redraw()

    def redraw(self) -> None:
        """Draws what is known again, as after a key: now, or with the next frame where the last one is very new."""
        if self._drawing is not None:
            return
        wait = self._drawn_at + DRAWING_SECONDS - time.monotonic()
        if self.still or wait <= 0:
            self._draw()
        else:
            self._drawing = self.set_timer(wait, self._draw)

    def _draw(self) -> None:
        self._drawing = None
        with contextlib.suppress(NoMatches):  # while the screen is being built or taken down
            self._draw_now()
        self._drawn_at = time.monotonic()

    def _draw_now(self) -> None:
        lab = self._lab
        if lab is None or not lab.children:  # not yet, or no longer: the last tick may come while the app closes
            return
        lab.show(self.model.state())
        if self.model.pages != lab.pages:
            self.model.pages = lab.pages
            lab.show(self.model.state())
        if lab.shown_panels != self._shown:
            self._shown = self.model.shown = lab.shown_panels
            self.source.show(*histories(self._shown, self.model.view.snapshot), None)
        wish = lab.wish
        if wish != self._wished:
            self._wished = wish
            self.source.look_closer(wish)
        self._ask_for_the_surface()

    def _ask_for_the_surface(self) -> None:
        """The map has its size only after it was laid out, which may be later than the last change of the race."""
        lab = self._lab
        survey = lab.wanted_survey if lab is not None and lab.children else None
        if survey is not None and survey != self._surveyed:
            self._surveyed = survey
            self.source.survey(survey)

    def on_lab_screen_laid_out(self) -> None:
        """Draws again when the screen has a new size, to which another number of plots may fit."""
        with contextlib.suppress(NoMatches):
            self.redraw()

    def say(self, text: str, error: bool = False, log: bool = True) -> None:
        """Shows a message for a few seconds."""
        self.model.say(text, error, log)
        self.redraw()

    async def run_call(self, call: str) -> None:
        """Does what an action of the registry says, for the palette."""
        await self.run_action(f"app.{call}")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """A picture has full colours whatever this terminal can do."""
        return () if self.still else super().get_line_filters()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Keys of actions that do nothing now are ignored."""
        mine = [one.id for one in self._lab_actions if one.call.partition("(")[0] == action]
        return True if not mine or action in ("view", "leave") else bool(self.model.available().intersection(mine))

    # -- keys ---------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pauses, or goes on."""
        self.source.toggle()

    def action_step(self) -> None:
        """Trains one step, then pauses."""
        self.source.run_steps(1)

    def action_epoch(self) -> None:
        """Trains one epoch (ten steps of a race), then pauses."""
        self.source.run_epoch()

    def action_speed(self, direction: int) -> None:
        """One level slower (−1) or faster (1)."""
        self.source.change_speed(direction)

    def action_restart(self) -> None:
        """Starts again from the same seed."""
        self.source.restart()
        self.say("Started again from the same seed.")

    def action_new_seed(self) -> None:
        """Starts again from the next seed."""
        self.source.restart(new_seed=True)
        self.say("Started again from a new seed.")

    def action_choose_knob(self, direction: int) -> None:
        """Chooses the knob above (−1) or below (1); while a start is being chosen, moves it up or down."""
        if self.arrow_moves_start(0, -direction, False):
            return
        self.model.rack.choose(direction)
        self.redraw()

    def action_turn(self, direction: int, fine: bool) -> None:
        """Turns the chosen knob down (−1) or up (1); while a start is being chosen, moves it left or right."""
        if self.arrow_moves_start(direction, 0, fine):
            return
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
            if isinstance(typed, (int, float, str)):
                self._ask(self.model.rack.set_to(self.model.chosen_lanes, typed))

        title = f"{knob.label} {self.look.glyphs.dot} {self.model.target}" if self.model.target else knob.label
        screen = ValueScreen(title, knob.show(value), knob.hint(), knob.parse)
        self._open(screen, done)

    def _open(self, screen: Screen[Any], done: Callable[[Any], None] | None = None) -> None:
        """Shows a screen above the lab, unless a key before this one has opened one."""
        if self.screen is self._lab:
            screen.set_class(self.look.ascii_only, "ascii")
            self.push_screen(screen, done)

    def _ask(self, turns: list[Turn]) -> None:
        """Sends changes to the source: one for all lanes where they are alike, so that one mark is left."""
        snapshot = self.model.view.snapshot
        if not turns or snapshot is None:
            return
        if len(turns) == len(snapshot.lanes) > 1 and all(turn.settings == turns[0].settings for turn in turns):
            ticket = self.source.tweak(turns[0].settings, None)
            for turn in turns:
                self.model.rack.asked(turn, ticket)
        else:
            for turn in turns:
                self.model.rack.asked(turn, self.source.tweak(turn.settings, turn.lane))
        self.redraw()

    def action_undo(self) -> None:
        """Takes the last change back."""
        self.source.undo()

    def action_redo(self) -> None:
        """Makes the change again that was taken back last."""
        self.source.redo()

    def action_next_lane(self) -> None:
        """Chooses the next lane; after the last, all of them together."""
        self.model.choose_next_lane()
        self.redraw()

    def action_log_axis(self) -> None:
        """Switches the loss between a linear and a logarithmic axis."""
        self.model.panel_view.log_loss = not self.model.panel_view.log_loss
        self.redraw()

    def action_choose_unit(self, direction: int) -> None:
        """Chooses the next (1) or last (−1) unit of the layer whose weights are shown."""
        self.model.choose_unit(direction)
        self.redraw()

    def action_choose_layer(self, direction: int) -> None:
        """Chooses the first unit of the next (1) or last (−1) layer."""
        self.model.choose_layer(direction)
        self.redraw()

    def action_view(self, name: str) -> None:
        """Shows a view by name ("overview", "network", "map" or "lesson"), or says why it cannot be shown."""
        reason = self.model.why_not(name)
        if reason:
            self.say(reason, log=False)
            return
        self.model.view_name, self.model.page = name, 0
        self.redraw()

    def action_panels(self, direction: int) -> None:
        """Shows the next (1) or last (−1) page of plots; in the lesson, scrolls its text."""
        if self._lab is None:
            return
        if self.model.view_name == "lesson":
            self._lab.scroll_lesson(direction)
        else:
            self.model.page = (self.model.page + direction) % self.model.pages
            self.redraw()

    def action_try(self) -> None:
        """Does the first of the lesson's suggestions that was not done yet."""
        index = self.model.next_try
        if index is not None:
            self.do_try(index)

    def do_try(self, index: int) -> None:
        """Does one of the lesson's suggestions."""
        one = self.model.view.story.tries[index]
        self.model.tries_done.add(index)
        self.source.tweak(one.settings, one.lane)
        self.say(f"Tried: {one.say}")

    def action_save_picture(self) -> None:
        """Saves the screen as an SVG in the working folder, under a name that is free, and says which or why not."""
        from .frame import export, free_name

        snapshot = self.model.view.snapshot
        if snapshot is None:
            return
        try:
            path = free_name(Path.cwd(), f"{snapshot.scenario}-step-{snapshot.step}", ".svg")
            path.write_text(export(self, self.title).svg, encoding="utf-8")
        except OSError as error:
            self.say(f"The picture could not be saved: {error.strerror or error}", error=True)
            return
        self.say(f"Saved {path.name}")

    def action_help(self) -> None:
        """Lists all keys."""
        self._open(HelpScreen(tuple(a for a in self._lab_actions), self.look))

    def action_command_palette(self) -> None:
        """Opens the palette of all commands."""
        self._open(Palette())  # with Textual's id, the next one would meet the last one on its way out

    def action_leave(self, code: int = 0) -> None:
        """Leaves the lab with an exit status."""
        self.exit(return_code=code)

    def _leave_on_signal(self, status: int) -> None:
        leave_in_any_case(status, first=self.restore_terminal)
        self.exit(return_code=status)

    def _handle_exception(self, error: Exception) -> None:
        """A widget that was being shown when the app was ended finds its parts gone: that is no reason to fail."""
        if not self._exit:
            super()._handle_exception(error)

    def restore_terminal(self) -> None:
        """Gives the terminal back its settings if Textual did not."""
        kept = getattr(self._driver, "kept", None)
        if kept is not None:
            kept.restore_all()


def run_lab(
    source: "Scenario | Callable[[], Experiment]",
    *,
    title: str = "",
    seed: int | None = None,
    steps: int | None = None,
    overrides: Sequence[tuple[Mapping[str, object], str | None]] = (),
    keymap: Mapping[str, str] | None = None,
    speed: float | None = None,
    fair: bool = False,
) -> int:
    """Opens the lab in the terminal and returns the process' exit status.

    ``source`` is a Scenario, or a function that makes the Experiment (it is called in the session's thread, so that
    the screen is there at once). Raises InputError, after the terminal is restored, when the experiment cannot be made.
    """
    make: Callable[[], Experiment]
    parts: tuple[str, ...] = ()
    if callable(source):
        make = source
    else:
        from nntui_engine.warmup import parts_for

        title = title or source.title
        parts = parts_for(source)

        def make() -> "Experiment":
            from nntui_engine.experiment import Experiment

            return Experiment(source, seed=seed, steps=steps, overrides=list(overrides), rewind_memory=REWIND_MEMORY)

    session = Session(make, speed=speed, warming=Warming(parts) if parts else None)
    app = LabApp(session, title, keymap=keymap, fair=fair)
    try:
        with asyncio.Runner() as runner:
            app.catch_signals(runner.get_loop())
            runner.run(app.run_async())
    finally:
        app.restore_terminal()
        session.stop()
    bad_input = app.model.view.bad_input
    if isinstance(bad_input, InputError):
        raise bad_input
    return app.return_code or 0
