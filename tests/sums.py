"""Hold the numbers still while the code around them is rebuilt: a SHA-256 sum for what each built-in scenario prints.

python tests/sums.py > before.txt          before the first change
python tests/sums.py --check before.txt    after each one, on the same machine: names what is no longer equal
python tests/sums.py digits xor            of some scenarios only

The sums are of ``run NAME --headless --format jsonl --steps 300`` and ``verify NAME --json``. They hold on one machine:
another processor may round the last bit differently.
"""

import argparse
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nntui_engine.scenario import scenario_paths

COMMANDS = {"run": ("--headless", "--format", "jsonl", "--steps", "300"), "verify": ("--json", "--jobs", "1")}


def sum_of(command: str, name: str) -> str:
    """A line: the sum, the command and the scenario's name. What the command exits with counts, too."""
    arguments = [sys.executable, "-m", "nntui", command, name, *COMMANDS[command]]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=False)
    printed = done.stdout + f"exit {done.returncode}".encode()
    return f"{hashlib.sha256(printed).hexdigest()}  {command} {name}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", help="scenarios (all)")
    parser.add_argument("--check", type=Path, metavar="FILE", help="sums to compare with")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    options = parser.parse_args()
    wanted = [(command, name) for name in options.scenarios or sorted(scenario_paths()) for command in COMMANDS]
    expected = set(options.check.read_text(encoding="utf-8").splitlines()) if options.check else None
    changed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for line in pool.map(lambda pair: sum_of(*pair), wanted):
            if expected is None:
                print(line, flush=True)
            elif line not in expected:
                changed += 1
                print(f"changed: {line[66:]}", flush=True)
    if expected is not None:
        print(f"{len(wanted) - changed} of {len(wanted)} sums are equal")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
