"""Pictures of the launcher's list and of what it says of a scenario, at several sizes and in every kind of colours."""

from collections.abc import Callable, Iterator

from lab.picture_parts import THEMES

from nntui.plotting.grid import Grid
from nntui.plotting.launcher import Choice, Preview, draw_choices, draw_preview

CHOICES = (
    Choice("Recent", heading=True),
    Choice("xor", False, 5, True, "The perceptron and XOR"),
    Choice("Your files", heading=True),
    Choice("a-file-with-a-very-long-name-of-its-own", title="A title that is long as well, and goes on"),
    Choice("broken", bad=True),
    Choice("数据", title="数据"),
    Choice("Basics", heading=True),
    *(Choice(f"scenario-{place}", False, place, place % 2 == 0, f"Title {place}") for place in (1, 12, 108)),
)
PREVIEW = Preview(
    "A title that may need more than one line where the box is narrow",
    "One sentence on what is to be seen here.",
    ("Network: 2 hidden layers of 16, relu", "Data: moons, 200 rows", "Training: adam, lr 0.01, batches of 32"),
    (("ReLU", ""), ("a lane with a name of some length", "sigmoid, xavier_normal, and much else"), ("数据", "lr 1")),
    ("Take a larger step", "Take away every layer but the first, and look at what is left of it"),
    ("What you see. Two half moons.", "- an item", "Why. Because."),
    "nntui run moons",
    "in its settings: model.activation = sigmoid",
)


def launcher() -> Iterator[tuple[str, Callable[[], Grid]]]:
    """By name, each with what draws it."""
    for name, theme in THEMES.items():
        yield f"list{name}", lambda k=theme: draw_choices(CHOICES, 1, "", 34, 12, k)
        yield f"about{name}", lambda k=theme: draw_preview(PREVIEW, 46, 26, k)
    theme = THEMES[""]
    for chosen in (1, 5, 9):
        yield f"list in 6 rows, {chosen} chosen", lambda c=chosen: draw_choices(CHOICES, c, "", 34, 6, theme)
    yield "list with titles", lambda: draw_choices(CHOICES, 3, "", 66, 12, theme)
    yield "empty list", lambda: draw_choices((), 0, "Nothing is called so or says so.", 24, 6, theme)
    for height in (8, 16, 40):
        yield f"about in {height} rows", lambda h=height: draw_preview(PREVIEW, 60, h, theme)
    trouble = Preview("Mine", trouble='data.name: unknown data set "mons"; did you mean "moons"?')
    yield "about what is wrong", lambda: draw_preview(trouble, 40, 10, theme)
    yield "about nothing", lambda: draw_preview(None, 20, 5, theme)
