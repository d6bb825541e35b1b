"""Textual's Linux driver, made to withstand what terminals and signals do.

Textual's own loses the app to a byte that is no UTF-8, reads a closed terminal for ever, writes in signal handlers to a
queue that may be locked by what they interrupt, waits for a terminal that takes nothing, and lets keys pile up in
queues where Ctrl-C and the end of the app wait behind them.
"""

import asyncio
import os
import select
import signal
from collections import deque
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App, ScreenStackError
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from . import SETTLED_SECONDS
from .keeping import KeptTerminal, in_foreground
from .keyboard import Keyboard
from .leaving import leave_in_any_case
from .line import Line
from .output import Output

CLOSING_SECONDS = 0.5  # for the last output to reach a terminal
TICK_SECONDS = 0.1  # an Escape that nothing follows for so long is the Escape key
IN_HAND = 8  # keys that the app has been given and not yet answered
AHEAD = 4096  # keys typed ahead; what is typed beyond them is lost
HEARING_SECONDS = 0.05  # for signals that were sent together
QUESTION = "\x1b[?2026$p"  # Textual asks it once: whether frames can be shown at once
HANGUP = 128 + 1  # the exit status where the terminal is gone, as on SIGHUP


class LabDriver(LinuxDriver):
    """For one app. Signal handlers are the event loop's: they run between two of its callbacks, never inside one."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert self._file is not None  # the lab is opened on a terminal only
        self._out, self._encoding = self._file.fileno(), self._file.encoding or "utf-8"
        self.kept = KeptTerminal(self.fileno)
        self._output: Output | None = None
        self._line = Line()
        self._keyboard = Keyboard(debug)
        self._wake: tuple[int, int] | None = None
        self._typed: deque[Message] = deque()
        self._delivery_due = False
        self._gone = False
        self._suspended = False
        self._stopping: asyncio.Task[None] | None = None
        self._continues = 0
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop_asked)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        signal.signal(signal.SIGCONT, self._count_continue)  # the loop is told by its wake-up descriptor all the same

    # -- the screen's modes ---------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal over, once this process is in its foreground; restore it if that fails."""
        while not in_foreground(self.fileno):  # started with "&": wait for "fg"
            os.kill(os.getpid(), signal.SIGSTOP)
        self.kept.remember()
        self._wake = os.pipe()
        self._output = Output(self._out, self._encode, self._terminal_gone, self._line)
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
        except BaseException:
            self.kept.restore_all()
            raise
        self.attrs_before = self.kept.settings
        if self._key_thread is None or not self._key_thread.is_alive():  # Textual gave up: no terminal to set
            self._terminal_gone()

    def stop_application_mode(self) -> None:
        """Give the terminal back, if it was taken over."""
        if self._output is not None:
            super().stop_application_mode()

    def disable_input(self) -> None:
        """End the thread that reads keys, without waiting for the terminal."""
        if self._wake is None:
            return  # it is disabled; Textual would wait for the terminal if that is another program's now
        os.write(self._wake[1], b"x")
        super().disable_input()
        for end in self._wake:
            os.close(end)
        self._wake = None

    def close(self) -> None:
        """End the output; what was written last has ``CLOSING_SECONDS`` to reach the terminal."""
        super().close()
        if self._output is not None:
            self._output.close(CLOSING_SECONDS)
            self._output = None

    def _get_terminal_size(self) -> tuple[int, int]:
        """What the terminal says; not COLUMNS and LINES, which a shell may have exported long ago."""
        with suppress(OSError):
            width, height = os.get_terminal_size(self._out)
            if width and height:
                return width, height
        return super()._get_terminal_size()

    # -- writing --------------------------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Hand to the terminal, in a thread; nothing while the app is suspended. (Textual's own thread stays idle.)"""
        if self._output is not None:
            self._output.write(data)

    @property
    def behind(self) -> bool:
        """Whether the terminal has some frames still to show: no moment for another one."""
        return self._output is not None and self._output.behind

    @property
    def slow(self) -> bool:
        """Whether the line to the terminal is slow; asks the terminal now and then, where it answers."""
        if self._output is not None and not self._suspended and self._line.wants_to_ask():
            self._output.write(QUESTION)
        return self._line.slow

    def _encode(self, text: str) -> bytes:
        return text.encode(self._encoding, "replace")

    def _terminal_gone(self) -> None:
        """In any thread: end as on SIGHUP, which does not come where the session's leader does not pass it on."""
        if not self._gone:
            self._gone = True
            leave_in_any_case(HANGUP, first=self.kept.restore_all)
            with suppress(RuntimeError):  # the loop is closed: the app has ended
                self._loop.call_soon_threadsafe(lambda: self._app.exit(return_code=HANGUP))

    # -- reading --------------------------------------------------------------------------------------------------

    def run_input_thread(self) -> None:
        """Read keys and turn them into messages until input is disabled or the terminal is gone."""
        assert self._wake is not None
        wake = self._wake[0]
        while not self.exit_event.is_set():
            ready, _, _ = select.select([self.fileno, wake], [], [], TICK_SECONDS)
            if self.exit_event.is_set():
                return
            if self.fileno in ready:
                try:
                    data = os.read(self.fileno, 1 << 16)
                except OSError:  # EIO
                    data = b""
                if not data:
                    self._terminal_gone()
                    return
                messages = self._keyboard.feed(data)
            else:
                messages = self._keyboard.tick()
            for message in messages:
                self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Pass a message on, but no new size in a form that was never asked for."""
        if isinstance(message, events.Resize) and not self._in_band_window_resize:
            return  # nobody asked for the size in this form: no terminal says it
        if isinstance(message, TerminalSupportsSynchronizedOutput):
            self._line.answered()
        super().process_message(message)

    def send_message(self, message: Message) -> None:
        """In any thread: to the app, when it has answered what it was given before."""
        if isinstance(message, events.Key) and message.key == "ctrl+c":
            self._typed.clear()  # whoever presses it waits for nothing typed before
        elif len(self._typed) >= AHEAD:
            return
        self._typed.append(message)
        if not self._delivery_due:
            self._delivery_due = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._delivery_due = False
        while self._in_hand() < IN_HAND:
            try:
                message = self._typed.popleft()
            except IndexError:
                return
            self._app.post_message(message)
        self._delivery_due = True
        self._loop.call_later(0.001, self._deliver)

    def _in_hand(self) -> int:
        """Messages that wait in the queues which a key passes through."""
        waiting = self._app.message_queue_size
        with suppress(ScreenStackError):
            screen = self._app.screen
            waiting += screen.message_queue_size
            if screen.focused is not None:
                waiting += screen.focused.message_queue_size
        return waiting

    # -- stopping and going on (SIGTSTP, SIGCONT) ---------------------------------------------------------------

    def _stop_asked(self) -> None:
        if self._stopping is None or self._stopping.done():
            self._stopping = self._loop.create_task(self._stop())

    async def _stop(self) -> None:
        """Leave the screen, then stop. A SIGCONT that comes before the end of this must not be lost."""
        continues = self._continues
        for _ in range(3):  # rounds of the loop: a SIGCONT that came before this line cancels this task in one of them
            await asyncio.sleep(0)
        self._suspend()
        if self._continues == continues:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._resume()

    def _count_continue(self, *_: object) -> None:
        self._continues += 1

    def _continued(self) -> None:
        if self._suspended:
            self._resume()
        elif self._stopping is not None and not self._stopping.done():
            self._stopping.cancel()
        elif self._output is not None:  # stopped by SIGSTOP, perhaps: whoever had the terminal has changed it
            self._suspend()
            self._resume()

    def _suspend(self) -> None:
        self._suspended = True
        self.suspend_application_mode()

    def _resume(self, again: bool = True) -> None:
        if self._app._exit or not self._app.is_running or not self._suspended:
            return  # it was ended while it was stopped, and has left the screen
        if in_foreground(self.fileno):
            self._suspended = False
            self.resume_application_mode()
            self._app.refresh(layout=True)
            for seconds in SETTLED_SECONDS:
                self._loop.call_later(seconds, self._app.refresh)
        elif again:  # "bg", or "kill": the signal that ends it may be heard after the one that lets it go on
            self._loop.call_later(HEARING_SECONDS, self._resume, False)
        else:  # there is nothing to do in the background without a terminal
            os.kill(os.getpid(), signal.SIGSTOP)
