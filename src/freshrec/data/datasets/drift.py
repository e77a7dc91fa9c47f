"""How a synthetic log drifts: every rate, each with its default."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from freshrec.errors import ConfigError

__all__ = ["Drift"]

Count = Annotated[int, Field(ge=2, le=10_000_000)]
Rate = Annotated[float, Field(ge=0, le=1)]


class Drift(BaseModel):
    """A synthetic log: users with tastes, items with qualities, and how fast both change from period to period.

    Raises:
        ConfigError: a setting is unknown, of the wrong type, out of range, or contradicts another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: Count = Field(2_000, description="How many users there are; some may never appear in the log.")
    items: Count = Field(1_500, description="How many items there are in all, those that come later included.")
    periods: int = Field(31, ge=2, le=3_000, description="How many periods there are; each is a day.")
    parts: int = Field(
        1,
        ge=1,
        le=86_400,
        description="Equal parts of a period. Items appear and lose popularity at the beginning of a part.",
    )
    interactions: int = Field(310_000, ge=1, le=1_000_000_000, description="Rows of the log, equally many a period.")
    new_items: Rate = Field(0.01, description="Share of all items that appears in each period after the first.")
    dying_items: Rate = Field(0.01, description="Chance of an item to be gone after each period.")
    popularity: float = Field(
        0,
        ge=0,
        le=10,
        description="Spread of items' popularity when they appear: the standard deviation of its natural logarithm.",
    )
    half_life: float | None = Field(
        None, gt=0, le=1e6, description="Periods after which an item's popularity has halved; none for no decay."
    )
    taste_change: Rate = Field(
        0.05,
        description="Share of the variance of each taste that is new in each period: tastes of neighbouring periods "
        "have a correlation of sqrt(1 - taste_change).",
    )
    noise: Rate = Field(0.1, description="Share of interactions that follow no taste, only popularity.")
    sharpness: float = Field(
        2.0, ge=0, le=50, description="How strongly users prefer what they like; 0 for not at all."
    )
    factors: int = Field(8, ge=1, le=1_000, description="Dimension of tastes and qualities.")
    categories: int = Field(20, ge=1, le=100_000, description="How many categories; items of one are alike.")
    seed: int = Field(0, ge=0, description="Root seed; the same drift and seed give the same log.")

    @model_validator(mode="wrap")
    @classmethod
    def _typed(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            drift = handler(data)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, each['loc']))} is {each['input']!r}: {each['msg']}." for each in error.errors()
            ]
            raise ConfigError(f"cannot use this drift: {' '.join(faults)} See freshrec.data.Drift.") from error
        drift._agree()
        return drift

    def _agree(self) -> None:
        later = self.new_items * (self.periods - 1)
        if later >= 1:
            raise ConfigError(
                f"new_items is {self.new_items} in each of {self.periods - 1} periods, {later:.2f} of all items in "
                "all: none is left for the first period. Lower new_items or periods."
            )
        if self.interactions < self.periods:
            raise ConfigError(
                f"interactions is {self.interactions} over {self.periods} periods, but each needs one at least. "
                "Raise interactions or lower periods."
            )
