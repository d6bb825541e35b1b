"""The way into the ``nntui`` command, as a script and as ``python -m nntui``."""

from nntui.interrupts import leave_at_once


def main() -> None:
    """Run the command line and exit; from here on Ctrl-C has an answer."""
    leave_at_once()
    from nntui.cli import main as run

    run()


if __name__ == "__main__":
    main()
