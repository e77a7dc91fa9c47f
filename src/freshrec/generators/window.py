"""What a generator reads: a few snapshots and the hidden state before the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from freshrec.errors import ModelError
from freshrec.generators.planes import DENSE, Planes
from freshrec.kernels import gather
from freshrec.params import Params

__all__ = ["Window"]


@dataclass(frozen=True)
class Window:
    """What the generator reads: K snapshots, oldest first, and the hidden state before the first of them.

    Attributes:
        planes: how the parameters are laid out.
        snapshots: K mappings from plane to its values [R, G].
        hidden: from plane to hidden state [R, G, H]; empty for the zero state.
        apart: what is in each snapshot and not generated, by name: buffers and frozen parameters.
    """

    planes: Planes
    snapshots: tuple[Params, ...]
    hidden: Params = field(default_factory=dict)
    apart: tuple[Params, ...] = ()

    @classmethod
    def of(cls, planes: Planes, snapshots: Sequence[Params], hidden: Params) -> "Window":
        """The window over some models' parameters."""
        joined = tuple(planes.join(params) for params in snapshots)
        return cls(planes, joined, hidden, tuple(planes.apart(params) for params in snapshots))

    def see_that_finite(self) -> None:
        """Look at all snapshots, which reads all of them.

        Raises:
            ModelError: a parameter is NaN or infinite somewhere.
        """
        for number, snapshot in enumerate(self.snapshots, start=1):
            own = {name: snapshot[name] for name in self.planes.own}
            dense = self.planes.split(snapshot[DENSE], snapshot[DENSE]) if self.planes.dense else {}
            for name, value in (own | dense).items():
                # Both are NaN if any number is, and no table of booleans is made.
                if value.numel() and not torch.stack(value.aminmax()).isfinite().all():
                    raise ModelError(
                        f"the parameter {name!r} is NaN or infinite somewhere in snapshot {number} of "
                        f"{len(self.snapshots)}; finite values were expected. Train that model again with a lower "
                        "learning rate, or leave it out."
                    )

    def beside(self, steps: int) -> dict[str, Tensor]:
        """What a model generated from the first `steps` snapshots has beside that: the newest one's."""
        return dict(self.apart[steps - 1]) if self.apart else {}

    def coordinates(self, plane: str, steps: int, rows: Tensor | slice) -> Tensor:
        """Rows [steps, N, G] of a plane in the first `steps` snapshots, by a slice or their numbers int64 [N]."""
        if isinstance(rows, slice):
            return torch.stack([snapshot[plane][rows] for snapshot in self.snapshots[:steps]])
        first = self.snapshots[0][plane]
        taken = first.new_empty(steps, len(rows), first.shape[1])
        for snapshot, values in zip(self.snapshots, taken, strict=False):
            gather(snapshot[plane], rows, values)
        return taken

    def state(self, plane: str, size: int, rows: Tensor | slice) -> Tensor:
        """Rows [N, G, size] of a plane's state before the first snapshot, zero where none is held."""
        values, held = self.snapshots[0][plane], self.hidden.get(plane)
        if held is None:
            count = len(values[rows]) if isinstance(rows, slice) else len(rows)
            return values.new_zeros(count, values.shape[1], size)
        return held[rows] if isinstance(rows, slice) else gather(held, rows)
