"""The ``nntui`` command: its subcommands by name, and what every one of them shares.

A subcommand's module is imported when it is asked for, and those modules import the engine and the screen only
inside their functions, so that ``nntui --help`` and ``nntui list`` answer at once.
"""

import atexit
import difflib
import importlib
import os
import sys
import threading
import warnings
from contextlib import suppress
from typing import Any, NoReturn

import click

from nntui import __version__
from nntui.commands.options import examples, no_screen
from nntui.interrupts import leave_at_once
from nntui.streams import OutputError, ReaderLeftError, discard_output, whole
from nntui_engine.errors import InputError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
EXIT_BY_SIGNAL = 128

# Name → module of nntui.commands that holds a click command called ``command``, in the order of the help screen.
COMMANDS = {
    "list": "list",
    "show": "show",
    "run": "run",
    "runs": "runs",
    "replay": "replay",
    "watch": "watch",
    "exec": "exec",
    "diagnose": "diagnose",
    "compare": "compare",
    "export": "export",
    "sweep": "sweep",
    "verify": "verify",
    "snapshot": "snapshot",
    "validate": "validate",
    "new": "new",
    "serve": "serve",
    "schema": "schema",
    "info": "info",
    "warmup": "warmup",
    "bench": "bench",
}


class LazyGroup(click.Group):
    """A click group that imports a subcommand's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The subcommands' names, in the order of the help screen."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand called ``cmd_name``, imported now; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"nntui.commands.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that ``args`` begin with. Raises click.UsageError, which lists all names, if there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            hint = f'did you mean "{near[0]}"? ' if near else ""
            raise click.UsageError(f'unknown command "{name}"; {hint}allowed: {", ".join(COMMANDS)}', ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "nntui                           choose a scenario and watch it",
        "nntui list                      the built-in scenarios",
        "nntui run digits                train on handwritten digits and watch",
        "nntui run digits --headless     the same run without a screen",
        "nntui COMMAND --help            options and examples of a command",
    ),
)
@click.version_option(__version__, prog_name="nntui", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """See why a neural network trains, or why it does not.

    nntui trains a network and shows every layer's vital signs while it learns. A scenario says what is trained: a
    built-in name (nntui list) or the path of your own .toml file. Without a command you choose one on the screen.
    """
    if ctx.invoked_subcommand is not None:
        return
    if no_screen():
        click.echo(ctx.get_help())
        ctx.exit(EXIT_BAD_INPUT)
    from nntui.lab.start import run_launcher

    ctx.exit(run_launcher())


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; every error a person can cause is one line on stderr."""
    leave_at_once()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # NaN and Inf are results here, and a library's remarks are for its developers
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(errors="replace")
    if sys.stdout is None:
        sys.exit(_fail("standard output is closed"))
    sys.stdout = whole(sys.stdout)
    try:
        status = run(arguments)
    except SystemExit as ended:  # a signal, from nntui.headless.signals
        status = ended.code if isinstance(ended.code, int) else 1
    _end(status)


def run(arguments: list[str] | None) -> int:
    """The exit status of the command line ``arguments`` (those of this process if None)."""
    try:
        status: Any = cli.main(args=arguments, prog_name="nntui", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except InputError as error:
        return _fail(str(error))
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "nntui"
        return _fail(f'{error.format_message().rstrip(".")} (see "{where} --help")')
    except click.ClickException as error:
        return _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except ReaderLeftError:
        discard_output()
        return EXIT_BROKEN_PIPE
    except OutputError as error:
        discard_output()
        return _fail(f"cannot write the output: {error}")
    except MemoryError:
        return _fail("this machine has not enough memory for that")
    except OSError as error:
        if error.filename is None and error.strerror:  # the system refuses something that is no file of the person's
            return _fail(error.strerror)
        raise


def _end(status: int) -> NoReturn:
    """End the process; the interpreter would take half a second, and more on slow machines, to put the compiler away.

    What else it would do is done: waiting for threads, unless a signal said to end, and what was to be run at exit (as
    ``multiprocessing`` ends its children).
    """
    try:
        if status <= EXIT_BY_SIGNAL:
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
    finally:
        _flush()
        os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError, ReaderLeftError, OutputError):
            stream.flush()


def _fail(message: str) -> int:
    line = " ".join(str(InputError(message)).split())  # without control characters, of a bounded length
    click.echo(f"nntui: {line}", err=True)
    return EXIT_BAD_INPUT
