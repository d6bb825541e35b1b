"""Where things go on a screen of any size: nothing is lost, nothing is smaller than it may be, every row is used."""

import itertools

import pytest
from builders import race, racer, snapshot
from lab.driving import fake_lab, ready, until

from nntui.lab.app import LabApp
from nntui.lab.screens.layout import MOST_ROWS, SLOTS, SMALLEST, SMALLEST_PLOT, lay_out, log_room, side_width
from nntui.lab.screens.map_layout import LEAST_BESIDE, LEAST_MAP_ROWS, lay_out_map
from nntui.lab.screens.side_part import side_heights
from nntui.lab.state import LabState
from nntui.plotting.knob_box import KnobRow
from nntui.plotting.surface_side import CURVATURE_ROWS
from nntui.plotting.tries import TryLine

SIZES = list(itertools.product((40, 60, 73, 74, 80, 100, 120, 160, 239, 240, 300), (10, 12, 18, 24, 30, 48, 80)))
NAMES = tuple("abcdefghijkl")


@pytest.mark.parametrize("count", range(1, 13))
@pytest.mark.parametrize("log", [0, 3, 30])
def test_every_plot_is_on_one_page_and_large_enough(count: int, log: int) -> None:
    for width, height in SIZES:
        layout = lay_out(width, height, NAMES[:count], log_rows=log)
        pages = [[name for row in page for name in row] for page in layout.pages]
        assert list(itertools.chain(*pages)) == list(NAMES[:count]), (width, height)
        assert max(len(names) for names in pages) <= SLOTS
        assert max(map(len, pages)) - min(map(len, pages)) <= 1
        for number, page in enumerate(layout.pages):
            across, down = len(page[0]), len(page)
            rows = height - 2 - (layout.log if number == 0 else 0)
            assert down <= (MOST_ROWS if across > 1 else 2 * MOST_ROWS)
            assert (width - layout.side) // across >= SMALLEST_PLOT[0]
            assert rows // down >= SMALLEST_PLOT[1]


def test_six_plots_fit_on_a_roomy_screen_and_fold_on_a_small_one() -> None:
    assert lay_out(160, 48, NAMES[:6]).pages == ((("a", "b"), ("c", "d"), ("e", "f")),)
    assert lay_out(80, 24, NAMES[:6]).pages == ((("a",), ("b",)), (("c",), ("d",)), (("e",), ("f",)))
    assert lay_out(190, 60, NAMES[:6]).pages == ((("a", "b", "c"), ("d", "e", "f")),)
    assert len(lay_out(189, 60, NAMES[:6]).pages[0][0]) == 2


def test_findings_and_log_have_the_rows_of_their_words_and_leave_the_rest() -> None:
    assert lay_out(160, 48, NAMES[:6], log_rows=4).log == 4
    assert lay_out(160, 48, NAMES[:6], log_rows=40).log == log_room(48) <= 12
    assert lay_out(60, 12, NAMES[:6], log_rows=4).log == 0  # the only plot would be too low
    assert lay_out(100, 30, (), log_rows=4).log == 28


def test_what_the_log_says_moves_no_plot_to_another_page() -> None:
    for width, height in SIZES:
        layouts = [lay_out(width, height, NAMES[:7], log_rows=rows).pages for rows in (3, 5, 9, 50)]
        assert all(pages == layouts[0] for pages in layouts)


def test_a_plot_that_needs_more_room_gets_it() -> None:
    assert [len(row) for row in lay_out(100, 30, NAMES[:4], least=(48, 20)).pages[0]] == [1]
    assert len(lay_out(160, 48, NAMES[:4]).pages[0]) == 2
    assert [len(page) for page in lay_out(160, 38, NAMES[:4], least=(34, 20)).pages] == [1, 1]


@pytest.mark.parametrize(("width", "side"), [(73, 0), (74, 31), (140, 31), (150, 33), (176, 40), (300, 40)])
def test_the_side_column_grows_with_the_screen(width: int, side: int) -> None:
    assert side_width(width) == side


@pytest.mark.parametrize("table", [4, 8])
def test_the_map_s_parts_share_the_screen(table: int) -> None:
    for width, height in SIZES:
        layout = lay_out_map(width, height, table)
        main, rows = width - side_width(width), height - 2
        assert layout.table in (0, table)
        assert layout.table == 0 or rows - table >= LEAST_MAP_ROWS
        if main >= LEAST_BESIDE:
            assert (layout.pages, layout.second_table) == (1, 0)
            assert 36 <= layout.plots < main
        else:
            assert (layout.pages, layout.plots) == (2, 0)
            assert layout.panels * SMALLEST_PLOT[1] + layout.second_table <= max(rows, SMALLEST_PLOT[1])


def state(kind: str, view: str = "overview") -> LabState:
    knobs = [KnobRow(f"knob {i}", "1") for i in range(10)]
    tries = [TryLine("Raise the learning rate until it breaks, and look where that is.")] * 2
    found = LabState(knobs=knobs, tries=tries, view=view)
    if kind == "race":
        found.race = race(racer(0), racer(1), racer(2, state="diverged", diverged_at=9))
    else:
        found.snapshot = snapshot("sgd", "adam")
    return found


@pytest.mark.parametrize("kind", ["network", "race"])
@pytest.mark.parametrize("view", ["overview", "lesson", "map"])
def test_the_boxes_beside_the_plots_use_every_row(kind: str, view: str) -> None:
    for rows in range(SMALLEST[1] - 2, 80):
        heights = side_heights(state(kind, view), 31, rows, map_away=view == "map")
        assert sum(heights.values()) == rows, rows
        assert min(heights.values()) >= 0, rows
        assert heights["knobs"] > 0
        assert view != "lesson" or heights["side-tries"] == 0


def test_what_is_most_needed_beside_the_plots_comes_first() -> None:
    small, roomy = (side_heights(state("network"), 31, rows, map_away=False) for rows in (22, 70))
    assert (small["layers"], small["side-tries"]) == (0, 0)
    assert roomy["layers"] >= 8
    assert roomy["side-tries"] > 0
    race_heights = side_heights(state("race"), 31, 28, map_away=False)
    assert race_heights["layers"] == CURVATURE_ROWS
    assert race_heights["lanes"] > 0
    assert side_heights(state("race"), 31, 22, map_away=True)["lanes"] == 0


def slots(app: LabApp) -> list[tuple[int, int, int, int]]:
    """Where plots and log are: x, y, width, height."""
    views = app.screen.query("#slots GridView, #log")
    return [tuple(view.region) for view in views if view.display]  # type: ignore[misc]


@pytest.mark.parametrize("size", [(100, 30), (160, 48), (190, 50), (240, 60)])
async def test_plots_and_log_fill_the_screen_beside_the_column(size: tuple[int, int]) -> None:
    app = fake_lab()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        pages = app.model.pages
        seen: list[str] = []
        for _ in range(pages):
            await until(
                pilot,
                lambda: sum(w * h for _, _, w, h in slots(app)) == (size[0] - side_width(size[0])) * (size[1] - 2),
            )
            assert app.lab_screen is not None
            seen += app.lab_screen.shown_panels
            await pilot.press("n")
        assert len(seen) == len(set(seen))
        assert set(seen) == set(app.lab_screen.panel_names)
        assert len({x for x, _, _, _ in slots(app)}) == (3 if size[0] >= 190 else 2)
        app.source.stop()


async def test_the_log_grows_with_its_words_and_only_the_first_page_has_it() -> None:
    app = fake_lab()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        log = app.screen.query_one("#log")
        await until(pilot, lambda: log.size.height == 3)
        await pilot.press("right", "right")
        await until(pilot, lambda: log.size.height > 3)
        assert log.size.height <= log_room(30)
        await pilot.press("n")
        await until(pilot, lambda: not log.display)
        app.source.stop()
