"""The rows of a board on a terminal: one for each run under way, and one for all."""

from typing import Any

from nntui.headless.output import _LiveBoard


class Bar:
    """What rich's progress bar is asked for."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self._next = 0

    def add_task(self, description: str, total: int | None) -> int:
        self._next += 1
        self.rows[self._next] = {"description": description, "total": total}
        return self._next

    def update(self, row: int, **changes: Any) -> None:
        self.rows[row].update(changes)

    def remove_task(self, row: int) -> None:
        del self.rows[row]


def test_a_row_comes_with_a_run_and_goes_with_it() -> None:
    bar = Bar()
    board = _LiveBoard(bar)
    board.show("beale", 1, 10)
    board.show("xor", 0, 5)
    board.show("beale", 9, 10)
    board.overall("2 of 3", 2, 3)
    assert list(bar.rows.values()) == [
        {"description": "2 of 3", "total": 3, "completed": 2},
        {"description": "beale", "total": 10, "completed": 9},
        {"description": "xor", "total": 5, "completed": 0},
    ]
    board.show("beale", 10, 10)
    board.show("never begun", 3, 3)
    assert [row["description"] for row in bar.rows.values()] == ["2 of 3", "xor"]
