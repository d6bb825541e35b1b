"""Recurrent layers once more, in plain float64 NumPy, step by step from their formulas, forward and back.

Shapes as one would write them: x (n, time, features), w (features, gates·units), u (units, gates·units), b
(gates·units; gru: 4·units), states (n, time + 1, units).
"""

from dataclasses import dataclass, field

import numpy as np

from . import twin

Array = np.ndarray
GATES = {"recurrent": 1, "lstm": 4, "gru": 3}


@dataclass
class Recurrence:
    """A layer, its input, and what it computes of it."""

    kind: str
    x: Array
    w: Array
    u: Array
    b: Array
    h0: Array
    c0: Array
    mask: Array | None = None
    activation: str = "tanh"
    alpha: float = 0.0
    recurrent_activation: str = "sigmoid"
    recurrent_alpha: float = 0.0
    truncate: int = 0
    states: list[Array] = field(default_factory=list)
    cells: list[Array] = field(default_factory=list)
    z: list[Array] = field(default_factory=list)
    gates: list[Array] = field(default_factory=list)
    inner: list[Array] = field(default_factory=list)

    @property
    def units(self) -> int:
        return self.u.shape[0]

    @property
    def time(self) -> int:
        return self.x.shape[1]

    def seen(self, t: int) -> Array:
        """What U is multiplied with at step t."""
        return self.states[t] if self.mask is None else self.states[t] * self.mask

    def phi(self, z: Array) -> Array:
        return twin.activation(self.activation, z, self.alpha)

    def slope(self, z: Array) -> Array:
        return twin.slope(self.activation, z, self.alpha)

    def gate(self, z: Array) -> Array:
        return twin.activation(self.recurrent_activation, z, self.recurrent_alpha)

    def gate_slope(self, z: Array) -> Array:
        return twin.slope(self.recurrent_activation, z, self.recurrent_alpha)

    def forward(self) -> "Recurrence":
        k = self.units
        self.states, self.cells, self.z, self.gates, self.inner = [self.h0], [self.c0], [], [], []
        for t in range(self.time):
            of_x = self.x[:, t] @ self.w + self.b[: self.w.shape[1]]
            of_h = self.seen(t) @ self.u
            if self.kind == "recurrent":
                self.z.append(of_x + of_h)
                self.gates.append(self.phi(self.z[t]))
                self.states.append(self.gates[t])
            elif self.kind == "lstm":
                z = of_x + of_h
                i, f, o = self.gate(z[:, :k]), self.gate(z[:, k : 2 * k]), self.gate(z[:, 3 * k :])
                g = self.phi(z[:, 2 * k : 3 * k])
                self.z.append(z)
                self.gates.append(np.hstack([i, f, g, o]))
                self.cells.append(f * self.cells[t] + i * g)
                self.states.append(o * self.phi(self.cells[t + 1]))
            else:
                inner = of_h[:, 2 * k :] + self.b[3 * k :]
                z = of_x + np.hstack([of_h[:, : 2 * k], np.zeros_like(inner)])
                r, u = self.gate(z[:, :k]), self.gate(z[:, k : 2 * k])
                z[:, 2 * k :] += r * inner
                n = self.phi(z[:, 2 * k :])
                self.z.append(z)
                self.inner.append(inner)
                self.gates.append(np.hstack([r, u, n]))
                self.states.append((1 - u) * n + u * self.states[t])
        return self

    def backward(self, d_states: Array) -> dict[str, Array]:
        """From ∂L/∂h of every step (n, time, units), as far as the loss reads them itself."""
        k = self.units
        dw, du, db = np.zeros_like(self.w), np.zeros_like(self.u), np.zeros_like(self.b)
        deltas, dx, norms = np.zeros((self.time, *self.z[0].shape)), np.zeros_like(self.x), np.zeros(self.time)
        dh, dc = np.zeros_like(self.h0), np.zeros_like(self.c0)
        for t in reversed(range(self.time)):
            dh = dh + d_states[:, t]
            norms[t] = np.sqrt((dh**2).sum(axis=1)).sum()
            z, direct = self.z[t], np.zeros_like(dh)
            if self.kind == "recurrent":
                delta = to_u = dh * self.slope(z)
            elif self.kind == "lstm":
                i, f, g, o = np.split(self.gates[t], 4, axis=1)
                zi, zf, zg, zo = np.split(z, 4, axis=1)
                cell = self.cells[t + 1]
                dc = dc + dh * o * self.slope(cell)
                delta = to_u = np.hstack(
                    [
                        dc * g * self.gate_slope(zi),
                        dc * self.cells[t] * self.gate_slope(zf),
                        dc * i * self.slope(zg),
                        dh * self.phi(cell) * self.gate_slope(zo),
                    ]
                )
                dc = dc * f
            else:
                r, u, n = np.split(self.gates[t], 3, axis=1)
                zr, zu, zn = np.split(z, 3, axis=1)
                dn = dh * (1 - u) * self.slope(zn)
                d_u = dh * (self.states[t] - n) * self.gate_slope(zu)
                dr = dn * self.inner[t] * self.gate_slope(zr)
                delta, to_u = np.hstack([dr, d_u, dn]), np.hstack([dr, d_u, dn * r])
                direct = dh * u
                db[3 * k :] += (dn * r).sum(axis=0)
            deltas[t] = delta
            dw += self.x[:, t].T @ delta
            du += self.seen(t).T @ to_u
            db[: delta.shape[1]] += delta.sum(axis=0)
            dx[:, t] = delta @ self.w.T
            back = to_u @ self.u.T
            dh = direct + (back if self.mask is None else back * self.mask)
            if self.truncate and t % self.truncate == 0:
                dh, dc = np.zeros_like(dh), np.zeros_like(dc)
        return {
            "delta": deltas.transpose(1, 0, 2),
            "dx": dx,
            "d_weights": np.vstack([dw, du]),
            "d_biases": db,
            "time_norms": norms,
        }


def random_recurrence(
    kind: str, n: int = 3, time: int = 5, features: int = 2, units: int = 4, seed: int = 0, **more: object
) -> Recurrence:
    """One with random weights, input and initial states."""
    rng = np.random.default_rng(seed)
    columns = GATES[kind] * units
    scale = 1 / np.sqrt(units)
    return Recurrence(
        kind,
        rng.standard_normal((n, time, features)),
        rng.standard_normal((features, columns)) * scale,
        rng.standard_normal((units, columns)) * scale,
        rng.standard_normal(columns + (units if kind == "gru" else 0)) * 0.3,
        rng.standard_normal((n, units)) * 0.5,
        rng.standard_normal((n, units)) * 0.5,
        **more,  # type: ignore[arg-type]
    )
