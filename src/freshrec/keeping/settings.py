"""All that decides a track, given its log."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import Field, model_validator

from freshrec.evaluation import CompareSettings, Pretraining
from freshrec.keeping.gate import Gate
from freshrec.metrics import METRICS, Metric
from freshrec.models import ModelClass
from freshrec.settings import Settings
from freshrec.updaters import IU, Updater

__all__ = ["TrackSettings"]


class TrackSettings(Settings):
    """Which updater keeps the model fresh, on which base model, and what may be published.

    Raises:
        SettingsError: settings cannot be used, those of the method included.
    """

    method: str = Field("rsg", description="name of the updater, as `freshrec methods` lists them")
    model: str | None = Field(None, description="name of the base model; by default the method's own")
    settings: Mapping[str, Any] = Field(default_factory=dict, description="settings of the method")
    metrics: tuple[str, ...] = Field(tuple(METRICS), min_length=1, description="what each period is measured by")
    seed: int = Field(0, ge=0, description="root of all randomness")
    dim: int = Field(8, ge=1, description="embedding dimension D of the base model")
    pretrain: int | None = Field(
        None, ge=1, description="periods that train the first model; by default all that the first data has"
    )
    base: IU = Field(IU(), description="how the incremental model is trained")
    pretraining: Pretraining = Field(Pretraining(), description="how the first model is trained")
    gate: Gate = Field(Gate(), description="what a new model has to pass to be published")
    keep: int = Field(5, ge=1, description="published versions that stay on the disk, beside served and pinned ones")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        self.compared  # noqa: B018 - all that is wrong with the method is told now
        return self

    @cached_property
    def compared(self) -> CompareSettings:
        """The comparison of this one method, which builds its updater and its model."""
        overrides: dict[str, Any] = {self.name: {**self.settings}}
        if self.name != self.method:
            overrides[self.name] |= {"method": self.method, "model": self.model}
        return CompareSettings(
            methods=(self.name,),
            metrics=self.metrics,
            baselines=False,
            seed=self.seed,
            dim=self.dim,
            base=self.base,
            pretraining=self.pretraining,
            overrides=overrides,
        )

    @property
    def name(self) -> str:
        """What the method is called among results."""
        return self.method if self.model is None else f"{self.method} on {self.model}"

    @property
    def updater(self) -> Updater[Any]:
        """The updater."""
        return self.compared.updaters()[self.name]

    @property
    def base_model(self) -> ModelClass:
        """The class of the base model."""
        return self.compared.model_of(self.name)

    @property
    def measured(self) -> tuple[Metric, ...]:
        """The metrics."""
        return self.compared.measured
