"""What can be known of a stream, and of how it will be used, before anything is trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from freshrec.data import Exclude, Labels, Schema

__all__ = ["Facts", "misfits_of"]


@dataclass(frozen=True)
class Facts:
    """What decides whether a setting can be used on a stream; None where it is not known yet.

    Attributes:
        labels: who says what was not liked.
        periods: n, how many periods there are.
        pretrain: how many of them train the first model.
        first_test: t of the first model whose score is reported; it has seen D_1..D_t.
        history: T, how many past positives a sample holds at most.
        exclude: which items the drawn negatives may not be; also None where none are drawn.
    """

    labels: Labels | None = None
    periods: int | None = None
    pretrain: int | None = None
    first_test: int | None = None
    history: int | None = None
    exclude: Exclude | None = None

    @classmethod
    def of(cls, schema: Schema, periods: int | None = None) -> Self:
        """What the schema of a stream tells, and its number of periods."""
        return cls(schema.labels, periods, history=schema.history, exclude=schema.exclude)

    @property
    def updates(self) -> int | None:
        """How many updates come before the first score that is reported."""
        return None if self.first_test is None or self.pretrain is None else self.first_test - self.pretrain

    def without_second_update(self, stage: str) -> Iterator[tuple[str, str]]:
        """The problem of a stage that the second update trains first, where that comes after the first test period.

        Args:
            stage: what the second update trains.
        """
        if self.updates is not None and self.updates < 2:
            yield (
                "",
                f"its {stage} is first trained by the second update, and there are not two between pre-training and "
                "the first test period. Pre-train on fewer periods, or cut the log into more",
            )


def misfits_of(updater: object, facts: Facts) -> Iterator[tuple[str, str]]:
    """The settings of an updater that cannot be used on a stream, as its `misfits` names them; none without one."""
    misfits = getattr(updater, "misfits", None)
    if misfits is not None:
        yield from misfits(facts)
