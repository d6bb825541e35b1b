"""A call in a moment."""

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump


def later(pump: MessagePump, seconds: float, callback: Callable[[], None]) -> None:
    """Have ``pump`` call ``callback`` after so many seconds.

    Textual's ``set_timer`` leaves a call out, without a word, where more time than that goes by while it is set: on a
    busy machine one of milliseconds is lost sooner or later.
    """
    asyncio.get_running_loop().call_later(seconds, pump.call_later, callback)
