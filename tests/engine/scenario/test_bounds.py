"""What holds before anything is parsed, copied or converted: size, depth, length, number."""

import time
import tomllib
from contextlib import suppress
from typing import Any

import pytest
from hostile.judging import refusal
from hypothesis import example, given
from hypothesis import strategies as st

from nntui_engine.errors import LONGEST_MESSAGE, InputError
from nntui_engine.registry.row import Parameter
from nntui_engine.scenario import override, parse_assignment, parse_scenario, scenario_from_dict
from nntui_engine.scenario.text import LARGEST_FILE, MOST_KEYS, MOST_VALUES, check_bounds

HEAD = 'schema = 1\n[scenario]\ntitle = "t"\n[data]\nname = "xor"\n'
TABLES: dict[str, Any] = {"schema": 1, "scenario": {"title": "t"}, "data": {"name": "xor"}}


def nested(depth: int, inner: object = 1) -> object:
    for _ in range(depth):
        inner = [inner]
    return inner


# Texts of nearly the largest size, each the worst for some reader
LONG = {
    "dots": ".".join(["a"] * 450_000) + " = 1",
    "dots in a header": "[" + ".".join(["a"] * 450_000) + "]",
    "dots between quotes": ".".join(['"a"'] * 200_000) + " = 1",
    "brackets": "a = " + "[" * 900_000,
    "braces": "a = " + "{a=" * 300_000,
    "keys": "".join(f"a{i} = 1\n" for i in range(90_000)),
    "tables": "[[lane]]\n" * 100_000,
    "values": "a = [" + "1," * 450_000 + "]",
    "digits": "a = " + "9" * 900_000,
    "hexadecimal": "a = 0x" + "f" * 900_000,
    "quotes without end": "a = " + '"""' + '"x' * 400_000,
    "single quotes without end": "a = '''" + "''x" * 290_000,
    "escapes": 'a = "' + "\\" * 900_000,
    "spaces": " " * 900_000,
    "comments": "#\n" * 450_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_the_look_over_a_text_takes_linear_time(text: str) -> None:
    """A text 16 times as long takes about 16 times as long, where a quadratic reader would take 256 times."""

    def seconds(part: str) -> float:
        taken = []
        for _ in range(3):
            start = time.thread_time()
            with suppress(InputError):
                parse_scenario(HEAD + part)
            taken.append(time.thread_time() - start)
        return min(taken)

    refusal(lambda: parse_scenario(HEAD + text))
    whole, part = seconds(text), seconds(text[: len(text) // 16])
    assert whole < 64.0 * max(part, 0.02)


UNENDED = ['"b', "'b", '"""b""', '"' + "\\" * 900_000, "'''b''"]


@pytest.mark.parametrize("text", UNENDED, ids=range(len(UNENDED)))
def test_a_text_in_quotes_without_its_end(text: str) -> None:
    with pytest.raises(InputError, match=r"^scenario: not valid TOML: a text in quotes without its end \(line 7\)$"):
        parse_scenario(HEAD + "\na = " + text)


def test_the_largest_text() -> None:
    parse_scenario(HEAD + "#" * (LARGEST_FILE - len(HEAD)))
    with pytest.raises(InputError, match="scenario: larger than 1 MB"):
        parse_scenario(HEAD + "#" * (LARGEST_FILE - len(HEAD) + 1))


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        ("a = " + "[" * 16 + "]" * 16, "a = " + "[" * 17 + "]" * 17),
        ("a = " + "{a=" * 16 + "1" + "}" * 16, "a = " + "{a=" * 17 + "1" + "}" * 17),
        (".".join("a" * 16) + " = 1", ".".join("a" * 17) + " = 1"),
        (". ".join(['"a"'] * 16) + " = 1", ". ".join(['"a"'] * 17) + " = 1"),
        ("a = {b = 1, " + ".".join("a" * 16) + " = 1}", "a = {b = 1, " + ".".join("a" * 17) + " = 1}"),
        ("[a]" + ".".join("a" * 16), "[a]" + ".".join("a" * 17)),
        ("a = " + "9" * 200, "a = " + "9" * 201),
        ("a = [" + "0," * MOST_VALUES + "]", "a = [" + "0," * (MOST_VALUES + 1) + "]"),
        ("a=1\n" * MOST_KEYS, "a=1\n" * (MOST_KEYS + 1)),
    ],
    ids=[
        "lists",
        "tables",
        "parts",
        "quoted parts",
        "parts in a table",
        "parts after a bracket",
        "digits",
        "values",
        "keys",
    ],
)
def test_the_bounds_are_exact(fits: str, too_much: str) -> None:
    check_bounds(fits, "f")
    with pytest.raises(InputError, match=r"^f: .*\(line \d+\)$"):
        check_bounds(too_much, "f")


@pytest.mark.parametrize("text", ["'", '"', "'''", '"""'])
def test_what_stands_in_text_is_not_counted(text: str) -> None:
    check_bounds(f"a = {text}{'[' * 50}{'.' * 50}{'9' * 500}{text}\n# {'[' * 50}", "f")


PIECES = (
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\n",
    "#",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "a",
    "1",
    " ",
    "\r\n",
    'a = """',
    "a = '",
)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("a = '' #'''\nb = " + "[" * 20)
@example('a = """"""" ' + "[" * 20)
@example('a = """\\""""\nb = ' + "[" * 20 + "]" * 20)
def test_whatever_python_can_read_was_measured_as_python_reads_it(text: str) -> None:
    """The look takes text for text and brackets for brackets: what is deep for Python is deep for it."""
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    deep = _depth(tables) > 17  # a top-level key stands in one table
    try:
        check_bounds(text, "f")
    except InputError:
        assert _depth(tables) > 15 or any(len(part) > 100 for part in text.split())
    else:
        assert not deep


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, (dict, list)) else 0


HUGE = [2**1024, -(2**1024), 10**5000, 16**6000]


@pytest.mark.parametrize("number", HUGE, ids=["2**1024", "-2**1024", "10**5000", "16**6000"])
class TestWholeNumbersThatNoFloatCanHold:
    @pytest.mark.parametrize(
        "tables",
        [
            {"train": {"lr": 0}},
            {"train": {"seed": 0}},
            {"train": {"schedule": {"kind": "cosine", "over": 0}}},
            {"data": {"name": "xor", "samples": 0}},
            {"data": {"name": "xor", "preprocess": {"kind": "divide", "by": 0}}},
            {"model": {"hidden": [0]}},
            {"model": {"init_scale": 0, "init": "normal"}},
            {"sweep": {"key": "train.lr", "values": [1, 0]}},
            {"expect": [{"statistic": "loss", "below": 0}]},
            {"expect": [{"statistic": "gradient_norm", "layer": 0, "below": 1.0}]},
            {"try": [{"say": "x", "set": {"train.lr": 0}}]},
            {"schema": 0},
        ],
        ids=str,
    )
    def test_in_tables(self, number: int, tables: dict[str, Any]) -> None:
        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: filled(inner) for key, inner in value.items()}
            if isinstance(value, list):
                return [filled(inner) for inner in value]
            return number if value == 0 and not isinstance(value, bool) else value

        with pytest.raises(InputError, match="a number of more than 30 digits"):
            scenario_from_dict({**TABLES, **filled(tables)})

    def test_in_a_change(self, number: int) -> None:
        with pytest.raises(InputError, match=r"train\.lr = a number of more than 30 digits"):
            override({"data": {"name": "xor"}}, {"train.lr": number}, "tweak")

    def test_as_a_parameter(self, number: int) -> None:
        assert Parameter("a", 1.0, "").problem(number) == "must be a finite number"
        assert Parameter("a", 1.0, "", low=0, high=5, whole=True).problem(number) == "must be a finite number"


@pytest.mark.parametrize("depth", [20, 400, 5000])
def test_tables_nested_without_end(depth: int) -> None:
    with pytest.raises(InputError, match="nested more than 16 deep"):
        scenario_from_dict({**TABLES, "model": {"hidden": nested(depth)}})
    with pytest.raises(InputError, match="nested more than 16 deep"):
        override({"data": {"name": "xor"}}, {"model.hidden": nested(depth)}, "tweak")


@pytest.mark.parametrize(
    "value", ["[" * 400 + "]" * 400, "9" * 5000, "0x" + "f" * 5000, "{ a = " * 400 + "1" + "}" * 400, "a" * 200_000]
)
def test_a_value_on_the_command_line(value: str) -> None:
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        parse_assignment(f"model.hidden={value}")
    assert len(str(caught.value)) <= LONGEST_MESSAGE
    assert time.process_time() - start < 1.0


def test_brackets_hidden_behind_a_quote_on_the_command_line() -> None:
    deep = "[" * 5000 + "]" * 5000
    assert parse_assignment(f"model.hidden=[a',{deep}]")[2] == ["a'", deep]


@pytest.mark.parametrize("lanes", [2, 3000])
def test_a_sweep_of_too_many_lanes(lanes: int) -> None:
    text = HEAD + "".join(f'[[lane]]\nname = "{i}"\n' for i in range(lanes))
    text += f'[sweep]\nkey = "train.lr"\nvalues = {[0.01 * i for i in range(1, 61)]}\n'
    with pytest.raises(InputError, match=rf"sweep: {60 * lanes} lanes; at most 64 are allowed"):
        parse_scenario(text)


def test_many_suggestions_and_a_long_lesson() -> None:
    one = '[[try]]\nsay = "x"\nset = { "train.lr" = 0.1 }\n'
    parse_scenario(HEAD + one * 32)
    with pytest.raises(InputError, match=r"try = .*: must have at most 32 entries"):
        parse_scenario(HEAD + one * 33)
    with pytest.raises(InputError, match=r"scenario\.lesson = .*: must have at most 20000 characters"):
        parse_scenario(HEAD.replace("[data]", f'lesson = "{"x" * 20_001}"\n[data]'))


@pytest.mark.parametrize("key", ["title", "summary", "lesson", "source"])
def test_control_characters(key: str) -> None:
    table = {**TABLES, "scenario": {"title": "t", key: "a\x1b[2J"}}
    with pytest.raises(InputError, match=rf'scenario\.{key} = "a \[2J": holds a control character'):
        scenario_from_dict(table)
    scenario_from_dict({**TABLES, "scenario": {"title": "t", key: "é 日本\u200d\u00a0\n\tx"}})


def test_a_message_keeps_its_ends() -> None:
    message = str(InputError("begin " + "x" * 100_000 + " end"))
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("begin x")
    assert message.endswith("x end")
    assert " … " in message
