"""The vital signs: every statistic the engine emits, its formula, and how a screen shows it.

Notation: z = pre-activation (the input of φ, after batch norm when that comes before), a = φ(z),
δ = ∂L/∂z, g = ∂L/∂(W, b) of one layer before clipping (L includes the L1 and L2 terms), n = rows of the
mini-batch. Variances are population variances over all rows and units, accumulated in float64.

A statistic of cadence "step" is measured on every sampled step, with the weights the step started from;
one of cadence "evaluation" at every evaluation, on the weights as they are then, dropout off and batch
norm on its running statistics. The probe set (``data/probe.py``) is 512 training rows drawn by the seed, or all if
there are fewer.

Accuracy: with one output for each class, whether the largest is the right one; for a single output, and for each of
several labels, whether it lies on its target's side of the middle of the two target values (0.5, or 0 where they are −1
and 1), whatever the output's activation.

The Hessian of sharpness is that of the loss that training descends, over the parameters θ that are trained: dropout and
noise off, batch norm on the mean and variance of the probe set's own rows (``analysis/curvature.py``).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic: ``column`` is its place in the kernels' output, ``formula`` the contract."""

    name: str
    column: int
    title: str
    formula: str
    summary: str
    cadence: Literal["step", "evaluation", "on demand"] = "step"
    scale: Literal["linear", "log"] = "linear"


def _table(*rows: tuple[str, str, str, str, str, str]) -> tuple[Statistic, ...]:
    return tuple(
        Statistic(name, column, title, formula, summary, cadence, scale)  # type: ignore[arg-type]
        for column, (name, title, formula, summary, cadence, scale) in enumerate(rows)
    )


LAYER_STATISTICS = _table(
    ("pre_activation_mean", "Pre-activation mean", "mean of z", "Where the inputs of the activation sit.", "step", "linear"),
    ("pre_activation_variance", "Pre-activation variance", "variance of z", "How widely they spread.", "step", "log"),
    ("activation_mean", "Activation mean", "mean of a", "What a layer passes on, on average.", "step", "linear"),
    ("activation_variance", "Activation variance", "variance of a", "How much signal a layer passes on.", "step", "log"),
    ("backprop_variance", "Backprop variance", "variance of δ", "How much error signal reaches a layer.", "step", "log"),
    ("gradient_norm", "Gradient norm", "‖g‖₂", "How hard the loss pulls at a layer's weights.", "step", "log"),
    ("gradient_max", "Largest gradient", "max |g|", "The hardest pull at any one weight.", "step", "log"),
    ("gradient_mean_abs", "Mean gradient", "mean |g|", "The average pull, sign left out.", "step", "log"),
    ("gradient_zero_fraction", "Zero gradients", "share of g exactly 0", "Weights that got no signal.", "step", "linear"),
    ("weight_norm", "Weight norm", "‖W‖₂", "The overall size of a layer's weights.", "step", "log"),
    ("weight_mean", "Weight mean", "mean of W", "The average weight.", "step", "linear"),
    ("weight_variance", "Weight variance", "variance of W", "How widely the weights spread.", "step", "log"),
    ("update_ratio", "Update ratio", "‖ΔW‖ / ‖W‖", "The step's size against the weights'; about 0.001 is healthy.", "step", "log"),
    ("inactive_units", "Inactive units", "units with a = 0 on every row of the mini-batch", "Silent on this mini-batch (ReLU family).", "step", "linear"),
    ("saturated_fraction", "Saturated share", "share of entries with |φ'(z)| < 5 % of φ's largest slope", "Stuck on a flat part of the activation.", "step", "linear"),
    ("non_finite", "NaN and Inf", "count in z, a, g, W", "Numbers that are no numbers.", "step", "linear"),
    ("dead_units", "Dead units", "units that fire on no row of the probe set", "Silent on everything: they no longer learn (ReLU family).", "evaluation", "linear"),
    ("weight_similarity", "Weight similarity", "mean |cosine| between units' incoming weights", "1 when all units do the same (the herd effect).", "evaluation", "linear"),
    ("zero_weights", "Zero weights", "share of W exactly 0", "Weights that L1 has switched off.", "evaluation", "linear"),
)

WHOLE_STATISTICS = _table(
    ("loss", "Loss", "data loss of the mini-batch, without the L1 and L2 terms", "How wrong the network is.", "step", "log"),
    ("accuracy", "Accuracy", "share of the mini-batch predicted right", "How often the network is right.", "step", "linear"),
    ("penalty", "Penalty", "Σ l1·‖W‖₁ + ½·l2·‖W‖²", "What L1 and L2 add to the loss.", "step", "log"),
    ("gradient_norm", "Gradient norm", "‖∂L/∂(all parameters)‖₂ before clipping", "How hard the loss pulls in all.", "step", "log"),
    ("clipped_gradient_norm", "Clipped gradient norm", "the same after noise and clipping", "What the optimizer gets to see.", "step", "log"),
    ("lr", "Learning rate", "lr in force, after the schedule", "How far a step goes.", "step", "log"),
)

EVALUATION_STATISTICS = _table(
    ("train_loss", "Training loss", "data loss over the whole training set", "How wrong on what it learns from.", "evaluation", "log"),
    ("train_accuracy", "Training accuracy", "share of the training set right", "How often right on what it learns from.", "evaluation", "linear"),
    ("train_r2", "Training R²", "1 − Σ(t − a)² / Σ(t − t̄)², mean over outputs", "Share of the variation explained.", "evaluation", "linear"),
    ("validation_loss", "Validation loss", "data loss over the held-out set", "How wrong on rows it never saw.", "evaluation", "log"),
    ("validation_accuracy", "Validation accuracy", "share of the held-out set right", "How often right on rows it never saw.", "evaluation", "linear"),
    ("r2", "R²", "the same on the held-out set (the training set if none is held out)", "Share of the variation explained.", "evaluation", "linear"),
)

# Of a lane on the surface f; the gradient is exact, whatever noise the steps see
SURFACE_STATISTICS = _table(
    ("value", "Value", "f(x, y)", "How high it stands.", "step", "log"),
    ("gradient_norm", "Gradient norm", "‖∇f‖₂", "How steep the surface is where it stands.", "step", "log"),
    ("distance", "Distance to minimum", "distance from (x, y) to the nearest known minimum", "How far it has to go.", "step", "log"),
    ("path_length", "Path length", "Σ of the steps' lengths", "How far it went.", "step", "linear"),
    ("lr", "Learning rate", "lr in force, after the schedule", "How far a step goes.", "step", "log"),
    ("x", "x", "first coordinate", "Where it stands, to the right.", "step", "linear"),
    ("y", "y", "second coordinate", "Where it stands, upwards.", "step", "linear"),
)

# Worked out only when asked for (``analysis/on_demand.py``): they cost more than a step
ON_DEMAND_STATISTICS = _table(
    ("operations_forward", "Forward multiplications", "Σ inputs·units over the layers", "What one row costs on its way forward.", "on demand", "log"),
    ("operations_reverse", "Backpropagation's multiplications", "forward, one product more per layer for ∂L/∂W, and one for ∂L/∂ of the inputs of all but the first", "What all derivatives of one row cost by backpropagation.", "on demand", "log"),
    ("operations_forward_mode", "Forward mode's multiplications", "forward·(1 + number of weights and biases)", "What the same derivatives cost one parameter at a time.", "on demand", "log"),
    ("backprop_error", "Backpropagation against differences", "max |g − d| / (|g| + |d|), d = (L(w + 1e-5) − L(w − 1e-5)) / 2e-5", "How far backpropagation is from measuring the slope by trying.", "on demand", "log"),
    ("sharpness", "Sharpness", "largest (signed) eigenvalue of ∂²(loss + penalty)/∂θ² on the probe set, in float64", "How strongly the loss curves where it curves most.", "on demand", "log"),
    ("lr_sharpness", "Rate against sharpness", "lr·sharpness / 2", "Above 1, plain gradient descent cannot settle.", "on demand", "log"),
    ("second_hessian_eigenvalue", "Second Hessian eigenvalue", "second largest eigenvalue of the same matrix; the largest again where it comes twice", "How strongly the loss curves across its steepest curve.", "on demand", "linear"),
    ("smallest_hessian_eigenvalue", "Smallest Hessian eigenvalue", "smallest (signed) eigenvalue of the same matrix", "Below 0, the loss bends down somewhere: no minimum.", "on demand", "linear"),
    ("prediction_spread", "Prediction spread", "mean standard deviation of the outputs over 100 passes with dropout on", "How unsure the network is where the data are.", "on demand", "linear"),
    ("prediction_spread_outside", "Prediction spread outside", "the same, three times as far from the middle as the data", "How unsure the network is where it saw nothing.", "on demand", "linear"),
    ("gradient_correlation", "Gradient correlation", "Σ gᵢ·gⱼ / √(Σ‖gᵢ‖² Σ‖gⱼ‖²), g = ∂(Σ output z)/∂x, over pairs of a probe row i and the row j nearest to it", "Near 0, gradients are shattered: neighbouring inputs pull apart (Balduzzi 2017).", "on demand", "linear"),
)

# The same of one layer
ON_DEMAND_LAYER_STATISTICS = _table(
    ("spectral_radius", "Spectral radius", "largest |eigenvalue| of a recurrent layer's recurrent weights U; of gates, the largest of theirs", "How much the state is stretched from one time step to the next.", "on demand", "log"),
    ("hidden_spread", "Hidden spread", "Σ‖hₜ − h'ₜ‖ / Σ‖h₁ − h'₁‖ for every t, over pairs of probe rows that differ in the first time step only", "How much of what came first is still felt after t steps.", "on demand", "log"),
    ("skip_variance_share", "Skip's share of the variance", "cov(s, z) / var(z), z = the sum, s = what comes by its source with the fewest layers before it, on the probe set", "How much of a sum is what went round the block.", "on demand", "linear"),
    ("skip_gradient_share", "Skip's share of the gradient", "⟨δₛ, δ⟩ / ‖δ‖², δ = ∂L/∂ what that source passes on, δₛ = the part that came by the sum directly", "How much of the gradient went round the block.", "on demand", "linear"),
)

# Of recurrent layers, several numbers at a time: for each time step, or each gate
SEQUENCE_STATISTICS = _table(
    ("time_gradient_norm", "Gradient through time", "‖∂L/∂hₜ‖₂ for every t, mean over the mini-batch", "How much of the error reaches each time step.", "step", "log"),
    ("gate_mean", "Gate mean", "mean of a gate's activation", "How far a gate is open.", "step", "linear"),
    ("gate_saturated", "Gate saturated", "share of entries with |σ'(z)| < 5 % of its largest", "How often a gate is stuck, open or shut.", "step", "linear"),
)

# What only layers with weights have; of the others they are NaN
OF_WEIGHTS = frozenset(
    row.name
    for row in LAYER_STATISTICS
    if row.name.startswith(("gradient_", "weight_")) or row.name in ("update_ratio", "zero_weights")
)

SEQUENCE_BY_NAME = {row.name: row for row in SEQUENCE_STATISTICS}
LAYER_BY_NAME = {row.name: row for row in LAYER_STATISTICS}
WHOLE_BY_NAME = {row.name: row for row in WHOLE_STATISTICS}
EVALUATION_BY_NAME = {row.name: row for row in EVALUATION_STATISTICS}
SURFACE_BY_NAME = {row.name: row for row in SURFACE_STATISTICS}
ON_DEMAND_BY_NAME = {row.name: row for row in ON_DEMAND_STATISTICS}
ON_DEMAND_LAYER_BY_NAME = {row.name: row for row in ON_DEMAND_LAYER_STATISTICS}
# The names whose histories a network has, of layers and of the whole
LAYER_HISTORIES = (*LAYER_BY_NAME, *SEQUENCE_BY_NAME)
WHOLE_HISTORIES = (*WHOLE_BY_NAME, *EVALUATION_BY_NAME)
OF_TIME = ("time_gradient_norm", "hidden_spread")  # have a number for each time step
