"""The lab: an experiment that trains while a person watches and turns its knobs."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from traceback import format_exception
from typing import Any

from rich.text import Text
from textual.actions import parse
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.filter import LineFilter
from textual.timer import Timer

from nntui.looks.request import LookRequest
from nntui.looks.surface import SurfaceRequest
from nntui.plotting.panels import histories
from nntui.plotting.plot_box import prepare
from nntui.plotting.theme import Theme, choose_theme
from nntui.terminal import SETTLED_SECONDS, driver_class
from nntui.terminal.leaving import leave_in_any_case

from .ahead import Ahead
from .any_session import AnySession, NoSession
from .config import Config
from .keys import actions
from .later import later
from .model import LabModel
from .palette import LabCommands
from .screens.lab import LabScreen
from .session_view import SessionView
from .settings_actions import SettingsActions
from .themes import colours_named, textual_theme
from .training import Training

FRAMES_PER_SECOND = 12
RACE_FRAMES_PER_SECOND = 22
SLOW_FRAMES_PER_SECOND = 4  # where the line to the terminal is slow
DRAWING_SECONDS = 1 / 30  # between two frames that keys ask for


class LabApp(SettingsActions):
    """Draws the newest view of ``source`` some times a second and turns keys into its commands.

    Without a source it begins with the launcher.
    ``ahead`` compiles what other scenarios take, as soon as nobody waits.
    ``still`` starts no source, no timer and no signal handler: for pictures.
    """

    CSS_PATH = "styles.tcss"
    BINDINGS = [  # noqa: RUF012
        Binding("ctrl+c", "leave(130)", show=False, priority=True, id="interrupt"),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("ctrl+l", "redraw_all", show=False, id="redraw", priority=True),  # above the launcher, too
    ]
    COMMANDS = {LabCommands}  # noqa: RUF012

    def __init__(
        self,
        source: AnySession | None,
        title: str = "",
        *,
        theme: Theme | None = None,
        config: Config | None = None,
        still: bool = False,
        fair: bool = False,
        ahead: Ahead | None = None,
    ) -> None:
        self._ahead = ahead
        self._config = config or Config()
        self._lab_actions = actions(self._config.keys)
        self.colours = theme.colours if theme is not None else colours_named(self._config.theme)
        super().__init__(driver_class=driver_class())
        self.register_theme(textual_theme(self.colours))
        self.theme = textual_theme(self.colours).name
        self.animation_level = "none"
        self.title = title or "nntui"
        self.plot_theme = theme or choose_theme(
            colour_system=self.console.color_system,
            no_colour=self.no_color,
            ascii_only=True if self._config.ascii else None,
            colours=self.colours,
        )
        self.still = still
        self.lab_screen = None
        self._timer: Timer | None = None
        self._slow = False
        self._take_over(source or NoSession(), fair)
        self._drawn_at = 0.0
        self._drawing = False  # whether a frame is due

    def _take_over(self, source: AnySession, fair: bool = False) -> None:
        """Knows nothing but this source."""
        self.source = source
        self.model = LabModel(self.title, self._lab_actions, self.plot_theme, still=self.still)
        self.model.panel_view.meanings = self._config.meanings
        self.model.note_fix = lambda event: source.order(partial(Training.note_fix, event=event))
        self._shown: tuple[str, ...] | None = None
        self._surface_requested: SurfaceRequest | None = None
        self._looks_requested = LookRequest()
        self._fair_wanted = fair
        self._fast = False

    # -- life -------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Shows the lab, starts the source and looks at it ``FRAMES_PER_SECOND`` times a second; once if still."""
        if self._config.keys:
            self.set_keymap(dict(self._config.keys))
        self.lab_screen = LabScreen(self.plot_theme, at_once=self.still, attempt=self._attempt)
        self.lab_screen.set_class(self.plot_theme.ascii_only, "ascii")
        self.push_screen(self.lab_screen)
        if self.still:
            self.take(self.source.poll())
            return
        self.run_worker(_prepare, thread=True)  # 0.2 s in which the screen would stand still
        self.redraw()
        if self.anything_open:
            self.source.start(self._ordered_is_done)
        else:
            self.action_open_launcher()
            self._compile_ahead()
        self._look_again()

    @property
    def anything_open(self) -> bool:
        """Whether there is a session behind the launcher."""
        return not isinstance(self.source, NoSession)

    def switch(self, source: AnySession, title: str) -> None:
        """Shows another session in place of the present one."""
        self.title = title
        self._take_over(source)
        self._look_again()
        source.start(self._ordered_is_done)
        self.redraw()

    def action_redraw_all(self) -> None:
        """Writes every cell once more, whatever another program has written there."""
        self.refresh()

    def on_resize(self) -> None:
        """Has every cell drawn once more when the terminal has settled: what it shows while its size changes is its own
        affair, and cells that do not change would keep it."""
        for seconds in () if self.still else SETTLED_SECONDS:
            self.set_timer(seconds, self.refresh)

    def _compile_ahead(self) -> None:
        """Now that nobody waits for the compiler, what other scenarios take."""
        if self._ahead is not None:
            self._ahead.start()

    def _look_again(self) -> None:
        """Looks at the source as often as is wanted now."""
        usual = RACE_FRAMES_PER_SECOND if self._fast else FRAMES_PER_SECOND
        if self._timer is not None:
            self._timer.stop()
        frames = self._config.fps or (SLOW_FRAMES_PER_SECOND if self._slow else usual)
        self._timer = self.set_interval(1 / frames, self._tick)

    def catch_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Textual leaves the terminal in its own mode on these signals. To be called before ``loop`` runs."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            number = getattr(signal, name, None)
            if number is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(number, partial(self._leave_on_signal, 128 + number))

    def _tick(self) -> None:
        slow = bool(getattr(self._driver, "slow", False))
        if slow != self._slow:
            self._slow = slow
            self._look_again()
        if getattr(self._driver, "behind", False):
            return  # a slow terminal gets the newest frame when it has shown the ones before
        with contextlib.suppress(NoMatches):  # a tick while the screen is being built or taken down
            self._look_for_news()

    def _ordered_is_done(self) -> None:
        """A key is answered at once, not with the next frame. The source's thread calls this."""
        self.call_later(self._tick)

    def _look_for_news(self) -> None:
        while self.to_copy:
            words = self.to_copy.popleft()
            self.copy_to_clipboard(words)
            self.say(f"Copied: {words}", log=False)
        self.read_output()
        notices = self.source.notices()
        for text, error in notices:
            self.model.say(text, error, of_state=True)
        while self.troubles and self.screen is self.lab_screen:
            notices.append((self.troubles.popleft(), True))
            self.model.say(*notices[-1])
        view = self.source.poll()
        if view.version != self.model.view.version or notices or self.model.message_faded():
            self.take(view)
        else:
            self._ask_for_the_surface()

    def take(self, view: SessionView) -> None:
        """Draws a view."""
        self.model.take(view)
        if view.stage == "ready":
            self._compile_ahead()
        if view.bad_input is not None and not self.chosen_here:  # else another can be chosen
            self.exit(return_code=2)
            return
        if self.model.race is not None and self._timer is not None and not self._fast:  # heads move every step
            self._fast = True
            self._look_again()
        if self.model.race is not None and self._fair_wanted:
            self._fair_wanted = False
            self.action_fair()
        self.redraw()

    def redraw(self) -> None:
        """Draws what is known again, as after a key: now, or with the next frame where the last one is very new."""
        if self._drawing:
            return
        wait = self._drawn_at + DRAWING_SECONDS - time.monotonic()
        if self.still or wait <= 0:
            self._draw()
        else:
            self._drawing = True
            later(self, wait, self._draw)

    def _draw(self) -> None:
        self._drawing = False
        self._attempt(self._draw_now)
        self._drawn_at = time.monotonic()

    def _attempt(self, draw: Callable[[], None]) -> None:
        """A mistake in a drawing must not end a run: it is said, and the run goes on."""
        try:
            draw()
        except NoMatches:  # while the screen is being built or taken down
            pass
        except Exception as error:
            self.cannot_draw(error)

    def cannot_draw(self, error: Exception) -> None:
        """Says that part of the screen is missing, once."""
        if self.is_headless:  # tests shall see it
            raise error
        words = f"Part of the screen could not be drawn ({type(error).__name__}: {error}); the run goes on."
        if not self.model.log or self.model.log[-1].text != words:
            self.model.say(words, error=True)

    def _draw_now(self) -> None:
        lab = self.lab_screen
        if lab is None or not lab.children:  # not yet, or no longer: the last tick may come while the app closes
            return
        lab.show(self.model.state())
        if (self.model.pages, self.model.lists_layers) != (lab.pages, lab.lists_layers):
            self.model.pages, self.model.lists_layers = lab.pages, lab.lists_layers
            lab.show(self.model.state())
        names = lab.shown_panels
        if names != self._shown:
            self._shown = self.model.shown = names
            self.source.show(*histories(self._shown, self.model.view.snapshot), None)
        request = lab.look_request
        if request != self._looks_requested:
            self._looks_requested = request
            self.source.request_looks(request)
        self._ask_for_the_surface()

    def _ask_for_the_surface(self) -> None:
        """The map has its size only after it was laid out, which may be later than the last change of the race."""
        lab = self.lab_screen
        request = lab.surface_request if lab is not None and lab.children else None
        if request is not None and request != self._surface_requested:
            self._surface_requested = request
            self.source.request_surface(request)

    def on_lab_screen_laid_out(self) -> None:
        """Draws again when the screen has a new size, to which another number of plots may fit."""
        with contextlib.suppress(NoMatches):
            self.redraw()

    def say(self, text: str, error: bool = False, log: bool = True) -> None:
        """Shows a message for a few seconds."""
        self.model.say(text, error, log)
        self.redraw()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """A picture has full colours whatever this terminal can do."""
        return () if self.still else super().get_line_filters()

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        """An action of the lab that can do nothing now says why."""
        space, *parsed = parse(action) if isinstance(action, str) else action
        own = space == "app" or (not space and default_namespace in (None, self))  # not a dialog's action of that name
        mine = [one.id for one in self._lab_actions if own and list(parse(one.call)[1:]) == parsed]
        why = [self.model.reason(action_id) for action_id in mine]
        if why and all(why):
            self.say(why[0], log=False)
            return True
        return await super().run_action(action, default_namespace, namespaces)

    def action_leave(self, code: int = 0) -> None:
        """Leaves the lab with an exit status; first it is asked what becomes of a script that runs under it."""
        if code or not self.asks_before_leaving():
            self.exit(return_code=code)

    def _leave_on_signal(self, status: int) -> None:
        leave_in_any_case(status, first=self.restore_terminal)
        self.source.stop(0.0)  # what trains or writes would slow the screen's end down
        self.exit(return_code=status)

    def _handle_exception(self, error: Exception) -> None:
        """A widget that was being shown when the app was ended finds its parts gone: that is no reason to fail."""
        if not self._exit:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Prints what Python says of the mistake. Textual's own words have every local variable, of a run's whole past,
        and take seconds without; the training, which would slow it down, ends first."""
        self.source.stop(0.0)
        self._exit_renderables.append(Text("".join(format_exception(self._exception)).rstrip()))
        self._close_messages_no_wait()

    def restore_terminal(self) -> None:
        """Gives the terminal back its settings if Textual did not."""
        kept = getattr(self._driver, "kept", None)
        if kept is not None:
            kept.restore_all()


def _prepare() -> None:
    """Imports, beside the first frames, what a later moment has no time for: the first plot, and the words of Textual
    for a mistake in a thread."""
    import rich.traceback  # noqa: F401

    prepare()
