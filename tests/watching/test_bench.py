"""``nntui bench --part watch`` measures what it says, and does without PyTorch."""

import json
import subprocess
import sys

import pytest
from pseudo_terminal import environment

COMMAND = (
    "import sys; {before}from nntui.cli import main; main(['bench', '--part', 'watch', '--json', '--seconds', '0.01'])"
)


def bench(before: str = "") -> subprocess.CompletedProcess[str]:
    code = COMMAND.format(before=before)
    return subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)


def test_every_way_is_measured_beside_the_bare_loop():
    pytest.importorskip("torch", reason="PyTorch is no dependency: without it there is nothing to watch")
    done = bench()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["watch"]
    assert list(found) == ["784-256-256-10", "convolutional", "12 transformer blocks"]
    for one in found.values():
        for way in ("watched", "tenth", "histograms", "norms"):
            quotient = one[way]["median"] / one["bare"]["median"]
            assert one["ratios"][f"{way}/bare"] == pytest.approx(quotient)
            assert one[way]["median"] > 0.0


def test_without_pytorch_it_says_what_it_needs():
    done = bench("sys.modules['torch'] = None; ")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "nntui: watch: needs PyTorch: pip install torch"
