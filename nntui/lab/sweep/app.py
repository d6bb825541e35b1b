"""The screen of a sweep."""

import asyncio
import contextlib
import signal
from functools import partial
from typing import Any

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal

from nntui.lab.config import Config
from nntui.lab.themes import colours_named, textual_theme, variables
from nntui.lab.widgets.grid_view import GridView
from nntui.plotting import numbers
from nntui.plotting.grid import Grid
from nntui.plotting.status import KeyHint, draw_keys, draw_message, draw_progress
from nntui.plotting.sweep_map import CELL, draw_sweep_map, value_words
from nntui.plotting.sweep_side import SweepSide, draw_sweep_side, header
from nntui.plotting.theme import Theme, choose_theme
from nntui.sweep.plan import Cell
from nntui.terminal import SETTLED_SECONDS, driver_class
from nntui.terminal.leaving import leave_in_any_case

from .model import SweepModel, named
from .running import SweepRun

FRAMES_PER_SECOND = 6
LARGE, FRAMES_OF_LARGE = 50_000, 1  # cells from which on a frame takes a tenth of a second
SIDE_WIDTH, SIDE_OF_NARROW, WIDE = 38, 30, 100  # columns of what is beside the map, from this width on
NARROW = 70  # columns: below, there is only the map
MESSAGE_SECONDS = 6.0


class SweepApp(App[None]):
    """Shows a sweep that goes on in ``run``. ``opened`` is the cell whose run a person wants to see: the screen is left
    for it, and the sweep goes on meanwhile. ``still``: no timer, for pictures."""

    CSS = """
    Screen { layout: vertical; background: $nn-background; color: $nn-text; }
    #header, #keys { height: 1; }
    #body { height: 1fr; }
    #map { width: 1fr; height: 1fr; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+c", "leave(130)", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("ctrl+l", "redraw_all", show=False, priority=True),
        Binding("q,escape", "leave(0)", "leave"),
        Binding("up,k", "move(-1, 0)"),
        Binding("down,j", "move(1, 0)"),
        Binding("left,h", "move(0, -1)"),
        Binding("right", "move(0, 1)"),
        Binding("home", "move(0, -10000)"),
        Binding("end", "move(0, 10000)"),
        Binding("pageup", "move(-10, 0)"),
        Binding("pagedown", "move(10, 0)"),
        Binding("enter", "open_cell"),
        Binding("b", "go_to_end"),
        Binding("comma", "turn(-1)"),
        Binding("full_stop", "turn(1)"),
        Binding("x", "put_across"),
        Binding("y", "put_down"),
        Binding("t", "swap"),
        Binding("l", "log"),
        Binding("e", "save('csv')"),
        Binding("E", "save('json')"),
    ]

    def __init__(
        self,
        run: SweepRun,
        model: SweepModel,
        *,
        config: Config | None = None,
        theme: Theme | None = None,
        still: bool = False,
    ) -> None:
        config = config or Config()
        self.colours = theme.colours if theme is not None else colours_named(config.theme)
        super().__init__(driver_class=driver_class())
        self.register_theme(textual_theme(self.colours))
        self.theme = textual_theme(self.colours).name
        self.animation_level = "none"
        self.run_of, self.model = run, model
        self.plot_theme = theme or choose_theme(
            colour_system=self.console.color_system,
            no_colour=self.no_color,
            ascii_only=True if config.ascii else None,
            colours=self.colours,
        )
        self._still, self._end, self._message = still, 0, ""
        self._drawn: object = None
        self.opened: Cell | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The style sheet's own colours."""
        return variables(self.colours)

    def compose(self) -> ComposeResult:
        """A line, the map beside its words, the keys."""
        yield GridView(id="header")
        with Horizontal(id="body"):
            yield GridView(id="map")
            yield GridView(id="side")
        yield GridView(id="keys")

    def on_mount(self) -> None:
        """Draws, and goes on doing so where something has changed."""
        self.draw()
        if not self._still:
            large = self.model.plan.count > LARGE
            self.set_interval(1 / (FRAMES_OF_LARGE if large else FRAMES_PER_SECOND), self._tick)

    def on_resize(self) -> None:
        """A terminal that changes its size shows what it likes until it has settled."""
        self.draw()
        for seconds in () if self._still else SETTLED_SECONDS:
            self.set_timer(seconds, self.refresh)

    def catch_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """As in the lab: before ``loop`` runs."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            number = getattr(signal, name, None)
            if number is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(number, partial(self._leave_on_signal, 128 + number))

    def restore_terminal(self) -> None:
        """Gives the terminal back its settings if Textual did not."""
        kept = getattr(self._driver, "kept", None)
        if kept is not None:
            kept.restore_all()

    def _leave_on_signal(self, status: int) -> None:
        leave_in_any_case(status, first=self.restore_terminal)
        self.exit(return_code=status)

    def _tick(self) -> None:
        if getattr(self._driver, "behind", False):
            return
        known = (len(self.run_of.results.found), self.run_of.running, self.run_of.progress, self.run_of.lost)
        if known != self._drawn or self.run_of.running:
            self._drawn = known
            self.draw()

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_leave(self, code: int = 0) -> None:
        """Leaves; what has ended is kept."""
        self.exit(return_code=code)

    def action_redraw_all(self) -> None:
        """Writes every cell once more."""
        self.refresh()

    def action_move(self, down: int, across: int) -> None:
        """The cursor."""
        self.model.move(down, across)
        self.draw()

    def action_turn(self, by: int) -> None:
        """Goes along the first axis that is not on the map."""
        if not self.model.others:
            self.say("Both axes are on the map.")
            return
        self.model.turn(self.model.others[-1], by)
        self.draw()

    def action_put_across(self) -> None:
        """The next axis goes across."""
        self._rearrange(self.model.put_across)

    def action_put_down(self) -> None:
        """The next axis goes down."""
        self._rearrange(self.model.put_down)

    def _rearrange(self, how: Any) -> None:
        if len(self.model.axes) < 3:
            self.say("There are no other axes: t makes rows of columns.")
            return
        how()
        self.draw()

    def action_swap(self) -> None:
        """Rows become columns."""
        self.model.swap()
        self.draw()

    def action_log(self) -> None:
        """Colours by the value, or by its logarithm."""
        self.model.log = not self.model.map().log
        self.draw()

    def action_go_to_end(self) -> None:
        """The cursor goes to the smallest value, or from there to the largest."""
        ends = self.model.ends()
        if not ends:
            self.say("No run has ended with a number yet.")
            return
        self.model.at = self.model.place_of(ends[self._end % 2][2])
        self._end += 1
        self.draw()

    def action_open_cell(self) -> None:
        """Leaves this screen for the run of the cell under the cursor."""
        self.opened = self.model.cells()[0]
        self.exit()

    def action_save(self, form: str) -> None:
        """All cells as CSV or JSON, into the working folder."""
        from nntui.lab.sweep.saving import saved

        self.say(saved(self.run_of.results, form))

    def say(self, text: str) -> None:
        """A line above the keys for a while."""
        self._message = text
        self.draw()
        if not self._still:
            self.set_timer(MESSAGE_SECONDS, partial(self._unsay, text))

    def _unsay(self, text: str) -> None:
        if self._message == text:
            self._message = ""
            self.draw()

    # -- the mouse --------------------------------------------------------------------------------------------------

    def on_grid_view_pressed(self, event: GridView.Pressed) -> None:
        """A click puts the cursor there; two open the cell."""
        if event.spot.what == "call":
            self.call_later(self.run_action, event.spot.which)
        elif event.spot.what == CELL:
            row, column = event.spot.which
            self.model.at[self.model.down] = row
            if self.model.across != self.model.down:
                self.model.at[self.model.across] = column
            self.draw()
            if event.times == 2:
                self.action_open_cell()

    # -- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Everything as it is now."""
        theme, plan = self.plot_theme, self.model.plan
        views = {view.id: view for view in self.query(GridView)}
        if len(views) < 4:
            return  # it is being taken down
        narrow = self.size.width < NARROW
        views["side"].styles.width = 0 if narrow else SIDE_WIDTH if self.size.width >= WIDE else SIDE_OF_NARROW
        spec, side = self.model.map(), self._side()
        counted = f"{side.done} of {side.count} runs, {side.state}" if narrow else ""
        views["header"].show(lambda width, _: header(plan.title, plan.scenario, width, theme, (counted,)))
        done, total, words = self.run_of.progress
        if self.run_of.running and words and not side.done:
            views["map"].show(lambda width, height: draw_progress((done, total, words), width, height, theme))
        else:
            views["map"].show(lambda width, height: self._with_message(draw_sweep_map(spec, width, height, theme)))
        views["side"].show(lambda width, height: draw_sweep_side(side, width, height, theme))
        views["keys"].show(lambda width, _: draw_keys(self._hints(), width))

    def _with_message(self, grid: Grid) -> Grid:
        if self._message and grid.height > 3:
            grid.paste(draw_message(self._message, False, grid.width, 1, self.plot_theme), grid.height - 1, 0)
        return grid

    def _side(self) -> SweepSide:
        run, plan = self.run_of, self.model.plan
        state = "running" if run.running else "finished" if run.finished else "stopped"
        left = run.seconds_left
        measured, percent = [], self.model.percent
        for cell, found in self.model.under_cursor():
            value = "not run yet" if found is None else "nothing to measure"
            if found is not None and found.value is not None:
                value = value_words(found.value, percent)
            ended = "" if found is None or found.state == "finished" else f", {found.state} at step {found.step}"
            measured.append(f"{f'seed {cell.seed}: ' if len(plan.seeds) > 1 else ''}{value}{ended}")
        cells = self.model.cells()
        return SweepSide(
            done=len(run.results.found), count=plan.wanted, state=state,
            rate=f"{numbers.number(run.rate)} runs/s" if run.rate else "",
            left=f"{time_words(left)} left" if run.running and left is not None else "",
            error=run.error, lost=run.lost,
            cell=tuple(named(plan, cells[0]).items()),
            measured=(*measured[:4], *([f"… {len(measured) - 4} more seeds"] if len(measured) > 4 else [])),
            ends=tuple((word, value_words(value, percent), self._where(one)) for word, value, one in self.model.ends()),
            workers=tuple(
                (one.name, one.cells, numbers.number(one.cells / one.seconds) if one.seconds else "")
                for one in sorted(run.workers.values(), key=lambda one: one.name)
            ),
        )  # fmt: skip

    def _where(self, cell: Cell) -> str:
        return ", ".join(f"{key} {words}" for key, words in named(self.model.plan, cell).items())

    def _hints(self) -> list[KeyHint]:
        glyphs = self.plot_theme.glyphs
        hints = [
            KeyHint(1, f"{glyphs.up_down} {glyphs.left_right}", "cell"),
            KeyHint(2, "enter", "watch this run", "open_cell"),
            KeyHint(3, "b", "smallest, largest", "go_to_end"),
        ]
        if self.model.others:
            hints.append(KeyHint(4, ", .", self.model.axes[self.model.others[-1]].key, "turn(1)", "turn(-1)", 1))
            hints.append(KeyHint(5, "x y", "other axes", "put_down", "put_across", 1))
        hints += [
            KeyHint(6, "t", "turn the map", "swap"),
            KeyHint(7, "l", "by logarithm", "log"),
            KeyHint(8, "e E", "save CSV, JSON", "save('json')", "save('csv')", 1),
            KeyHint(0, "q", "leave", "leave"),
        ]
        return hints


def time_words(seconds: float) -> str:
    """About how long."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
