"""Learning-rate schedules: what a scenario can name. The formulas are in ``kernels/schedule.py``.

A schedule gives the factor on ``lr`` at update t = 0, 1, 2, …; plateau counts evaluations instead.
"""

from .row import Parameter, Registry, Row

_DECAY = Parameter("decay", 0.01, "how fast the rate falls, per step", low=0.0, high=1e3)

SCHEDULES = Registry(
    "schedule",
    (
        Row("constant", "The learning rate stays as it is."),
        Row("exponential", "Falls by the same share every step: lr·exp(−decay·t).", (_DECAY,)),
        Row(
            "inverse_time",
            "Falls as lr / (1 + decay·t); Keras' old `decay` argument.",
            (_DECAY,),
            "Robbins & Monro 1951",
        ),
        Row(
            "step",
            "Multiplies by `factor` every `every` steps.",
            (
                Parameter("every", 1000, "steps between two falls", low=1, high=1e12, whole=True),
                Parameter("factor", 0.5, "what the rate is multiplied by", low=0.0, high=1.0),
            ),
        ),
        Row(
            "cosine",
            "Follows half a cosine from lr down to `minimum`·lr over `over` steps (0: the whole run).",
            (
                Parameter("over", 0, "length in steps; 0 means the whole run", low=0, high=1e12, whole=True),
                Parameter("minimum", 0.0, "share of lr left at the end", low=0.0, high=1.0),
            ),
            "Loshchilov & Hutter 2017",
        ),
        Row(
            "warmup",
            "Rises in a straight line to lr over `over` steps, then stays.",
            (Parameter("over", 100, "length of the rise in steps", low=1, high=1e12, whole=True),),
            "Goyal et al. 2017",
        ),
        Row(
            "plateau",
            "Multiplies by `factor` after `patience` evaluations without a better loss.",
            (
                Parameter("factor", 0.5, "what the rate is multiplied by", low=0.0, high=1.0),
                Parameter("patience", 5, "evaluations to wait", low=0, high=1e9, whole=True),
                Parameter("threshold", 1e-4, "smallest relative gain that counts as better", low=0.0, high=1.0),
            ),
        ),
    ),
)
