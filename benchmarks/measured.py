"""What one benchmark hands back: a figure, and how it compares with another one taken in turn with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What was measured, its value and its unit, and, where it was compared with something, how.

    Attributes:
        what: what was measured, in a few words; names the row of the table.
        value: the figure.
        unit: of `value`, such as "s", "ms", "samples/s" or "MiB".
        ratio: how many times as fast (or as small) as what it is compared with, taken in turn in one process;
            more is better. None where nothing was compared.
        against: what it is compared with, in a few words. None where nothing was compared.
    """

    what: str
    value: float
    unit: str
    ratio: float | None = None
    against: str | None = None

    @property
    def more_is_better(self) -> bool:
        """Whether a larger value is the better one: so much a second."""
        return self.unit.endswith("/s")

    def __str__(self) -> str:
        compared = "" if self.ratio is None else f", {self.ratio:.2f} times as good as {self.against}"
        return f"{self.what}: {self.figure}{compared}"

    @property
    def figure(self) -> str:
        """The value with its unit, to three digits or to the whole number."""
        return f"{self.value:,.0f} {self.unit}" if abs(self.value) >= 100 else f"{self.value:#.3g} {self.unit}"
