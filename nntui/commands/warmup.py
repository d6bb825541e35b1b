"""``nntui warmup``: compile the kernels into the cache ahead of the first run."""

import click

from nntui.commands.options import examples


@click.command(
    "warmup",
    short_help="Compile the training code ahead of the first run.",
    epilog=examples("nntui warmup", "nntui warmup && nntui run digits"),
)
def command() -> int:
    """Compile the training code now, so that the first run starts at once.

    The result is kept in a cache folder (nntui info names it) and used by every later run.
    """
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit
    from nntui_engine.compiling.ahead import compile_ahead
    from nntui_engine.compiling.parts import USUAL_PARTS
    from nntui_engine.warmup import is_warm

    with prompt_exit():
        if is_warm():
            click.echo("Already compiled.")
            return 0
        import nntui_engine.kernels.policy  # noqa: F401  # Numba's bad settings are one line here

        with progress_bar() as progress:
            trouble = compile_ahead(USUAL_PARTS, progress)
        if trouble:
            click.echo(f"nntui: {trouble}", err=True)
            return 1
        click.echo("Compiled.")
        return 0
