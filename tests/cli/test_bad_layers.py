"""Networks that cannot be are one line and exit status 2, and nothing is written, whatever was asked to be."""

import pytest

HEAD = """schema = 1
[scenario]
title = "t"
[data]
name = "digits"
[train]
steps = 2
"""
CONVOLUTION = '{ kind = "convolution", filters = 4, kernel = 3, name = "a" }'
CASES = {
    "a loop": ('[{ kind = "dense", units = 2, from = "a" }, ' + CONVOLUTION + "]", "comes later"),
    "a name twice": (f"[{CONVOLUTION}, {CONVOLUTION}]", "another layer has that name"),
    "a window": ('[{ kind = "max_pool", size = 9 }]', "its window of 9×9 is larger"),
    "repeat": ('[{ kind = "dense", units = 2, repeat = 10000 }]', "repeat"),
    "repeat of repeat": (
        '[{ repeat = 900, layers = [{ repeat = 900, layers = [{ kind = "dense", units = 2 }] }] }]',
        "more than 1000 layers",
    ),
    "parameters": ('[{ kind = "dense", units = 1000000 }, { kind = "dense", units = 1000000 }]', "parameters"),
    "padding": ('[{ kind = "convolution", filters = 2, padding = "full" }]', 'unknown padding "full"'),
    "a recurrence of pictures": ('[{ kind = "gru", units = 2 }]', "it wants a sequence"),
    "tokens": ('[{ kind = "flatten" }, { kind = "embedding", units = 2, tokens = 3 }]', "reads another layer"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_network_that_cannot_be(invoke, monkeypatch, tmp_path, name):
    layers, message = CASES[name]
    path = tmp_path / "t.toml"
    path.write_text(f"{HEAD}[model]\nlayers = {layers}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nntui.headless.training.train", lambda *_: pytest.fail("it began to train"))
    for arguments in (["run", "t.toml", "--headless", "--save-weights", "w.npz"], ["show", "t.toml"]):
        result = invoke(*arguments)
        assert result.status == 2
        assert result.err.startswith("nntui: ")
        assert result.err.count("\n") == 1
        assert message in result.err
        assert result.out == ""
    assert [one.name for one in tmp_path.iterdir()] == ["t.toml"]
