"""One period of a stream; a finished period is a value of its own and knows nothing of later ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from freshrec.data.samples import Samples

__all__ = ["Period"]


@dataclass(frozen=True)
class Period:
    """One period t and its data D_t, read when asked for.

    Attributes:
        number: t, counted from 1.
        size: how many samples it holds.
        load: reads the samples; the same ones at every call.
        known: table name to how many of its ids were seen by the period's end; those are the first ones.
    """

    number: int
    size: int
    load: Callable[[], Samples] = field(repr=False, compare=False)
    known: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

    def samples(self) -> Samples:
        """Read the period's samples; nothing is kept in memory by the period itself."""
        return self.load()
