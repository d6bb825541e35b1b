"""Reading scenario files: what is accepted, and the one line a person gets for what is not."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui_engine.errors import InputError
from nntui_engine.scenario import list_scenarios, load_scenario, parse_scenario, scenario_from_dict, scenario_paths

HEAD = 'schema = 1\n[scenario]\ntitle = "t"\n'
DATA = HEAD + '[data]\nname = "xor"\n'


def message(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_scenario(text, name="f.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_full_example_is_read() -> None:
    scenario = parse_scenario(
        textwrap.dedent(
            """
            schema = 1
            [scenario]
            title = "Spirals"
            summary = "One line."
            lesson = "Text."
            source = "A book"
            panels = ["loss", "gradient_norm"]
            [data]
            name = "spirals"
            samples = 500
            noise = 0.1
            classes = 3
            label_noise = 0.1
            test_fraction = 0.25
            preprocess = { kind = "divide", by = 2 }
            [model]
            hidden = [8, 8]
            activation = ["sigmoid", "leaky_relu"]
            alpha = [0.0, 0.2]
            output = "softmax"
            outputs = 3
            init = ["normal", "zeros", "he_normal"]
            init_scale = 0.5
            bias = "normal"
            bias_scale = 0.3
            batch_norm = "before"
            dropout = [0.1, 0.0]
            trainable = [true, false, true]
            [train]
            loss = "huber"
            huber_delta = 2
            optimizer = "sgd"
            lr = 0.1
            momentum = 0.9
            nesterov = true
            schedule = { kind = "exponential", decay = 0.01 }
            batch_size = "full"
            epochs = 10
            l1 = [0.0, 0.1, 0.0]
            early_stopping = { patience = 20, restore_best = true }
            noise = { gradients = 0.1 }
            seed = 3
            dtype = "float64"
            [[lane]]
            name = "one"
            [[lane]]
            name = "two"
            set = { "model.activation" = "relu", train.lr = 0.2 }
            [[try]]
            say = "Look"
            lane = "two"
            set = { "model.dropout" = 0.0 }
            [[expect]]
            lane = "one"
            step = 5
            statistic = "gradient_norm"
            layer = 1
            over = { layer = -1, lane = "two" }
            between = [0.0, 1e9]
            [[expect]]
            no_finding = "any"
            """
        )
    )
    assert scenario.title == "Spirals"
    assert [lane.name for lane in scenario.lanes] == ["one", "two"]
    assert scenario.lanes[1].tables["train"]["lr"] == 0.2
    assert scenario.lanes[1].tables["model"]["activation"] == "relu"
    assert "alpha" not in scenario.lanes[1].tables["model"]
    assert scenario.lanes[0].tables["train"]["noise"] == {"inputs": 0.0, "weights": 0.0, "gradients": 0.1}
    assert "steps" not in scenario.lanes[0].tables["train"]
    assert scenario.tables["train"]["lr"] == 0.1
    assert "clip_norm" not in scenario.tables["train"]
    assert scenario.tries[0].say == "Look"
    assert scenario.expectations[0].over is not None
    assert scenario.expectations[0].over.layer == -1
    assert not scenario.is_surface


def test_title_and_data_are_enough() -> None:
    scenario = parse_scenario(DATA)
    (lane,) = scenario.lanes
    assert lane.name == ""
    assert lane.tables["train"]["steps"] == 3000
    assert lane.tables["train"]["lr"] == 0.01
    assert lane.tables["model"]["output"] == "auto"


def test_surface_is_read_and_has_no_model() -> None:
    scenario = parse_scenario(
        HEAD + '[surface]\nname = "beale"\nstart = [1, 2.5]\nwindow = [[-4, 4], [-4, 4]]\n'
        '[[lane]]\nname = "Adam"\nset = { "train.optimizer" = "adam" }\n'
        '[[expect]]\nlane = "Adam"\nstatistic = "position"\nequals = [3.0, 0.5]\nrtol = 0.1\n'
    )
    assert scenario.is_surface
    assert set(scenario.lanes[0].tables) == {"surface", "train"}
    assert "batch_size" not in scenario.lanes[0].tables["train"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["f.toml: schema is missing"]),
        ("schema = 2", ["schema = 2", "schema = 1"]),
        ("schema = true", ["schema = true"]),
        ("schema = 1", ["scenario is missing"]),
        ("schema = 1\n[scenario]", ["scenario.title is missing"]),
        (HEAD, ["[data] or a [surface] table is missing"]),
        (HEAD.replace("title", "titel") + "x = 1", ['unknown key "scenario.titel"', 'did you mean "title"']),
        (DATA + "[dta]\nx = 1", ['unknown key "dta"', 'did you mean "data"']),
        (HEAD + "data = 3", ["scenario.data"]),
        ("schema = 1\nmodel = 3\n" + DATA[10:], ["model = 3: must be a table"]),
        (HEAD + "[data]\nnoise = 1.0", ["[data] needs a name"]),
        (HEAD + '[data]\nname = "xorr"', ['data.name: unknown data set "xorr"', 'did you mean "xor"']),
        (DATA + 'path = "x.csv"', ["[data] has name and path"]),
        (DATA + "features = 3", ['data.features: xor has no parameter "features"', "it takes samples, noise"]),
        (HEAD + '[data]\npath = "x.csv"\nsamples = 3', ["data.samples = 3", "not with a file"]),
        (DATA + "samples = 0", ["data.samples = 0", "at least 1"]),
        (DATA + "samples = 2.5", ["data.samples = 2.5: must be a whole number"]),
        (DATA + "test_fraction = 1.0", ["data.test_fraction = 1", "at least 0 and below 1"]),
        (DATA + 'preprocess = "standardise"', ['"standardise"', 'did you mean "standardize"']),
        (DATA + 'preprocess = { kind = "divide" }', ["data.preprocess", "by = 255"]),
        (DATA + 'preprocess = { kind = "divide", by = 0 }', ["data.preprocess.by = 0"]),
        (DATA + 'preprocess = { kind = "center", by = 1 }', ['unknown key "data.preprocess.by"']),
        (DATA + 'split = "first"', ['data.split: unknown split "first"', "allowed: random, last"]),
        (DATA + 'labels = "x"', ["data.labels", "data.path only"]),
        (DATA + "[model]\nhidden = [1000000000]", ["model.hidden[1] = 1000000000", "at most 1 000 000"]),
        (DATA + "[model]\nhidden = [8, 0]", ["model.hidden[2] = 0", "at least 1"]),
        (DATA + "[model]\nhidden = 8", ["model.hidden = 8: must be a list"]),
        (DATA + "[model]\nhidden = [900000, 900000]", ["model.hidden", "200 million"]),
        (DATA + f"[model]\nhidden = {[1] * 1001}", ["model.hidden", "at most 1000 entries"]),
        (DATA + '[model]\nactivation = "rellu"', ['unknown activation "rellu"', 'did you mean "relu"']),
        (DATA + '[model]\nactivation = "softmax"', ["model.activation", "output layer only"]),
        (DATA + '[model]\nactivation = ["relu"]', ["model.activation", "1 entry, but 2 needed"]),
        (DATA + "[model]\nalpha = 0.1", ["model.alpha = 0.1", "leaky_relu, prelu, elu"]),
        (DATA + '[model]\nactivation = "leaky_relu"\nalpha = 3', ["model.alpha = 3", "at most 1 for leaky_relu"]),
        (DATA + '[model]\ninit = "he_norml"', ['unknown initializer "he_norml"', 'did you mean "he_normal"']),
        (DATA + "[model]\ninit_scale = 0.1", ["model.init_scale", "xavier_uniform takes no init_scale"]),
        (DATA + '[model]\ninit = "normal"\ninit_scale = -1', ["model.init_scale = -1", "at least 0"]),
        (DATA + '[model]\ninit = "normal"\ninit_scale = 3e38', ["model.init_scale = 3e+38: must be", "at most 1e30"]),
        (DATA + '[model]\ninit = "normal"\ninit_scale = [1, 1, 3e38]', ["model.init_scale[3] = 3e+38", "at most 1e30"]),
        (DATA + "[model]\nbias = -1e31", ["model.bias = -1e+31: must be at least -1e30"]),
        (DATA + '[model]\nbias = "x"', ['model.bias = "x"', '"normal"']),
        (DATA + "[model]\ntrainable = [true]", ["model.trainable", "3 needed"]),
        (DATA + '[model]\noutputs = "two"', ['model.outputs = "two"', '"auto"']),
        (DATA + "[model]\ndropout = 1.0", ["model.dropout = 1", "below 1"]),
        (DATA + "[train]\nlr = -1", ["f.toml: train.lr = -1", "must be at least 0"]),
        (DATA + "[train]\nlr = 2e6", ["train.lr = 2000000: must be at least 0 and at most 1 000 000"]),
        (DATA + "[train]\nl1 = 1e31", ["train.l1 = 1e+31: must be at least 0 and at most 1e30"]),
        (DATA + '[train]\nl1_method = "prox"', ['train.l1_method: unknown value "prox"', "subgradient, proximal"]),
        (DATA + "[train]\nlr = nan", ["train.lr = nan", "finite"]),
        (DATA + "[train]\nl2 = inf", ["train.l2 = inf", "finite"]),
        (DATA + '[train]\nlr = "fast"', ['train.lr = "fast"', "must be a number"]),
        (DATA + "[train]\nlr = 2020-01-01", ["train.lr = 2020-01-01", "must be a number"]),
        (DATA + "[train]\nmomentun = 0.9", ['unknown key "train.momentun"', 'did you mean "momentum"']),
        (DATA + '[train]\noptimizer = "adam"\nmomentum = 0.9', ["train.momentum", "adam", "beta1"]),
        (DATA + "[train]\nnesterov = 1", ["train.nesterov = 1", "true or false"]),
        (DATA + '[train]\noptimizer = "adan"', ['unknown optimizer "adan"', 'did you mean "adam"']),
        (DATA + "[train]\nhuber_delta = 1.0", ["train.huber_delta", "huber"]),
        (DATA + "[train]\nbatch_size = 0", ["train.batch_size = 0", "at least 1"]),
        (DATA + '[train]\nbatch_size = "ful"', ['train.batch_size = "ful"', '"full"']),
        (DATA + "[train]\nsteps = 1\nepochs = 1", ["train.steps and train.epochs"]),
        (DATA + f"[train]\nsteps = {10**40}", ["train.steps", "at most 1 000 000 000 000"]),
        (DATA + f"[train]\nseed = {2**70}", ["train.seed", "must be at least 0"]),
        (DATA + '[train]\nschedule = "cosin"', ['"cosin"', 'did you mean "cosine"']),
        (DATA + "[train]\nschedule = { decay = 0.1 }", ["train.schedule.kind is missing"]),
        (DATA + '[train]\nschedule = { kind = "step", evry = 3 }', ["train.schedule.evry", "it takes every, factor"]),
        (DATA + "[train]\nnoise = { input = 1.0 }", ['unknown key "train.noise.input"', 'did you mean "inputs"']),
        (DATA + "[train]\nnoise = { inputs = -1.0 }", ["train.noise.inputs = -1"]),
        (DATA + '[train]\nearly_stopping = "on"', ["train.early_stopping", '"none"']),
        (DATA + "[train]\nl2 = [0.1]", ["train.l2", "3 needed"]),
        (DATA + '[train]\ndtype = "float16"', ["train.dtype", "allowed: float32, float64"]),
        (DATA + '[surface]\nname = "beale"', ["[data] and [surface]"]),
        (HEAD + '[surface]\nname = "b"\n[model]', ["[model] has no place beside [surface]"]),
        (HEAD + '[surface]\nname = "beale"\n[train]\nloss = "mse"', ["train.loss", "no meaning on a surface"]),
        (DATA + "[[lane]]\nset = {}", ["lane[1].name is missing"]),
        (DATA + '[lane]\nname = "a"', ["[lane] must be written [[lane]]"]),
        (DATA + '[[lane]]\nname = "a"\n[[lane]]\nname = "a"', ['lane "a"', "taken"]),
        (DATA + '[[lane]]\nname = "a"\nset = { "train.lr" = -1 }', ['f.toml: lane "a": train.lr = -1']),
        (DATA + '[[lane]]\nname = "a"\nset = { "lr" = 1 }', ['unknown key "lr"', 'did you mean "train.lr"']),
        (DATA + '[[try]]\nset = { "train.lr" = 1 }', ["try[1].say is missing"]),
        (DATA + '[[try]]\nsay = "x"\nlane = "q"\nset = { "train.lr" = 1 }', ["[[try]] 1", '"q"', "no [[lane]]"]),
        (DATA + '[[try]]\nsay = "x"\nset = { "train.lr" = -1 }', ["[[try]] 1: train.lr = -1"]),
        (DATA + '[[expect]]\nstatistic = "los"\nbelow = 1', ["[[expect]] 1", '"los"', 'did you mean "loss"']),
        (DATA + '[[expect]]\nstatistic = "loss"', ["give below, above"]),
        (DATA + '[[expect]]\nstatistic = "loss"\nbelow = 1\nequals = 1', ["give below, above"]),
        (DATA + '[[expect]]\nstatistic = "loss"\nlayer = 1\nbelow = 1', ["whole network"]),
        (DATA + '[[expect]]\nstatistic = "dead_units"\nbelow = 1', ["layer is missing"]),
        (DATA + '[[expect]]\nstatistic = "dead_units"\nlayer = 4\nbelow = 1', ["layer = 4", "1 to 3"]),
        (DATA + '[[expect]]\nstatistic = "loss"\nstep = 3001\nbelow = 1', ["step = 3001", "ends at step 3000"]),
        (DATA + '[[expect]]\nstatistic = "loss"\nover = {}\nbelow = 1', ["over is empty"]),
        (DATA + '[[expect]]\nstatistic = "loss"\nbetween = [2, 1]', ["between = [2, 1]"]),
        (DATA + '[[expect]]\nfinding = "dead_relu"\nbelow = 1', ["below goes with a statistic"]),
        (DATA + '[[expect]]\nfinding = "a"\nno_finding = "b"', ["give one of"]),
        (DATA + '[[lane]]\nname = "a"\nexpect = [{ statistic = "los", below = 1 }]', ['lane "a": expect 1', '"los"']),
        (
            DATA + '[[lane]]\nname = "a"\nexpect = [{ lane = "a", finding = "b" }]',
            ['lane "a": expect 1', "leave it out"],
        ),
        (
            DATA + '[sweep]\nkey = "train.lr"\nvalues = [1, 2]\n[[lane]]\nname = "a"\nexpect = [{ finding = "b" }]',
            ['lane "a": expect 1', "[sweep] renames the lanes"],
        ),
        ("a = \n", ["not valid TOML", "line 1"]),
        ("a = [" * 3000, ["brackets nested more than 16 deep", "line 1"]),
        ("a = " + "9" * 5000, ["a number or a key of more than 200 characters", "line 1"]),
    ],
    ids=lambda value: value[0][:50] if isinstance(value, list) else "",
)
def test_bad_scenario_is_one_clear_line(text: str, parts: list[str]) -> None:
    found = message(text)
    for part in parts:
        assert part in found
    assert len(found) < 1000


def test_what_a_lane_must_show_may_stand_in_its_own_table() -> None:
    lanes = (
        '[[lane]]\nname = "a"\nexpect = [{ statistic = "loss", below = 1 }, { finding = "b" }]\n[[lane]]\nname = "c"\n'
    )
    found = parse_scenario(DATA + lanes + '[[expect]]\nlane = "c"\nstatistic = "loss"\nabove = 2').expectations
    assert [(e.lane, e.statistic, e.finding, e.below, e.above) for e in found] == [
        ("a", "loss", None, 1.0, None),
        ("a", None, "b", None, None),
        ("c", "loss", None, None, 2.0),
    ]


def test_lane_is_required_where_lanes_differ() -> None:
    lanes = '[[lane]]\nname = "a"\n[[lane]]\nname = "b"\n'
    assert "lane is missing; allowed: a, b" in message(DATA + lanes + '[[expect]]\nstatistic = "loss"\nbelow = 1')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["data", "model", "train", "lane", "try", "expect", "surface", "scenario"]),
)
def test_any_value_in_any_table_is_read_or_refused(value: object, table: str) -> None:
    tables = {"schema": 1, "scenario": {"title": "t"}, "data": {"name": "xor"}, table: value}
    try:
        scenario_from_dict(tables)
    except InputError as error:
        text = str(error)
    else:
        text = ""
    assert "\n" not in text


@given(
    st.sampled_from(["hidden", "activation", "alpha", "init", "init_scale", "bias", "dropout", "outputs", "output"]),
    st.one_of(
        st.floats(), st.integers(), st.text(max_size=4), st.lists(st.one_of(st.floats(), st.integers(), st.text()))
    ),
)
def test_any_model_value_is_read_or_refused(key: str, value: object) -> None:
    tables = {"schema": 1, "scenario": {"title": "t"}, "data": {"name": "xor"}, "model": {key: value}}
    try:
        scenario_from_dict(tables)
    except InputError as error:
        text = str(error)
    else:
        text = ""
    assert "\n" not in text


class TestFiles:
    def test_path_and_name(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(DATA)
        scenario = load_scenario(file)
        assert (scenario.name, scenario.path) == ("mine", file)
        assert load_scenario(str(file)).title == "t"

    def test_bom_is_skipped(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_bytes(b"\xef\xbb\xbf" + DATA.encode())
        assert load_scenario(file).title == "t"

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(HEAD + '[data]\npath = "sub/x.csv"\n[[lane]]\nname = "b"\nset = { "data.path" = "y.csv" }')
        scenario = load_scenario(file)
        assert scenario.tables["data"]["path"] == str(tmp_path / "sub" / "x.csv")
        assert scenario.lanes[0].tables["data"]["path"] == str(tmp_path / "y.csv")

    def test_missing_file_hints_at_a_neighbour(self, tmp_path: Path) -> None:
        (tmp_path / "spiral.toml").write_text(DATA)
        with pytest.raises(InputError, match=r'no such file; did you mean "spiral.toml"\?'):
            load_scenario(tmp_path / "sprial.toml")

    def test_unknown_name_hints_at_a_built_in_one(self) -> None:
        with pytest.raises(InputError, match=r'"digitz"; did you mean "digits"\? "nntui list" lists all \d+$'):
            load_scenario("digitz")

    def test_built_in_name_with_ending_is_explained(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match=r'digits\.toml: no such file; the built-in scenario is called "digits"'):
            load_scenario("digits.toml")

    def test_empty_name(self) -> None:
        with pytest.raises(InputError, match='no scenario and no file is called ""'):
            load_scenario("")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is a folder"):
            load_scenario(tmp_path)

    def test_zero_byte_in_the_path(self) -> None:
        with pytest.raises(InputError, match="cannot be read"):
            load_scenario("a\0b.toml")

    def test_not_text(self, tmp_path: Path) -> None:
        file = tmp_path / "x.toml"
        file.write_bytes(b"title = \xff\xfe")
        with pytest.raises(InputError, match=r"x\.toml: not UTF-8 text \(byte 8\)"):
            load_scenario(file)

    def test_toml_error_names_the_line(self, tmp_path: Path) -> None:
        file = tmp_path / "x.toml"
        file.write_text('schema = 1\n[scenario]\ntitle = "t\n')
        with pytest.raises(InputError, match=r"x\.toml: not valid TOML: .*line 3"):
            load_scenario(file)

    def test_huge_file_is_not_read(self, tmp_path: Path) -> None:
        file = tmp_path / "x.toml"
        file.touch()
        os.truncate(file, 2 * 10**9)
        with pytest.raises(InputError, match="larger than 1 MB"):
            load_scenario(file)

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file here")
    def test_endless_file(self) -> None:
        with pytest.raises(InputError, match="is no ordinary file"):
            load_scenario(Path("/dev/zero"))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_unreadable_file(self, tmp_path: Path) -> None:
        file = tmp_path / "x.toml"
        file.write_text(DATA)
        file.chmod(0)
        with pytest.raises(InputError, match="Permission denied"):
            load_scenario(file)


class TestBuiltIn:
    def test_the_first_four_are_listed(self) -> None:
        found = {summary.name: summary for summary in list_scenarios()}
        assert {"digits", "vanishing-gradients", "dying-relu", "init"} <= set(found)
        assert found["init"].topic == "initialization"
        assert found["digits"].summary

    @pytest.mark.parametrize("name", sorted(scenario_paths()))
    def test_loads_and_teaches(self, name: str) -> None:
        scenario = load_scenario(name)
        assert scenario.name == name
        assert scenario.lesson
        assert scenario.summary
        assert scenario.source
        assert scenario.tries
        assert scenario.expectations

    @pytest.mark.parametrize("name", [summary.name for summary in list_scenarios()])
    def test_is_short_and_ready_to_be_checked(self, name: str) -> None:
        path = load_scenario(name).path
        assert path is not None
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 125
        assert max(map(len, lines)) <= 130  # an inline table cannot be broken
        assert load_scenario(name).expectations
        assert load_scenario(name).panels

    def test_names_are_unique(self) -> None:
        paths = list(Path(next(iter(scenario_paths().values()))).parents[1].glob("*/*.toml"))
        assert len(paths) == len({path.stem for path in paths})

    def test_a_folder_of_that_name_does_not_hide_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "digits").mkdir()
        monkeypatch.chdir(tmp_path)
        assert load_scenario("digits").title == "Handwritten digits"


def _modules_after(code: str) -> set[str]:
    command = f"{code}\nimport sys\nprint(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True, env=environment
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


def test_listing_imports_nothing_heavy() -> None:
    loaded = _modules_after("from nntui_engine.scenario import list_scenarios; assert list_scenarios()")
    assert not loaded & {"numba", "numpy", "scipy", "sklearn", "textual", "plotext", "msgspec"}


def test_loading_imports_neither_numba_nor_scikit_learn() -> None:
    loaded = _modules_after("from nntui_engine.scenario import load_scenario; load_scenario('digits')")
    assert not loaded & {"numba", "scipy", "sklearn", "textual", "plotext"}


def test_generated_data_needs_no_scikit_learn() -> None:
    loaded = _modules_after(
        "from nntui_engine.scenario import load_scenario\nfrom nntui_engine.tasks.resolve import resolve_lane\n"
        "lane = load_scenario('vanishing-gradients').lanes[0]; resolve_lane(lane.tables, lane.name)"
    )
    assert not loaded & {"numba", "scipy", "sklearn", "textual", "plotext"}


def test_control_characters_do_not_reach_the_terminal() -> None:
    found = message(DATA + '"a\\nb\\u001b[31m" = 1')
    assert found.isprintable()
    assert 'unknown key "data.a b [31m"' in found


def test_a_scenario_offers_at_most_32_changes() -> None:
    one = '[[try]]\nsay = "x"\nset = { "train.lr" = 0.1 }\n'
    assert len(parse_scenario(DATA + one * 32).tries) == 32
    with pytest.raises(InputError, match="try"):
        parse_scenario(DATA + one * 33)
