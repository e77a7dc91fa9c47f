"""What a track has finished: one entry a period, and the state after the newest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, TypeAlias

__all__ = ["Commit", "Decision", "Entry"]

Decision: TypeAlias = Literal["published", "refused"]


@dataclass(frozen=True)
class Entry:
    """A finished period.

    Attributes:
        period: its number.
        digest: of its samples.
        size: its samples.
        version: the newest published version before the period, whose model scored it; None for a pre-training period.
        scores: the value of each metric on the period by that model; None where it is undefined.
        decision: whether the model that learned the period was published, or refused; then the state is that of before.
        reason: why it was refused; empty otherwise.
        seconds: the wall time of each part of the work.
    """

    period: int
    digest: str
    size: int
    version: int | None
    scores: Mapping[str, float | None]
    decision: Decision
    reason: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """All entries of a track so far.

    Attributes:
        entries: one a period, from the first.
        learned: the newest period that the state has learned.
        pretrain: how many periods trained the first model.
        epochs: how many passes over them did.
    """

    entries: tuple[Entry, ...]
    learned: int
    pretrain: int
    epochs: int

    @property
    def period(self) -> int:
        """The newest finished period."""
        return self.entries[-1].period if self.entries else 0

    @property
    def version(self) -> int:
        """The newest published version, which has the number of the period that it learned last."""
        return self.learned

    def content(self) -> dict[str, Any]:
        """The commit as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """A commit from its JSON."""
        return cls(
            tuple(Entry(**each) for each in content["entries"]),
            content["learned"],
            content["pretrain"],
            content["epochs"],
        )
