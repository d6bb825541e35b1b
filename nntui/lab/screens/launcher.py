"""The launcher: every scenario to choose from, found by typing, with what it is about beside it."""

from dataclasses import replace
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input

from nntui.lab.catalog import OWN_TOPIC, Entry, find, own_files, read_catalog, search
from nntui.lab.scenario_words import preview
from nntui.lab.visits import Visits, read_visits, visits_file
from nntui.lab.widgets.grid_view import GridView
from nntui.new_scenario import write_scenario
from nntui.own_data import is_data
from nntui.plotting.grid import Grid, fit
from nntui.plotting.launcher import Choice, Preview, draw_choices, draw_preview
from nntui.plotting.status import KeyHint, draw_keys, draw_message, message_lines
from nntui.plotting.theme import ACCENT, DIM, TEXT, Theme
from nntui.scenario import load_scenario
from nntui_engine.errors import InputError
from nntui_engine.scenario import Scenario

from .dialog import DismissedOnce
from .prompt import Prompt
from .value import ValueScreen

SHOWN_RECENT = 5
PROMPT = "type to search titles, lessons and settings: sigmoid, dropout 0.5, moons"


class LauncherScreen(DismissedOnce, Screen[Scenario | None]):
    """Dismissed with the scenario to run, checked, or None; files are read in threads, so that it never stands still.

    ``entries`` are those known from the last time; the mark begins on ``key``, else on the first that was not seen.
    ``behind`` says that there is a run to go back to; ``notice`` is said at first.
    """

    BINDINGS = [  # noqa: RUF012 (Textual's own attribute)
        Binding("up", "choose(-1)"),
        Binding("down", "choose(1)"),
        Binding("pageup", "choose(-10)"),
        Binding("pagedown", "choose(10)"),
        Binding("home", "choose(-10000)"),
        Binding("end", "choose(10000)"),
        Binding("enter", "run"),
        Binding("tab", "switch"),
        Binding("ctrl+n", "new"),
        Binding("escape", "back"),
        Binding("q", "app.leave"),
        Binding("ctrl+c", "app.leave(130)", priority=True),
    ]
    AUTO_FOCUS = ""

    def __init__(self, theme: Theme, entries: tuple[Entry, ...], key: str, behind: bool, *, notice: str = "") -> None:
        super().__init__()
        self.theme = theme
        self.entries = entries
        self.visits = Visits()
        self._key = key
        self._behind = behind
        self._folder = Path.cwd()
        self._rows: list[tuple[Choice, Entry | None, str]] = []
        self._chosen = 0
        self._previews: dict[str, Preview] = {}
        self._message = (notice, True)
        self._starting = ""  # the entry that is being made ready to run

    def compose(self) -> ComposeResult:
        """A line to search in, over list and preview."""
        yield GridView(id="launcher-head")
        yield Prompt(placeholder=PROMPT, id="launcher-search", max_length=80, select_on_focus=False)
        with Horizontal(id="launcher-body"):
            yield GridView(id="choices")
            yield GridView(id="preview")
        yield GridView(id="message")
        yield GridView(id="keys")

    def on_mount(self) -> None:
        """Shows what is known and reads what there is now."""
        self._show_choices()
        self.run_worker(self._read, thread=True, exit_on_error=False)

    def on_resize(self) -> None:
        """The list is as wide as a third of the screen, where that is enough for its names."""
        width = self.size.width
        self.query_one("#choices").styles.width = max(34, min(72, width * 2 // 5))
        self._draw()

    # -- reading, in threads ------------------------------------------------------------------------------------

    def _read(self) -> None:
        visits, trouble = read_visits(visits_file())
        try:
            entries = read_catalog(self._folder)
        except InputError as error:
            entries, trouble = own_files(self._folder), str(error)
        self.app.call_from_thread(self._take, entries, visits, trouble)

    def _take(self, entries: tuple[Entry, ...], visits: Visits, trouble: str) -> None:
        self.entries, self.visits = entries, visits
        if trouble:
            self._say(trouble, error=True)
        unseen = (entry.key for entry in entries if entry.place and entry.key not in visits.seen)
        self._show_choices(key=self._key or next(unseen, ""))
        self._key = ""

    def _read_preview(self, entry: Entry) -> None:
        preview = preview_of(entry)
        self.app.call_from_thread(self._take_preview, entry, preview)

    def _take_preview(self, entry: Entry, preview: Preview) -> None:
        self._previews[str(entry.path)] = preview
        self._draw_preview()

    def _make_ready(self, entry: Entry) -> None:
        """Checks the chosen scenario as it stands now, and leaves with it."""
        try:
            scenario = load_scenario(entry.path)
        except InputError as error:
            self.app.call_from_thread(self._refuse, entry, str(error))
            return
        self.app.call_from_thread(self.dismiss, scenario)

    def _refuse(self, entry: Entry, trouble: str) -> None:
        self._starting = ""
        self._previews.pop(str(entry.path), None)
        self._say(trouble, error=True)
        self._show_choices()

    # -- what a person does -------------------------------------------------------------------------------------

    @property
    def chosen(self) -> Entry | None:
        """The entry under the mark."""
        return self._rows[self._chosen][1] if self._rows else None

    def action_choose(self, rows: int) -> None:
        """Moves the mark, past headings."""
        places = [row for row, (_, entry, _) in enumerate(self._rows) if entry is not None]
        if not places:
            return
        at = places.index(self._chosen) if self._chosen in places else 0
        self._chosen = places[max(0, min(len(places) - 1, at + rows))]
        self._message = ("", False)
        self._draw()

    def action_run(self) -> None:
        """Runs the chosen scenario."""
        entry = self.chosen
        if entry is None or self._starting:
            return
        self._starting = entry.key
        self.run_worker(lambda: self._make_ready(entry), thread=True, exit_on_error=False)

    def action_switch(self) -> None:
        """From the search line to the list, and back."""
        if self.focused is None:
            self.set_focus(self.query_one(Input))
        else:
            self.set_focus(None)
        self._draw()

    def action_new(self) -> None:
        """Writes a new scenario file from the chosen one, under a name that is asked for."""
        entry = self.chosen
        if entry is None:
            return

        def written(typed: object) -> None:
            if isinstance(typed, Path):
                self._written(typed)

        def write(typed: str) -> Path:
            path = self._folder / typed.strip()
            write_scenario(path, entry.path)
            return path

        hint = f"A copy of {entry.name}, comments and all, in {self._folder}."
        if is_data(entry.path):
            hint = f"The scenario that was made for {entry.name}, in {self._folder}."
        screen = ValueScreen("New scenario file", f"my-{entry.path.stem.removeprefix('my-')}.toml", hint, write)
        screen.set_class(self.theme.ascii_only, "ascii")
        self.app.push_screen(screen, written)

    def _written(self, path: Path) -> None:
        self.query_one(Input).value = ""
        self.entries = (*(one for one in self.entries if one.place), *own_files(self._folder))
        self._say(f"{path.name} is written. Change it in an editor; Enter runs it.")
        self._show_choices(key=str(path.absolute()))

    def action_back(self) -> None:
        """Ends the search; without one, goes back to the run, or leaves where there is none."""
        entry, line = self.chosen, self.query_one(Input)
        if self.focused is not None or line.value:
            self.set_focus(None)
            with self.prevent(Input.Changed):
                line.value = ""
            self._show_choices(key=entry.key if entry is not None else "")
        else:
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Whatever is typed is searched for, but for q.

        Here, not by a binding, which works only when quick keys after it are already on their way to the list: they
        belong into the search line.
        """
        line, typed = self.query_one(Input), event.character or ""
        if not event.is_printable or (self.focused is None and typed in "q "):
            return
        if self.focused is None:
            self.set_focus(line)
            self._draw()
            typed = "" if typed == "/" else typed
        elif self.focused is not line:
            return
        line.insert_text_at_cursor(typed)
        event.stop()
        event.prevent_default()

    def on_input_changed(self) -> None:
        """Searches as a person types."""
        self._show_choices(first=True)

    def on_input_submitted(self) -> None:
        """Enter in the search line runs what is marked."""
        self.action_run()

    async def on_grid_view_pressed(self, event: GridView.Pressed) -> None:
        """A click on a row chooses it, one on the chosen row runs it; one on a key does what the key does."""
        event.stop()
        spot = event.spot
        if spot.what == "call":
            await self.run_action(spot.which)
        elif spot.what == "choice":
            if spot.which == self._chosen:
                self.action_run()
            self._chosen = spot.which
            self._draw()

    def on_grid_view_wheeled(self, event: GridView.Wheeled) -> None:
        """Moves the mark."""
        event.stop()
        if event.view.id == "choices":
            self.action_choose(event.direction)

    # -- what is shown --------------------------------------------------------------------------------------------

    def _say(self, text: str, error: bool = False) -> None:
        self._message = (text, error)

    def _show_choices(self, key: str = "", first: bool = False) -> None:
        """The list anew, the mark on ``key``, on the first hit, or where it was."""
        before = self.chosen
        key = key or (before.key if before is not None and not first else "")
        typed = self.query_one(Input).value
        self._rows = self._found(typed) if typed.strip() else self._by_topic()
        places = [row for row, (_, entry, _) in enumerate(self._rows) if entry is not None]
        same = [row for row in places if key and self._rows[row][1].key == key]  # type: ignore[union-attr]
        self._chosen = (same[-1:] or places or [0])[0]  # in its topic rather than among the recent ones
        self._draw()

    def _found(self, typed: str) -> list[tuple[Choice, Entry | None, str]]:
        return [(self._choice(hit.entry), hit.entry, hit.where) for hit in search(self.entries, typed)]

    def _by_topic(self) -> list[tuple[Choice, Entry | None, str]]:
        rows: list[tuple[Choice, Entry | None, str]] = []
        recent = [entry for key in self.visits.recent if (entry := find(self.entries, key)) is not None]
        groups = {"recent": recent[:SHOWN_RECENT], OWN_TOPIC: [one for one in self.entries if not one.place]}
        for entry in self.entries:
            if entry.place:
                groups.setdefault(entry.topic, []).append(entry)
        for topic, members in groups.items():
            if members:
                rows.append((Choice(topic.replace("-", " ").capitalize(), heading=True), None, ""))
                rows += [(self._choice(entry), entry, "") for entry in members]
        return rows

    def _choice(self, entry: Entry) -> Choice:
        seen = entry.key in self.visits.seen
        return Choice(entry.name, False, entry.place, seen and not entry.trouble, entry.title, bool(entry.trouble))

    def _draw(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        theme, choices = self.theme, [row[0] for row in self._rows]
        empty = "Nothing is called so or says so." if self.entries else "Reading the scenarios …"
        chosen = self._chosen
        self.query_one("#launcher-head", GridView).show(self._draw_head)
        self.query_one("#choices", GridView).show(lambda w, h: draw_choices(choices, chosen, empty, w, h, theme))
        keys = self._keys()
        self.query_one("#keys", GridView).show(lambda w, _h: draw_keys(keys, w))
        text, error = self._message
        message = self.query_one("#message", GridView)
        message.display = bool(text)
        if text:
            message.styles.height = len(message_lines(text, self.size.width))
            message.show(lambda w, h: draw_message(text, error, w, h, theme))
        self._draw_preview()

    def _draw_preview(self) -> None:
        if not self.is_mounted:
            return
        entry, theme = self.chosen, self.theme
        preview = None
        if entry is not None:
            preview = self._previews.get(str(entry.path))
            if preview is None:
                preview = Preview(entry.title, entry.summary, trouble=entry.trouble)
                self._previews[str(entry.path)] = preview
                self.run_worker(lambda: self._read_preview(entry), thread=True, exit_on_error=False)
            preview = replace(preview, found=self._rows[self._chosen][2])
        self.query_one("#preview", GridView).show(lambda w, h: draw_preview(preview, w, h, theme))

    def _draw_head(self, width: int, height: int) -> Grid:
        grid = Grid.blank(width, height)
        column = grid.write(0, 1, "nntui", f"bold {ACCENT}") + 2
        column = grid.write(0, column, "What do you want to see?", TEXT) + 2
        taught = sum(1 for entry in self.entries if entry.place)
        seen = sum(1 for entry in self.entries if entry.place and entry.key in self.visits.seen)
        if taught:
            grid.write(0, column, fit(f"{taught} scenarios, {seen} seen", max(0, width - column - 1)), DIM)
        return grid

    def _keys(self) -> list[KeyHint]:
        arrows = KeyHint(2, "up/down" if self.theme.ascii_only else "↑↓", "choose", "choose(1)", "choose(-1)", 1)
        if self.theme.ascii_only:
            arrows = arrows._replace(first=2)
        run = KeyHint(1, "enter", "run", "run")
        if self.focused is not None:
            return [
                run,
                arrows,
                KeyHint(3, "tab", "to the list", "switch"),
                KeyHint(4, "esc", "end the search", "back"),
            ]
        back = KeyHint(5, "esc", "back to the run" if self._behind else "leave", "back")
        new = KeyHint(4, "^n", "new file from it", "new")
        return [run, arrows, KeyHint(3, "type", "search", "switch"), new, back, KeyHint(0, "q", "quit", "app.leave")]


def preview_of(entry: Entry) -> Preview:
    """What there is to say about a scenario: read and checked now."""
    try:
        scenario = load_scenario(entry.path)
    except InputError as error:
        return Preview(entry.title, entry.summary, trouble=str(error).removeprefix(f"{entry.path}: "))
    return preview(scenario, f"nntui run {entry.name if entry.place else entry.path.name}")
