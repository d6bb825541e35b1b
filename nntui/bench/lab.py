"""How the lab feels: what it answers, draws and costs, in a pseudo-terminal of 160 columns and 48 rows.

The scenario is "digits" without an end: five plots and the log.
"""

import time
from collections.abc import Callable
from typing import Any

from nntui.bench.bench import Bench, MeasureError
from nntui.bench.children import LAB_SCENARIO, Child, command
from nntui.bench.tables import Sheet, rate_spread_text, spread_text
from nntui.bench.terminal import COLUMNS, ROWS, ScreenText, Terminal, available
from nntui.bench.timing import percentile, spread
from nntui.headless.numbers import measured, ratio

KEYS_SENT = 30
ROUNDS = 3
SLOW = 100  # steps a second
SHORTEST_SECONDS = 1.0
SETTLING_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"


def measure(bench: Bench) -> dict[str, Any]:
    """Steps and frames a second at unlimited speed, milliseconds from a key to what it changes on the screen, and
    processor seconds a second at a speed at which training costs nothing."""
    if not available():
        return {}
    seconds = max(bench.seconds, SHORTEST_SECONDS)
    found: dict[str, Any] = {"columns": COLUMNS, "rows": ROWS}
    with Terminal(command("lab", "inf")) as terminal, Child(["scenario", LAB_SCENARIO]) as headless:
        _wait_for_steps(terminal)
        bench.say("lab: steps a second")
        found |= _compare_with_headless(terminal, headless, seconds)
        for name, once in (("choose_knob", _choose), ("turn_knob", _turn), ("help", _help)):
            bench.say(f"lab: keys ({name})")
            took = [1000 * once(terminal, turn) for turn in range(KEYS_SENT)]
            found[f"{name}_milliseconds"] = {"median": percentile(took, 50), "p95": percentile(took, 95)}
    with Terminal(command("lab", str(SLOW))) as terminal:
        _wait_for_steps(terminal)
        bench.say(f"lab: {SLOW} steps a second")
        found |= _cost_when_slow(terminal, seconds)
    return found


def _wait_for_steps(terminal: Terminal) -> None:
    if terminal.wait(lambda screen: bool(screen.step), PATIENCE_SECONDS) is None:
        raise MeasureError("the lab did not start")
    time.sleep(SETTLING_SECONDS)


def _compare_with_headless(terminal: Terminal, headless: Child, seconds: float) -> dict[str, Any]:
    """The lab and a headless run take turns; the lab is paused meanwhile."""
    headless(seconds / 2)
    in_lab, alone, frames = [], [], []
    for _ in range(ROUNDS):
        seen = _steps_seen(terminal, seconds)
        (first, begun), (last, reached) = seen[0], seen[-1]
        in_lab.append((reached - begun) / (last - first))
        frames.append((len(seen) - 1) / (last - first))
        _toggle(terminal, "paused")
        alone += [1e6 / percentile(headless(seconds), 50)]
        _toggle(terminal, "running")
    rates = {"steps_per_second": spread(in_lab), "headless_steps_per_second": spread(alone)}
    quotient = rates["steps_per_second"]["median"] / rates["headless_steps_per_second"]["median"]
    return {**rates, "ratios": {"lab/headless": quotient}, "frames_per_second": spread(frames)}


def _steps_seen(terminal: Terminal, seconds: float) -> list[tuple[float, int]]:
    """Two or more (when, step)."""
    seen = terminal.watch(seconds)
    if len(seen) < 2:
        raise MeasureError(f"the lab showed no new step in {seconds:g} seconds")
    return seen


def _toggle(terminal: Terminal, state: str) -> None:
    terminal.send(" ")
    if terminal.wait(lambda screen: state in screen.lines[0], PATIENCE_SECONDS) is None:
        raise MeasureError(f"the lab did not say that it is {state}")
    time.sleep(0.3)


def _answer(terminal: Terminal, keys: str, shows: Callable[[ScreenText], bool], turn: int) -> float:
    """Seconds from a key to the screen that shows what it does. Keys come at different moments between two frames."""
    time.sleep(0.15 + 0.013 * (turn % 10))
    for _ in terminal.frames():
        pass
    sent = terminal.send(keys)
    shown = terminal.wait(shows, PATIENCE_SECONDS)
    if shown is None:
        raise MeasureError(f"the lab did not answer the key {keys!r}")
    return max(0.0, shown - sent)


def _choose(terminal: Terminal, turn: int) -> float:
    """The second knob, then the first again."""
    keys, label = (DOWN, "▸ optimizer") if turn % 2 == 0 else (UP, "▸ lr")
    return _answer(terminal, keys, lambda screen: any(label in line for line in screen.lines), turn)


def _turn(terminal: Terminal, turn: int) -> float:
    """The first knob, the learning rate, up and down again."""
    keys = RIGHT if turn % 2 == 0 else LEFT
    before = _chosen_knob(terminal.screen)
    return _answer(terminal, keys, lambda screen: _chosen_knob(screen) != before, turn)


def _chosen_knob(screen: ScreenText) -> str:
    return next((line.partition("▸")[2][:30] for line in screen.lines if "▸ lr" in line), "")


def _help(terminal: Terminal, turn: int) -> float:
    """The list of all keys, open and closed."""
    opens = turn % 2 == 0
    return _answer(terminal, "?", lambda screen: ("Help (Esc" in "".join(screen.lines)) == opens, turn)


def _cost_when_slow(terminal: Terminal, seconds: float) -> dict[str, Any]:
    for _ in terminal.frames():
        pass
    before, began, written = terminal.cpu_seconds(), time.perf_counter(), terminal.written
    seen = _steps_seen(terminal, 2 * seconds)
    after, ended = terminal.cpu_seconds(), time.perf_counter()
    cost = None if before is None or after is None else (after - before) / (ended - began)
    frames = (len(seen) - 1) / (seen[-1][0] - seen[0][0])
    return {
        "slow_steps_per_second": SLOW,
        "slow_cpu_seconds_per_second": cost,
        "slow_frames_per_second": frames,
        "slow_kilobytes_per_second": (terminal.written - written) / (ended - began) / 1000,
    }


def sheets(found: dict[str, Any]) -> list[Sheet]:
    """One table of the lab's speed, frames, answers to keys and cost; none where the lab was not measured."""
    if not found:
        return []
    cost = found["slow_cpu_seconds_per_second"]
    rows = [
        ["steps a second", rate_spread_text(found["steps_per_second"])],
        ["the same headless", rate_spread_text(found["headless_steps_per_second"])],
        ["lab/headless", ratio(found["ratios"]["lab/headless"])],
        ["frames a second", spread_text(found["frames_per_second"])],
    ]
    for name, words in (("choose_knob", "choose a knob"), ("turn_knob", "turn a knob"), ("help", "all keys")):
        one = found[f"{name}_milliseconds"]
        rows.append([f"key to screen, {words}: ms", f"{measured(one['median'])} (95 %: {measured(one['p95'])})"])
    slow = found["slow_steps_per_second"]
    rows.append([f"processor seconds a second at {slow} steps/s", "unknown" if cost is None else measured(cost)])
    rows.append([f"frames a second at {slow} steps/s", measured(found["slow_frames_per_second"])])
    rows.append([f"kB a second to the terminal at {slow} steps/s", measured(found["slow_kilobytes_per_second"])])
    return [Sheet(f"The lab at unlimited speed, {found['columns']}x{found['rows']}", ["", "measured"], rows)]
