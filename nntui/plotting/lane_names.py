"""Lanes' names in little room: what they have in common goes first, and no two ever read the same."""

from collections.abc import Sequence

from rich.cells import cell_len

from .grid import fit

_BEGINNING = 3  # characters that stay of what some names begin with


def short_names(names: Sequence[str], room: int, end: str = "…") -> tuple[str, list[str]]:
    """The words left out of all names, and the names, each in at most ``room`` cells (of which there must be a few)
    and different from one another.

    Names that fit stay. Else all lose the words that they share. Of those that are still too long each loses its end;
    where that makes some alike they lose most of what these begin with in common, then their middle.
    """
    if _fits(names, room):
        return "", _cut_all(list(names), room, end)
    left_out, least = _without_shared(names)
    return left_out, _cut_all(least, room, end)


def room_for_names(names: Sequence[str]) -> tuple[int, int]:
    """The cells that names take whole, and without the words that they share."""
    whole, least = (max(map(cell_len, some), default=0) for some in (names, _without_shared(names)[1]))
    return whole, least


def _without_shared(names: Sequence[str]) -> tuple[str, list[str]]:
    """The words that all names have, and the names without; "" and the names where they would be empty or alike."""
    words = [name.split() for name in names]
    shared = set.intersection(*(set(one) for one in words)) if len(words) > 1 else set()
    least = [" ".join(word for word in one if word not in shared) for one in words]
    if not shared or not all(least) or len(set(least)) < len(set(names)):
        return "", list(names)
    return " ".join(word for word in words[0] if word in shared), least


def _fits(names: Sequence[str], room: int) -> bool:
    return all(cell_len(name) <= room for name in names)


def _cut_all(names: list[str], room: int, end: str) -> list[str]:
    if _fits(names, room) and len(set(names)) == len(names):
        return names
    shorter = names
    cut = [fit(name, room, end) for name in shorter]
    if alike := [i for i, name in enumerate(cut) if cut.count(name) > 1]:
        shorter = _less_beginning(names, cut, alike, room, end)
        cut = [fit(name, room, end) for name in shorter]
    for behind in range(1, room - 1):
        alike = [i for i, name in enumerate(cut) if cut.count(name) > 1]
        if not alike:
            return cut
        for i in alike:
            name = shorter[i]
            head, tail = name[: len(name) - behind], name[len(name) - behind :]
            cut[i] = fit(head + end * room, room - cell_len(tail), end) + tail
    return [fit(f"{number} {name}", room, end) for number, name in enumerate(names, 1)]


def _less_beginning(names: list[str], cut: list[str], alike: list[int], room: int, end: str) -> list[str]:
    """The names; each group of those that are ``cut`` alike has only the first letters of the words it begins with."""
    found = list(names)
    for one in {cut[i] for i in alike}:
        group = [i for i in alike if cut[i] == one]
        words = [names[i].split() for i in group]
        most = min(len(each) for each in words) - 1
        shared = next((k for k in range(most) if len({each[k] for each in words}) > 1), max(0, most))
        if not shared:
            continue
        rest = [" ".join(each[shared:]) for each in words]
        kept = max(1, min(_BEGINNING, room - len(end) - max(map(cell_len, rest))))
        for i, words_left in zip(group, rest, strict=True):
            found[i] = f"{names[i][:kept]}{end}{words_left}"
    return found
