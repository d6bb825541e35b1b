"""``python -m lab.fake_lab``: the lab, with an experiment that needs no compiled code. "bad" gives it bad input."""

import sys

from lab.fakes import FakeExperiment

from nntui.lab import session
from nntui.lab.start import run_lab
from nntui_engine.errors import InputError


class NoWarming:
    """Nothing is to be compiled."""

    def run(self, progress: object) -> str:  # noqa: ARG002
        return ""

    def stop(self) -> None:
        pass


def make() -> FakeExperiment:
    if "bad" in sys.argv:
        raise InputError("data.csv: no such file")
    return FakeExperiment("sgd", "adam", steps=10**7, step_seconds=1e-4)


if __name__ == "__main__":
    session.Warming = NoWarming  # type: ignore[assignment,misc]
    try:
        sys.exit(run_lab(make, title="In a terminal"))
    except InputError as error:
        print(f"nntui: {error}", file=sys.stderr)
        sys.exit(2)
