"""Which periods train a first model, inform choices, and are reported (ASMG, RecSys 2021, section 4.1.3)."""

from pydantic import Field, model_validator

from freshrec.errors import ConfigError
from freshrec.evaluation.results import Split
from freshrec.settings import Settings

__all__ = ["Splits"]


class Splits(Settings):
    """How a stream of n periods is used.

    The models of the last `test` periods that have a next one are reported; the `validation` models before them are for
    choosing settings; what lies between pre-training and those is warm-up. With 31 periods, as published: 10, 3 and 7.
    """

    periods: int = Field(31, ge=3, description="n, how many periods the stream has")
    pretrain: int = Field(
        10, ge=0, description="periods whose data trains the first model; 0 starts from random values"
    )
    validation: int = Field(3, ge=0, description="models scored for choosing settings")
    test: int = Field(7, ge=1, description="models scored for reporting")

    @classmethod
    def of(cls, periods: int, pretrain: int | None = None) -> "Splits":
        """The published proportions for any number of periods.

        >>> Splits.of(31)
        Splits(periods=31, pretrain=10, validation=3, test=7)
        >>> Splits.of(7, pretrain=0)
        Splits(periods=7, pretrain=0, validation=1, test=2)

        Raises:
            ConfigError: fewer than 3 periods, or too many of them pre-train.
        """
        if periods < 3:
            raise ConfigError(f"the stream has {periods} periods; at least 3 are needed. Cut it into more periods.")
        first = max(1, round(periods * 10 / 31)) if pretrain is None else pretrain
        validation, test = max(1, round(periods * 3 / 31)), max(1, round(periods * 7 / 31))
        if first + validation + test > periods:
            raise ConfigError(
                f"{first} pre-training periods of {periods} leave no room for {validation} validation and {test} test "
                f"models. Pre-train on at most {periods - validation - test}."
            )
        return cls(periods=periods, pretrain=first, validation=validation, test=test)

    @model_validator(mode="after")
    def _fits(self) -> "Splits":
        if self.pretrain + self.validation + self.test > self.periods:
            raise ValueError(
                f"pretrain {self.pretrain} + validation {self.validation} + test {self.test} is more than the "
                f"{self.periods} periods"
            )
        return self

    def split(self, period: int) -> Split:
        """What the model of a period is scored for; the model of period t is scored on t + 1."""
        if period >= self.periods - self.test:
            return "test"
        return "validation" if period >= self.periods - self.test - self.validation else "warmup"
