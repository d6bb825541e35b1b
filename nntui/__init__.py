"""nntui: the oscilloscope for neural-network training, in a terminal.

In a training script: ``nntui.watch(model, optimizer)`` (PyTorch, which is imported only then), or ``nntui.Recorder``,
told step by step by any other.
"""

TYPE_CHECKING = False  # as ``typing`` has it, which is not imported: Ctrl-C is to have an answer before
if TYPE_CHECKING:
    from typing import Any

    from nntui.watching.recorder import Recorder as Recorder
    from nntui.watching.watch import watch as watch

__version__ = "0.1.0"
_LATE = {"watch": "nntui.watching.watch", "Recorder": "nntui.watching.recorder"}


def __getattr__(name: str) -> "Any":
    """What needs more than Python itself, imported when it is asked for. Raises ModuleNotFoundError without PyTorch."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    try:
        return getattr(importlib.import_module(_LATE[name]), name)
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise ModuleNotFoundError(f"nntui.{name} needs PyTorch: pip install torch", name="torch") from None
        raise
