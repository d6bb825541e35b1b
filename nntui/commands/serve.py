"""``nntui serve``: the lab in a browser."""

import click

from nntui.commands.options import SCENARIO, examples

PORT = 8000


@click.command(
    "serve",
    short_help="Show the lab in a browser.",
    epilog=examples("nntui serve digits", "nntui serve", "nntui serve digits --port 9000"),
)
@click.argument("scenario", type=SCENARIO, required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, metavar="N", help="Where.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on; the default is reached from this machine only.",
)
def command(scenario: str | None, port: int, host: str) -> int:
    """Show SCENARIO in a browser, or the launcher: every page that is opened has a lab of its own.

    There is no login: whoever reaches the address uses the lab, and writes files, as you.
    """
    if scenario is not None:
        from nntui.scenario import load_scenario

        load_scenario(scenario)  # what is wrong with it is said here, and not in a browser
    from nntui.serving import serve

    serve(scenario, host, port)
    return 0
