"""JSON that any parser reads."""

import json
import math

import numpy as np
import pytest

from nntui.headless.machine import encoded
from nntui.json_text import json_text, plain


def test_values_json_has_no_number_for_are_strings():
    assert plain([math.nan, math.inf, -math.inf, 1.5]) == ["NaN", "Infinity", "-Infinity", 1.5]


def test_numpy_values_become_plain_ones():
    value = {
        "a": np.float32(0.5),
        "b": np.int64(3),
        "c": np.bool_(True),
        "d": np.array([[1.0, np.nan]]),
        "e": (1, None),
    }
    assert plain(value) == {"a": 0.5, "b": 3, "c": True, "d": [[1.0, "NaN"]], "e": [1, None]}
    assert type(plain(np.int64(3))) is int


def test_text_is_one_document_with_a_closing_newline():
    text = json_text({"name": "‖g‖", "value": math.inf})
    assert text.endswith("}\n")
    assert "‖g‖" in text
    assert json.loads(text, parse_constant=pytest.fail) == {"name": "‖g‖", "value": "Infinity"}


def test_a_row_is_one_line():
    assert json_text({"a": [1, 2]}, indent=None) == '{"a":[1,2]}\n'


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="object"):
        plain(object())


def test_a_broken_file_name_does_not_stop_the_output():
    assert encoded("caf\udce9") == b"caf?"
