"""Data sets: what a scenario can name. ``generated`` and ``real`` make the arrays."""

from ..registry.row import Parameter, Registry, Row


def _samples(default: int) -> Parameter:
    return Parameter("samples", default, "number of rows", low=1, high=10_000_000, whole=True)


def _noise(default: float, summary: str) -> Parameter:
    return Parameter("noise", default, summary, low=0.0, high=1e6)


def _classes(default: int, summary: str = "number of classes") -> Parameter:
    return Parameter("classes", default, summary, low=2, high=100, whole=True)


def _features(default: int) -> Parameter:
    return Parameter("features", default, "number of input columns", low=1, high=100_000, whole=True)


_SPREAD = "standard deviation added to every coordinate"
_TARGET_NOISE = "standard deviation added to the target"

GENERATED = ("xor", "circles", "moons", "spirals", "gauss", "blobs", "plane", "sine", "linear", "noise", "signs")
REAL = ("digits", "iris", "wine", "breast_cancer", "diabetes")

DATASETS = Registry(
    "data set",
    (
        Row("xor", "Four corners of a square; opposite corners share a class.", (_samples(400), _noise(0.1, _SPREAD))),
        Row(
            "circles",
            "One ring inside another.",
            (_samples(500), _noise(0.05, _SPREAD), _classes(2, "number of rings")),
        ),
        Row("moons", "Two half circles, each reaching into the other.", (_samples(500), _noise(0.1, _SPREAD))),
        Row(
            "spirals",
            "Arms that wind around each other: hard for a shallow network.",
            (_samples(500), _noise(0.02, _SPREAD), _classes(2, "number of arms")),
            "Lang & Witbrock 1988",
        ),
        Row(
            "gauss",
            "Two overlapping clouds around (−1, …, −1) and (1, …, 1).",
            (
                _samples(500),
                _noise(1.0, "standard deviation of a cloud"),
                _features(2),
                Parameter("balance", 0.5, "share of the rows in the second cloud", low=0.001, high=0.999),
            ),
        ),
        Row(
            "blobs",
            "Round clouds on a circle of radius 4; input columns beyond the second carry nothing but noise.",
            (_samples(500), _noise(1.0, "standard deviation of a cloud"), _classes(3), _features(2)),
        ),
        Row(
            "plane",
            "Regression: a tilted plane, y = (x₁ + x₂) / 2 for x in [−1, 1]².",
            (_samples(400), _noise(0.05, _TARGET_NOISE)),
        ),
        Row(
            "sine",
            "Regression: one wave, y = sin x for x in [−π, π].",
            (_samples(300), _noise(0.1, _TARGET_NOISE)),
        ),
        Row(
            "linear",
            "Regression: y = 1 + Σ wⱼ·xⱼ with weights 2, −1, 1/2, −1/4, … and standard normal x.",
            (_samples(200), _noise(0.1, _TARGET_NOISE), _features(1)),
        ),
        Row(
            "noise",
            "Random inputs with random classes: there is nothing to learn but the rows themselves.",
            (_samples(200), _classes(2), _features(2)),
            "Zhang et al. 2017",
        ),
        Row(
            "signs",
            "Points on a plane with three yes-or-no answers each: right of the middle, above it, far from it.",
            (_samples(400), _noise(0.1, _SPREAD)),
        ),
        Row(
            "digits",
            "1797 handwritten digits, 8×8 pixels with values from 0 to 16, 10 classes.",
            source="Alpaydin & Kaynak 1998, UCI",
        ),
        Row("iris", "150 iris flowers, 4 measures in cm, 3 species.", source="Fisher 1936"),
        Row("wine", "178 wines, 13 chemical measures, 3 growers.", source="Forina et al. 1988, UCI"),
        Row(
            "breast_cancer",
            "569 tumours, 30 measures, malignant or benign.",
            source="Street, Wolberg & Mangasarian 1993, UCI",
        ),
        Row(
            "diabetes",
            "Regression: 442 patients, 10 raw measures, progression of the disease after a year.",
            source="Efron et al. 2004",
        ),
    ),
)
