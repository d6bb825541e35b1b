"""The child that compiles before a first start is ended with the lab."""

import subprocess
import sys

from nntui.lab.warming import Warming

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_stopping_ends_the_child_that_compiles() -> None:
    warming = Warming()
    warming.stop()  # nothing to end yet
    for before in (True, False):
        warming = Warming()
        with subprocess.Popen(SLEEP, text=True) as child:
            if before:  # the lab was left before the child was there
                warming.stop()
            warming._started(child)
            if not before:
                assert child.poll() is None
                warming.stop()
            assert child.wait(10) != 0
        warming.stop()  # once more does no harm
