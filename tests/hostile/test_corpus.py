"""Every input of the corpus, with the line it must be refused with; None where nothing is wrong with it."""

from pathlib import Path

import pytest
from hostile.judging import CORPUS, refusal, run_command

from nntui_engine.tasks.resolve import resolve_lane

SCENARIOS: dict[str, str | None] = {
    "good-network": None,
    "good-surface": None,
    "good-data-file": None,
    "lane-named-as-markup": None,
    "stops-before-its-first-step": None,
    "integer-of-2-to-the-1024": "a number or a key of more than 200 characters (line 10)",
    "integer-of-190-digits": "train.lr = a number of more than 30 digits: must be",
    "expectation-of-2-to-the-600": None,
    "hexadecimal-of-5000-digits": "a number or a key of more than 200 characters (line 12)",
    "brackets-350-deep": "brackets nested more than 16 deep (line 10)",
    "tables-350-deep": "brackets nested more than 16 deep (line 10)",
    "key-of-600-parts": "a key of more than 16 parts (line 10)",
    "header-of-600-parts": "a key of more than 16 parts (line 10)",
    "brackets-behind-quotes": "brackets nested more than 16 deep (line 11)",
    "control-character-in-a-name": 'lane.name = " [2J": holds a control character',
    "home-of-nobody": "~nosuchuser/x.csv: no such file",
    "data-from-an-endless-device": "data.path: /dev/zero: is no ordinary file",
    "window-of-no-width": "x must span at least 1e-12, and a billionth of its distance from 0",
    "window-far-out": "x must span at least 1e-12, and a billionth of its distance from 0",
    "thirty-lanes-of-a-million-units": "a run may take 8 GB",
    "a-thousand-layers-in-64-lanes": "a run may take 8 GB",
    "lanes-of-two-precisions": "train.dtype: all lanes of an experiment must have the same one",
}
NO_ARRAY = "is not a NumPy array, or a damaged one"
DATA: dict[str, str | None] = {
    "good.npz": None,
    "good-deflated.npz": None,
    "good-fortran-order.npz": None,
    "bzip2.npz": "x is packed in a way NumPy does not use",
    "bzip2-damaged.npz": "x is packed in a way NumPy does not use",
    "lzma-damaged.npz": "x is packed in a way NumPy does not use",
    "deflate-damaged.npz": "a damaged one",
    "shape-of-true.npz": NO_ARRAY,
    "shape-below-zero.npz": NO_ARRAY,
    "shape-of-a-float.npz": NO_ARRAY,
    "hundred-dimensions.npz": "x has 100 dimensions; at most 32 are allowed",
    "shape-of-many-digits.npz": "the limit is 250 million numbers",
    "two-hundred-million-columns.npz": "200000000 columns; the limit is 1 million",
    "text-of-no-length.npz": "y has dtype <U0",
    "text-of-endless-length.npz": "y has dtype <U999999999, which NumPy does not know",
    "text-that-is-none.npz": "y holds text that is not Unicode",
    "objects.npz": "y has dtype object; allowed: numbers, true/false, and text for y",
    "records.npz": "x has dtype [",
    "dtype-of-no-size.npz": "x has dtype <f3, which NumPy does not know",
    "header-of-code.npz": NO_ARRAY,
    "header-of-brackets.npz": NO_ARRAY,
    "header-too-long.npz": NO_ARRAY,
    "header-of-python-2.npz": None,
    "format-9.npz": NO_ARRAY,
    "infinite-as-float64.npz": "is not a finite number",
    "good.csv": None,
    "good-classes.csv": None,
    "control-characters.csv": None,
    "quote-without-end.csv": None,  # one row of one class
    "no-lines.csv": "no column is left for the inputs",
    "zero-bytes.csv": "it holds zero bytes",
    "good-images-idx3-ubyte": None,
    "good-images-idx3-ubyte.gz": None,
    "wide-images-idx3-ubyte": "its header says",
}


def test_every_file_is_judged() -> None:
    assert {path.stem for path in (CORPUS / "scenarios").iterdir()} == set(SCENARIOS)
    images = {path.name for path in (CORPUS / "data").iterdir() if "labels" not in path.name}
    assert images == set(DATA)


@pytest.mark.parametrize(("name", "part"), SCENARIOS.items(), ids=SCENARIOS)
def test_scenario(name: str, part: str | None) -> None:
    path = str(CORPUS / "scenarios" / f"{name}.toml")
    status, out, err = run_command("validate", path)
    if part is None:
        assert (status, err) == (0, "")
        assert run_command("show", path)[0] == 0
    else:
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert f"{name}.toml" in err
        assert part in err


@pytest.mark.parametrize(("name", "part"), DATA.items(), ids=DATA)
def test_data(name: str, part: str | None) -> None:
    path = CORPUS / "data" / name
    tables = {"data": {"path": str(path), "test_fraction": 0.0}, "train": {"batch_size": 1}}
    found = refusal(lambda: resolve_lane(tables, where="f.toml"))
    assert (found is None) == (part is None), found
    assert part is None or part in str(found)


def test_names_from_a_file_lose_their_control_characters() -> None:
    path = CORPUS / "data" / "control-characters.csv"
    data = resolve_lane({"data": {"path": str(path)}, "train": {"batch_size": 1}}).data
    assert data.features == ("a [2J",)
    assert data.classes == ("b ", "c")


def test_the_corpus_is_what_its_maker_writes(tmp_path: Path) -> None:
    from hostile import make_corpus

    for folder in ("scenarios", "data"):
        (tmp_path / folder).mkdir()
    make_corpus.FOLDER, kept = tmp_path, make_corpus.FOLDER
    try:
        make_corpus.main()
    finally:
        make_corpus.FOLDER = kept
    for name in DATA:
        if "deflated" not in name and not name.endswith(".gz"):  # their bytes are the library's own
            assert (tmp_path / "data" / name).read_bytes() == (CORPUS / "data" / name).read_bytes(), name
    for name in SCENARIOS:
        file = f"scenarios/{name}.toml"
        assert (tmp_path / file).read_text(encoding="utf-8") == (CORPUS / file).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", [name for name, part in SCENARIOS.items() if part is None])
def test_what_is_taken_can_be_run(name: str) -> None:
    status, out, _ = run_command("run", str(CORPUS / "scenarios" / f"{name}.toml"), "--headless", within=120)
    assert status == 0
    assert "step" in out
