"""Write the corpus: the inputs that once ended in a traceback, a wait or gigabytes, and a few good ones to spoil.

Run it again to add a file: ``python tests/hostile/make_corpus.py``; what was there stays the same, byte for byte.
"""

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "corpus"
HEAD = 'schema = 1\n[scenario]\ntitle = "t"\n'
XOR = HEAD + '[data]\nname = "xor"\nsamples = 60\n[train]\nbatch_size = 8\nsteps = 3\n'
BOWL = HEAD + '[surface]\nname = "bowl"\n'

SCENARIOS = {
    "good-network": XOR
    + '[model]\nhidden = [4, 4]\n[[lane]]\nname = "a"\n[[lane]]\nname = "b"\nset = { "train.lr" = 0.1 }\n',
    "good-surface": BOWL + 'window = [[-1, 1], [-1, 1]]\n[train]\noptimizer = "adam"\nlr = 0.1\nsteps = 3\n',
    "good-data-file": HEAD + '[data]\npath = "../data/good.csv"\n[train]\nbatch_size = 8\nsteps = 3\n',
    "lane-named-as-markup": XOR + '[[lane]]\nname = "[/x]"\n[[lane]]\nname = "[bold]b\\\\"\n',
    "stops-before-its-first-step": XOR
    + "evaluate_every = 1\nearly_stopping = { patience = 0 }\n"
    + '[model]\ninit = "normal"\ninit_scale = 1e30\n',
    "integer-of-2-to-the-1024": XOR + f"lr = {2**1024}\n",
    "integer-of-190-digits": XOR + f"lr = {10**190 - 1}\n",
    "expectation-of-2-to-the-600": XOR + f'[[expect]]\nstatistic = "loss"\nbelow = {2**600}\n',
    "hexadecimal-of-5000-digits": XOR + f'[sweep]\nkey = "train.lr"\nvalues = [0x{"f" * 5000}, 1]\n',
    "brackets-350-deep": XOR + f"x = {'[' * 350}{']' * 350}\n",
    "tables-350-deep": XOR + f"x = {'{a=' * 350}1{'}' * 350}\n",
    "key-of-600-parts": XOR + ".".join(["a"] * 600) + " = 1\n",
    "header-of-600-parts": XOR + "[" + ".".join(["a"] * 600) + "]\n",
    "brackets-behind-quotes": XOR + f'x = """ "" \\""" {"[" * 10}"""\ny = {"[" * 350}\n',
    "control-character-in-a-name": XOR + '[[lane]]\nname = "\\u001b[2J"\n',
    "home-of-nobody": HEAD + '[data]\npath = "~nosuchuser/x.csv"\n',
    "data-from-an-endless-device": HEAD + '[data]\npath = "/dev/zero"\n',
    "window-of-no-width": BOWL + "window = [[0, 5e-324], [0, 1]]\n[train]\nsteps = 3\n",
    "window-far-out": BOWL + "window = [[1e15, 1000000000000001], [0, 1]]\n[train]\nsteps = 3\n",
    "thirty-lanes-of-a-million-units": HEAD
    + '[data]\nname = "digits"\n[model]\nhidden = [1000000]\n'
    + "".join(f'[[lane]]\nname = "{i}"\nset = {{ "train.lr" = 0.{i + 1:02} }}\n' for i in range(30)),
    "a-thousand-layers-in-64-lanes": XOR
    + f"[model]\nhidden = [{'1, ' * 1000}]\n"
    + "".join(f'[[lane]]\nname = "{i}"\n' for i in range(64)),
    "lanes-of-two-precisions": XOR
    + '[[lane]]\nname = "a"\n[[lane]]\nname = "b"\nset = { "train.dtype" = "float64" }\n',
}

Member = tuple[bytes, int]


def array(text: str, content: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """A member in NumPy's format with this header."""
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H" if version == b"\1\0" else "<I", len(header)) + header + content


def header(shape: str, descr: str = "'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


def plain(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


def packed(x: bytes, y: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """An NPZ file of these two members, with the same bytes every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in (("x.npy", x), ("y.npy", y)):
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return stream.getvalue()


def damaged(content: bytes, behind: bytes = b"x.npy") -> bytes:
    """Some bytes flipped in the first member's content."""
    at = content.index(behind) + len(behind) + 40
    return content[:at] + bytes(byte ^ 0xA5 for byte in content[at : at + 24]) + content[at + 24 :]


def idx(shape: tuple[int, ...], content: bytes, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
SIXTEEN = bytes(128)
BEYOND_FLOAT64 = bytes(7) + b"\x80\xfe\x7f" + bytes(6)  # about 6e4931 in 80 bits

DATA = {
    "good.npz": packed(plain(X), plain(Y)),
    "good-deflated.npz": packed(plain(X.astype("f4")), plain(Y.astype("U3")), zipfile.ZIP_DEFLATED),
    "good-fortran-order.npz": packed(plain(np.asfortranarray(X)), plain(Y)),
    "bzip2.npz": packed(plain(X), plain(Y), zipfile.ZIP_BZIP2),
    "bzip2-damaged.npz": damaged(packed(plain(X), plain(Y), zipfile.ZIP_BZIP2)),
    "lzma-damaged.npz": damaged(packed(plain(X), plain(Y), zipfile.ZIP_LZMA)),
    "deflate-damaged.npz": damaged(packed(plain(X), plain(Y), zipfile.ZIP_DEFLATED)),
    "shape-of-true.npz": packed(array(header("(True, 3)"), SIXTEEN), plain(Y)),
    "shape-below-zero.npz": packed(array(header("(-2, -8)"), SIXTEEN), plain(Y)),
    "shape-of-a-float.npz": packed(array(header("(2.0, 8)"), SIXTEEN), plain(Y)),
    "hundred-dimensions.npz": packed(array(header(f"({'1, ' * 100})"), SIXTEEN), plain(Y)),
    "shape-of-many-digits.npz": packed(array(header(f"({'9' * 400}, 1)"), SIXTEEN), plain(Y)),
    "two-hundred-million-columns.npz": packed(array(header("(1, 200000000)", "'|u1'"), SIXTEEN), plain(Y[:1])),
    "text-of-no-length.npz": packed(plain(X), array(header("(20,)", "'<U0'"))),
    "text-of-endless-length.npz": packed(plain(X), array(header("(20,)", "'<U999999999'"), SIXTEEN)),
    "text-that-is-none.npz": packed(plain(X[:4]), array(header("(4,)", "'<U2'"), b"\xff" * 32)),
    "objects.npz": packed(plain(X[:2]), plain(np.array([None, "a"], dtype=object))),
    "records.npz": packed(array(header("(2,)", "[('a', '<f4'), ('b', '<f4')]"), SIXTEEN[:16]), plain(Y[:2])),
    "dtype-of-no-size.npz": packed(array(header("(2, 2)", "'<f3'"), SIXTEEN), plain(Y[:2])),
    "header-of-code.npz": packed(array("{'descr': __import__('os'), 'fortran_order': 0, 'shape': ()}"), plain(Y)),
    "header-of-brackets.npz": packed(array("(" * 3000), plain(Y)),
    "header-too-long.npz": packed(array(header("(2, 2)") + " " * 9000, version=b"\2\0"), plain(Y)),
    "header-of-python-2.npz": packed(array(header("(2L, 2L)"), SIXTEEN[:32]), plain(Y[:2])),
    "format-9.npz": packed(array(header("(2, 2)"), SIXTEEN, version=b"\x09\0"), plain(Y)),
    "infinite-as-float64.npz": packed(array(header("(2, 1)", "'<f16'"), BEYOND_FLOAT64 * 2), plain(Y[:2])),
    "good.csv": b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (i, 7 * i % 5, i % 2) for i in range(20)),
    "good-classes.csv": b'a;y\n1;red\n2;"green"\n3;red\n4;green\n5;red\n',
    "control-characters.csv": b"a\x1b[2J,y\n1,b\x07\n2,c\n3,b\x07\n4,c\n",
    "quote-without-end.csv": b'a,y\n1,"2\n3,4\n',
    "no-lines.csv": b"a" * 3000,
    "zero-bytes.csv": b"a,y\n1,2\n" + bytes(20),
    "good-images-idx3-ubyte": idx((4, 2, 3), bytes(range(24))),
    "good-labels-idx1-ubyte": idx((4,), bytes([0, 1, 0, 1])),
    "good-images-idx3-ubyte.gz": gzip.compress(idx((4, 2, 3), bytes(range(24))), mtime=0),
    "good-labels-idx1-ubyte.gz": gzip.compress(idx((4,), bytes([0, 1, 0, 1])), mtime=0),
    "wide-images-idx3-ubyte": idx((1, 2**31, 1), bytes(24)),
    "wide-labels-idx1-ubyte": idx((1,), b"\1"),
}  # fmt: skip


def main() -> None:
    for name, text in SCENARIOS.items():
        (FOLDER / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    for name, content in DATA.items():
        (FOLDER / "data" / name).write_bytes(content)


if __name__ == "__main__":
    main()
