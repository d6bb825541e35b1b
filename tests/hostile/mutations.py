"""Spoiling inputs: bytes, lines and tokens of what is good, or once was bad."""

import re

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

# What stands in for a value: each was, or could be, too much for some reader
VALUES = (
    "0", "-1", "1", "2", "-0.0", "0.5", "1e308", "-1e308", "5e-324", "1e-300", "nan", "inf", "-inf", str(2**63 - 1),
    "9223372036854775808", "18446744073709551616", str(2**1024), "9" * 199, "9" * 5000, "0x" + "f" * 300,
    "0b" + "1" * 2000, "1000000", "100000", "true", "false", '""', '"auto"', '"none"', '"full"', '"[/x]"', '"[bold"',
    r'"\u0000"', r'"\u001b[2J"', r'"\ud800"', r'"\U0010FFFF"', '"a"', '"' + "a" * 300 + '"', '"' + "a." * 300 + '"',
    "'''\n'''", "[]", "[[]]", "[" * 40 + "]" * 40, "[1, 2]", "[[0, 5e-324], [0, 1]]", "[0.5, nan]", "[true]",
    '["a", 1]', "{}", "{ kind = 1 }", '{ kind = "cosine", over = 1e400 }', "{ a = { b = { c = 1 } } }", "1979-05-27",
    "07:32:00", "1979-05-27T07:32:00Z", '"relu"', '"softmax"', '"adam"', '"digits"', '"noisy_moons"', '"/dev/zero"',
    '"/dev/stdin"', '"/proc/self/mem"', '"/proc/kmsg"', '"."', '"~"', '"~nosuchuser/x.csv"', '"' + "n" * 256 + '.csv"',
    '"x.npz"', '"train.lr"',
)  # fmt: skip
LINES = (
    "[", "[[", "[a", "[[lane]]", "[[try]]", "[[expect]]", "[sweep]", "[data]", "[surface]", "[model]", "[train]",
    "[scenario]", ".".join(["a"] * 600) + " = 1", "[" + ".".join(["a"] * 600) + "]", "a = " + "[" * 350 + "]" * 350,
    "= 1", "a", 'a = "', "a = '''", 'a = """', "# \x00", "\x7f", "\u2028", "schema = 2", "schema = true",
)  # fmt: skip
_TOKEN = re.compile(r'"[^"\n]*"|[-+]?\d[\w.+-]*|\b[a-z_]+\b|[\[\]{}=,.]')


def _place(draw: DrawFn, size: int) -> int:
    return draw(st.integers(0, max(0, size)))


@st.composite
def spoiled_bytes(draw: DrawFn, good: SearchStrategy[bytes], most: int = 4) -> bytes:
    """Some bytes of a good input flipped, cut out, doubled, replaced or put in; or two inputs joined."""
    content = draw(good)
    for _ in range(draw(st.integers(1, most))):
        at = _place(draw, len(content))
        length = draw(st.sampled_from((1, 1, 1, 2, 4, 8, 64, 1024)))
        kind = draw(st.sampled_from(("flip", "cut", "double", "put", "replace", "end", "join")))
        piece = content[at : at + length]
        if kind == "flip":
            piece = bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in piece[:4])
            content = content[:at] + piece + content[at + len(piece) :]
        elif kind == "cut":
            content = content[:at] + content[at + length :]
        elif kind == "double":
            content = content[:at] + piece * draw(st.integers(2, 9)) + content[at + length :]
        elif kind == "end":
            content = content[:at]
        elif kind == "join":
            content = content[:at] + draw(good)[_place(draw, len(content)) :]
        else:
            new = draw(st.binary(max_size=8))
            content = content[:at] + new + content[at + (len(new) if kind == "replace" else 0) :]
    return content


@st.composite
def spoiled_text(draw: DrawFn, good: SearchStrategy[str], most: int = 3) -> str:
    """Tokens of a good text replaced by hostile ones, lines taken out, doubled, moved or put in."""
    text = draw(good)
    for _ in range(draw(st.integers(1, most))):
        lines = text.split("\n")
        at = _place(draw, len(lines) - 1)
        kind = draw(
            st.sampled_from(("token", "token", "token", "value", "value", "value", "drop", "double", "move", "put"))
        )
        if kind == "token":
            tokens = list(_TOKEN.finditer(lines[at]))
            if tokens:
                token = draw(st.sampled_from(tokens))
                new = draw(st.sampled_from(VALUES) | st.sampled_from([other[0] for other in tokens]))
                lines[at] = lines[at][: token.start()] + new + lines[at][token.end() :]
        elif kind == "value":
            key, equals, _ = lines[at].partition("=")
            if equals:
                lines[at] = f"{key}= {draw(st.sampled_from(VALUES))}"
        elif kind == "drop":
            del lines[at]
        elif kind == "double":
            lines[at : at + 1] = [lines[at]] * draw(st.sampled_from((2, 3, 70)))
        elif kind == "move":
            lines.insert(_place(draw, len(lines) - 1), lines.pop(at))
        else:
            lines.insert(at, draw(st.sampled_from(LINES)))
        text = "\n".join(lines)
    return text
