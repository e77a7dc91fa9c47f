"""Adam's steps on the rows of a table that have no gradient, many at once; `freshrec.training.adam` defines them.

With every missed step j a row that is at step s moves by m lead_j / (sqrt(v) w_j + epsilon), where lead_j falls as
0.9^j and w_j, the root of what is left of v over its bias correction, hardly changes while lead_j is worth anything. So
with w_j = w (1 + r_j), w being that of one j, and x = sqrt(v) w / (sqrt(v) w + epsilon), the sum over j is

    m / (sqrt(v) w + epsilon) * sum over p of (-x)^p M_p,    M_p = sum over j of lead_j r_j^p.

The M_p are the same for all rows at step s, and grow by a term with every step; a row costs two divisions a number,
however many steps it has missed. Where few steps were taken in all, w_j changes too fast, and terms are added up.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from torch import Tensor

from freshrec.kernels.activations import BLOCK, ONE, ZERO, Floats, compiled_fast
from freshrec.kernels.adam_rows import EVERY, Ints
from freshrec.kernels.threads import over_blocks

__all__ = ["IdleSteps"]

Doubles: TypeAlias = npt.NDArray[np.float64]
Steps: TypeAlias = npt.NDArray[np.int32]

# With r_j about the tenth missed step, powers up to the fifth leave an error below 2^-25 from the 192nd step on.
ABOUT, POWERS, EARLY = 10, 6, 200
# Below it float32 loses digits, and arithmetic takes a hundred times as long.
TINY = np.float32(np.finfo(np.float32).tiny)


class IdleSteps:
    """The missed steps of one optimisation's tables, for float32 on the CPU; step 0 is the last one before it.

    Args:
        learning_rate: of every step.
        before: how many steps were taken before, which the bias corrections count.
        betas: decays of the moments.
        epsilon: of Adam.
        still: a row stands still where no first moment is above so many roots of second ones.
        lasting: after so many steps every row stands still.
    """

    def __init__(
        self, learning_rate: float, before: int, betas: tuple[float, float], epsilon: float, still: float, lasting: int
    ) -> None:
        self.learning_rate = learning_rate
        self.before = before
        self.betas = betas
        self.constants = np.float32(epsilon), np.float32(still)
        self.roots = betas[1] ** (np.arange(lasting + 1) / 2)
        self.step = 0
        self.sums = np.zeros((0, POWERS))
        self._grow()

    def advance(self) -> None:
        """A step was taken."""
        self.step += 1
        if self.step + ABOUT >= len(self.rates):
            self._grow()
        _add_term(self.step, self.rates, self.widths, self.fading, self.roots, self.sums)

    def take(self, value: Tensor, mean: Tensor, square: Tensor, at: Tensor, rows: Tensor | None) -> None:
        """As `freshrec.training.adam.PlainIdleSteps.take`, in place, up to the newest step.

        Args:
            value: table [R, D].
            mean: first moments [R, D].
            square: second moments [R, D].
            at: the step that each row is at, int32 [R].
            rows: distinct, int64 [N]; or None for all R.
        """
        count = len(value) if rows is None else len(rows)
        over_blocks(
            _idle,
            -(-count // BLOCK),
            EVERY if rows is None else rows.numpy(),
            count,
            value.numpy(),
            mean.numpy(),
            square.numpy(),
            at.numpy(),
            self.step,
            self.before,
            self.rates,
            self.widths,
            self.fading,
            self.shrinking,
            self.roots,
            self.sums,
            *self.constants,
        )

    def _grow(self) -> None:
        """Make room for twice as many steps."""
        steps = np.arange(max(1024, 2 * len(self.sums)), dtype=np.float64)
        # Step 0 is not one of ours, and may be none at all.
        taken = np.maximum(self.before + steps, 1)
        self.rates = self.learning_rate / (1 - self.betas[0] ** taken)
        self.widths = (1 - self.betas[1] ** taken) ** -0.5
        self.fading, self.shrinking = self.betas[0] ** steps, self.betas[1] ** steps
        sums = np.zeros((len(steps), POWERS))
        sums[: len(self.sums)] = self.sums
        self.sums = sums


@compiled_fast
def _add_term(step: int, rates: Doubles, widths: Doubles, fading: Doubles, roots: Doubles, sums: Doubles) -> None:
    """Add what this step is worth to the sums [steps, POWERS] of every step that a row may be at and still move."""
    for j in range(1, min(step, len(roots) - 1) + 1):
        began = step - j
        r = widths[step] * roots[j] / (widths[began + ABOUT] * roots[ABOUT]) - 1.0
        term = rates[step] * fading[j]
        for p in range(POWERS):
            sums[began, p] += term
            term *= r


@compiled_fast
def _idle(
    first: int,
    last: int,
    rows: Ints,
    count: int,
    value: Floats,
    mean: Floats,
    square: Floats,
    at: Steps,
    step: int,
    before: int,
    rates: Doubles,
    widths: Doubles,
    fading: Doubles,
    shrinking: Doubles,
    roots: Doubles,
    sums: Doubles,
    epsilon: np.float32,
    still: np.float32,
) -> None:
    size, lasting = value.shape[1], len(roots) - 1
    lead, width = np.empty(lasting, np.float32), np.empty(lasting, np.float32)
    for n in range(first * BLOCK, min(last * BLOCK, count)):
        row = rows[n] if len(rows) else n
        began = at[row]
        missed = step - began
        if missed == 0:
            continue
        at[row] = step
        moving, held = 0, 0
        for d in range(size):
            moving += abs(mean[row, d]) > still * np.sqrt(square[row, d])
            held += (mean[row, d] != ZERO) | (square[row, d] != ZERO)
        if held == 0:
            continue
        if moving and before + began >= EARLY:
            about = np.float32(widths[began + ABOUT] * roots[ABOUT])
            s0, s1, s2 = np.float32(sums[began, 0]), np.float32(sums[began, 1]), np.float32(sums[began, 2])
            s3, s4, s5 = np.float32(sums[began, 3]), np.float32(sums[began, 4]), np.float32(sums[began, 5])
            for d in range(size):
                part = np.sqrt(square[row, d]) * about
                over = ONE / (part + epsilon)
                x = -part * over
                value[row, d] -= mean[row, d] * over * (s0 + x * (s1 + x * (s2 + x * (s3 + x * (s4 + x * s5)))))
        elif moving:
            terms = min(missed, lasting)
            for j in range(terms):
                lead[j] = rates[began + 1 + j] * fading[1 + j]
                width[j] = widths[began + 1 + j] * roots[1 + j]
            for d in range(size):
                root, way = np.sqrt(square[row, d]), ZERO
                for j in range(terms):
                    way += lead[j] / (root * width[j] + epsilon)
                value[row, d] -= mean[row, d] * way
        kept, shrunk = np.float32(fading[missed]), np.float32(shrinking[missed])
        for d in range(size):
            faded = mean[row, d] * kept
            mean[row, d] = faded if abs(faded) >= TINY else ZERO
            square[row, d] *= shrunk
