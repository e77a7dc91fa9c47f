"""All that decides the outcome of a comparison, given its stream."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from freshrec.evaluation.loop import AnyUpdater
from freshrec.evaluation.pretrain import Pretraining
from freshrec.updaters import IU, METHODS, build

__all__ = ["CompareSettings"]


class CompareSettings(BaseModel):
    """What is compared, and how models are trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: tuple[str, ...] = Field(("iu", "asmg-gru-multi"), min_length=1, description="names of the methods")
    runs: int = Field(1, ge=1, description="seeded runs; means and deviations are over them")
    seed: int = Field(0, ge=0, description="root of all randomness")
    dim: int = Field(8, ge=1, description="embedding dimension D of the base model")
    pretrain: int | None = Field(None, ge=0, description="pre-training periods; by default 10 of 31, or in proportion")
    pretraining: Pretraining = Field(Pretraining(), description="how the first model is trained")
    base: IU = Field(IU(), description="how the incremental model is trained, and the default of every method")
    overrides: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict,
        description="settings of single methods, by name; `method` among them makes a variant of that method, under a "
        "name of its own",
    )

    @field_validator("methods")
    @classmethod
    def _once(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(methods)) < len(methods):
            raise ValueError("a method is named twice; name each once")
        return methods

    @model_validator(mode="after")
    def _buildable(self) -> Self:
        for name in self.overrides:
            if name not in self.methods:
                raise ValueError(f"overrides for {name!r}, which is not among the methods {', '.join(self.methods)}")
        for name in self.methods:
            if self.method_of(name) not in METHODS:
                raise ValueError(f"unknown method {self.method_of(name)!r}; the known ones are {', '.join(METHODS)}")
            if name in METHODS and self.method_of(name) != name:
                raise ValueError(f"{name!r} is a method and cannot name a variant of {self.method_of(name)!r}")
        self.updaters()
        return self

    def method_of(self, name: str) -> str:
        """The method behind a name: its own, or the one that it is a variant of."""
        return str(self.overrides.get(name, {}).get("method", name))

    def updaters(self) -> dict[str, AnyUpdater]:
        """The methods' updaters by name."""
        return {
            name: build(
                self.method_of(name),
                self.base,
                {key: value for key, value in self.overrides.get(name, {}).items() if key != "method"},
            )
            for name in self.methods
        }
