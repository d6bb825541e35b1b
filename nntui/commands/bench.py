"""``nntui bench``: measure how fast nntui is here."""

import click

from nntui.bench.kind_nets import KIND_NETS
from nntui.bench.nets import NETS
from nntui.bench.parts import PARTS
from nntui.bench.peers import PEERS, is_installed
from nntui.commands.options import examples

MOST_SECONDS = 600.0


class PeersType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """Names of peers between commas, as a tuple without repetitions."""

    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The peers named in ``value``, each once. Raises click.BadParameter if one is unknown."""
        names = tuple(dict.fromkeys(part.strip() for part in str(value).split(",")))
        for name in names:
            if name not in PEERS:
                self.fail(f'unknown peer "{name}"; allowed: {", ".join(PEERS)}', param, ctx)
        return names


class SecondsType(click.ParamType):  # type: ignore[type-arg]
    """A positive number of seconds."""

    name = "S"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds. Raises click.BadParameter unless they are above 0 and at most ``MOST_SECONDS``."""
        try:
            seconds = float(str(value))
        except ValueError:
            seconds = 0.0
        if not 0.0 < seconds <= MOST_SECONDS:
            self.fail(f'"{value}" is not a number of seconds above 0 and up to {MOST_SECONDS:g}', param, ctx)
        return seconds


@click.command(
    "bench",
    short_help="Measure how fast nntui is here.",
    epilog=examples(
        "nntui bench                                 everything, in a few minutes",
        "nntui bench --part nets --against torch,jax,blas",
        "nntui bench --part kinds --against torch,jax",
        "nntui bench --net tiny --net deep --seconds 5",
        "nntui bench --part startup --json           with a cold start",
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of tables.")
@click.option(
    "--against",
    "peers",
    type=PeersType(),
    metavar="NAME[,NAME]...",
    help=f"Do the same work beside it with {', '.join(PEERS)}; they are no part of nntui.",
)
@click.option("--net", "nets", type=click.Choice([*NETS, *KIND_NETS]), multiple=True, help="These networks only.")
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="These parts only.")
@click.option(
    "--seconds", type=SecondsType(), default=2.0, metavar="S", help="Time for each number, in seconds.  [default: 2]"
)
def command(
    as_json: bool, peers: tuple[str, ...] | None, nets: tuple[str, ...], parts: tuple[str, ...], seconds: float
) -> int:
    """Measure training steps, statistics, other kinds of network, lanes, start-up, the lab, memory, surfaces, a watch.

    What is compared takes turns. A number is the median of the rounds, with the lowest and highest round beside it.
    benchmarks/README.md says what each of them means.
    """
    from nntui.bench.bench import Bench
    from nntui.bench.machine import facts_text
    from nntui.bench.parts import all_sheets, measure_parts
    from nntui.bench.tables import sheet_text
    from nntui.headless.machine import write_json
    from nntui.headless.output import progress_bar
    from nntui.headless.signals import prompt_exit

    missing = [peer for peer in peers or () if not is_installed(peer)]
    for peer in missing:
        click.echo(f"nntui: {peer} is not installed here; it is left out", err=True)
    chosen = tuple(peer for peer in peers or () if peer not in missing)
    with prompt_exit():
        with progress_bar() as progress:
            document, troubles = measure_parts(Bench(nets, parts, chosen, seconds), progress)
        if as_json:
            write_json(document)
        else:
            click.echo("\n\n".join([facts_text(document), *map(sheet_text, all_sheets(document))]))
    for trouble in troubles:
        click.echo(f"nntui: {trouble}", err=True)
    return 1 if troubles else 0
