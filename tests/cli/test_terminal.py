"""What a person at a terminal gets from the commands that are no screen."""

import os
import sys
import time

import pexpect
import pytest
from cli.conftest import command, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def spawn(*words: str, **changes: str) -> pexpect.spawn:
    return pexpect.spawn(
        words[0], list(words[1:]), env=environment(TERM="xterm-256color", **changes), dimensions=(40, 120), timeout=60
    )


def nntui(*arguments: str, **changes: str) -> pexpect.spawn:
    return spawn(*command(*arguments), **changes)


def ending(child: pexpect.spawn) -> tuple[int, str]:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before.decode()


def test_the_bare_command_lets_one_choose_and_q_leaves():
    child = nntui()
    child.expect("What do you want to see")
    child.expect("vanishing-gradients|linear-baseline")
    child.send("q")
    status, out = ending(child)
    assert status == 0
    assert "\x1b[?1049l" in out  # the screen is as it was
    assert "Traceback" not in out


def test_the_bare_command_on_a_terminal_that_cannot_move_its_cursor_prints_help():
    child = spawn("/usr/bin/env", "TERM=dumb", *command())
    status, out = ending(child)
    assert status == 2
    assert "Usage: nntui" in out


def test_progress_goes_to_standard_error_and_the_result_to_the_file(small, tmp_path):
    result = tmp_path / "result.json"
    words = " ".join(
        f"'{word}'" for word in command("run", small, "--headless", "--format", "json", "--steps", "20000")
    )
    status, out = ending(spawn("/bin/sh", "-c", f"{words} > '{result}'"))
    assert status == 0
    assert "training" in out
    assert "\x1b[?25h" in out  # the cursor is back
    assert result.read_text(encoding="utf-8").startswith('{\n  "schema": 1')


def test_a_report_on_a_terminal_uses_its_width(small):
    status, out = ending(nntui("run", small, "--headless", NO_COLOR=""))
    assert status == 0
    assert "\x1b[1m" in out  # bold headings


@pytest.mark.parametrize("key", ["\x03"], ids=["ctrl-c"])
def test_ctrl_c_answers_and_gives_the_cursor_back(small, key):
    child = nntui("run", small, "--headless", "--steps", "1000000000")
    child.expect("training")
    pressed = time.monotonic()
    child.send(key)
    status, out = ending(child)
    assert time.monotonic() - pressed < 2.0
    assert status == 130
    assert "Traceback" not in out
    assert out.rfind("\x1b[?25h") > out.rfind("\x1b[?25l")


def test_ctrl_c_is_answered_while_a_long_call_holds_the_main_thread():
    code = (
        "import hashlib; from nntui.headless.signals import prompt_exit\n"
        "with prompt_exit():\n"
        "    print('ready', flush=True)\n"
        "    hashlib.pbkdf2_hmac('sha256', b'x', b'y', 100_000_000)\n"
    )
    child = spawn(sys.executable, "-c", code)
    child.expect("ready")
    pressed = time.monotonic()
    child.send("\x03")
    status, _ = ending(child)
    assert time.monotonic() - pressed < 1.0
    assert status == 130
