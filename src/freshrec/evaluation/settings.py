"""All that decides the outcome of a comparison, given its stream."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Self

import torch
from pydantic import Field, ModelWrapValidatorHandler, ValidationInfo, field_validator, model_validator

from freshrec.data import Stream
from freshrec.errors import ConfigError
from freshrec.evaluation.lineup import Lineup
from freshrec.evaluation.loop import AnyUpdater
from freshrec.evaluation.pretrain import Pretraining
from freshrec.evaluation.results import COLUMNS
from freshrec.evaluation.splits import Splits
from freshrec.metrics import METRICS, Metric, find_metrics
from freshrec.models import ModelClass, find_model
from freshrec.settings import Fault, Settings, nearest, refusal, salvage, told
from freshrec.updaters import IU, TRIVIAL, Facts, find_method, is_method

__all__ = ["CompareSettings"]

BASELINE = "iu"
"""The method that improvements are over unless settings say otherwise."""


class CompareSettings(Settings):
    """What is compared, and how models are trained.

    Validated with `Facts` as pydantic's context, what does not fit a stream of which these are known is refused too.

    Raises:
        SettingsError: settings cannot be used; all of them are told, those of single methods as well.
    """

    methods: tuple[str, ...] = Field(("iu", "rsg"), min_length=1, description="names of the methods")
    metrics: tuple[str, ...] = Field(
        tuple(METRICS),
        min_length=1,
        description="what is measured, by name or package.module:Name; the first ranks, the first two are shown",
    )
    baselines: bool = Field(True, description="compare with the trivial baselines as well: constant and item-odds")
    baseline: str | None = Field(
        None, description="the method that improvements are over; by default iu, where it is among the methods"
    )
    scores: bool = Field(False, description="write the logits of every scored sample, a Parquet file a run and period")
    replicates: int = Field(
        400, ge=0, le=10_000, description="half-samples of users that intervals are made of; 0 leaves users out of them"
    )
    runs: int = Field(1, ge=1, description="seeded runs; means and deviations are over them")
    seed: int = Field(0, ge=0, description="root of all randomness")
    dim: int = Field(8, ge=1, description="embedding dimension D of the base model")
    device: Literal["cpu", "cuda"] = Field("cpu", description="where models are trained and scored")
    pretrain: int | None = Field(None, ge=0, description="pre-training periods; by default 10 of 31, or in proportion")
    base: IU = Field(IU(), description="how the incremental model is trained, and the default of every method")
    pretraining: Pretraining = Field(
        Pretraining(),
        validate_default=True,
        description="how the first model is trained; by default on the base's loss",
    )
    overrides: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict,
        description="settings of single methods, by name; `method` among them makes a variant of that method, under a "
        "name of its own, and `model` puts the variant on another base model",
    )

    @field_validator("methods")
    @classmethod
    def _once(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(methods)) < len(methods):
            raise ValueError("a method is named twice; name each once")
        return methods

    @field_validator("metrics")
    @classmethod
    def _known(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        try:
            found = find_metrics(metrics)
        except ConfigError as error:
            raise ValueError(str(error).rstrip(".")) from error
        reserved = [metric.name for metric in found if metric.name in COLUMNS]
        if reserved:
            raise ValueError(f"results have a column {reserved[0]!r} already; give the metric another name")
        return metrics

    @field_validator("baseline")
    @classmethod
    def _among_the_methods(cls, baseline: str | None, info: ValidationInfo) -> str | None:
        known = (*info.data.get("methods", ()), *(TRIVIAL if info.data.get("baselines") else ()))
        if baseline is not None and "methods" in info.data and baseline not in known:
            raise ValueError(f"it is not among the methods. {nearest(baseline, known)}")
        return baseline

    @field_validator("device")
    @classmethod
    def _there(cls, device: str) -> str:
        if device == "cuda" and not torch.cuda.is_available():
            raise ValueError("torch finds no GPU here; install its build for CUDA where there is one, or take 'cpu'")
        return device

    @field_validator("pretraining")
    @classmethod
    def _on_the_loss_of_the_base(cls, pretraining: Pretraining, info: ValidationInfo) -> Pretraining:
        if "loss" in pretraining.model_fields_set or "base" not in info.data:
            return pretraining
        return pretraining.model_copy(update={"loss": info.data["base"].loss})

    @model_validator(mode="wrap")
    @classmethod
    def _all_faults(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        settings, faults = salvage(handler, data)
        if settings is not None:
            faults += settings.lineup().faults
            if isinstance(info.context, Facts):
                # What was refused was left out here, and a default that stands for it is no fault of the user's.
                refused = {fault.path: fault.given for fault in faults}
                misfits = settings.misfits(info.context)
                faults += [each for each in misfits if refused.get(each.path, each.given) == each.given]
        if settings is None or faults:
            raise refusal(cls.__name__, faults)
        return settings

    @property
    def measured(self) -> tuple[Metric, ...]:
        """The metrics, the one that ranks methods first."""
        return find_metrics(self.metrics)

    @property
    def compared_to(self) -> str | None:
        """The method that improvements are over; None where there is none."""
        return self.baseline or (BASELINE if BASELINE in self.methods else None)

    @property
    def compared(self) -> tuple[str, ...]:
        """Names of the methods, and after them the trivial baselines that are not among these."""
        added = TRIVIAL if self.baselines else ()
        return (*self.methods, *(name for name in added if name not in self.methods))

    @property
    def trivial(self) -> frozenset[str]:
        """Which of the compared methods are trivial baselines, variants of them included."""
        known = [name for name in self.compared if is_method(self.method_of(name))]
        return frozenset(name for name in known if find_method(self.method_of(name)).trivial)

    def method_of(self, name: str) -> str:
        """The method behind a name: its own, or the one that it is a variant of."""
        return str(self.overrides.get(name, {}).get("method", name))

    def model_of(self, name: str) -> ModelClass:
        """The base model behind a name: the variant's own, or that of its method."""
        model = self.overrides.get(name, {}).get("model")
        return find_method(self.method_of(name)).model if model is None else find_model(str(model))

    @property
    def trained_to_rank(self) -> frozenset[str]:
        """The methods whose models are trained by BPR: their logits rank and are no log odds."""
        return frozenset(
            name
            for name, updater in self.updaters().items()
            if "bpr" in (getattr(updater, "loss", None), getattr(getattr(updater, "base", None), "loss", None))
        )

    @property
    def extending(self) -> frozenset[str]:
        """The methods that change their base model, as `extended_model` says."""
        return frozenset(name for name, updater in self.updaters().items() if hasattr(updater, "extend"))

    def updaters(self) -> dict[str, AnyUpdater]:
        """The methods' updaters by name."""
        return dict(self.lineup().updaters)

    def misfits(self, facts: Facts) -> list[Fault]:
        """What cannot be used on a stream.

        Args:
            facts: its labels and number of periods, where they are known.
        """
        faults = []
        if facts.periods is not None:
            try:
                splits = Splits.of(facts.periods, self.pretrain)
            except ConfigError as error:
                few = self.pretrain is None or facts.periods < 3
                path, given = (("data", "periods"), facts.periods) if few else (("pretrain",), self.pretrain)
                faults.append(Fault(path, str(error).rstrip("."), given))
            else:
                facts = replace(facts, pretrain=splits.pretrain, first_test=splits.periods - splits.test)
        for setting, message in self.pretraining.misfits(facts):
            alike = getattr(self.base, setting) == getattr(self.pretraining, setting)
            given = getattr(self.pretraining, setting)
            faults.append(Fault(("base" if alike else "pretraining", setting), message, given))
        faults += self.lineup().misfits(facts)
        return list({(fault.path, fault.message): fault for fault in faults}.values())

    def splits(self, stream: Stream) -> Splits:
        """How the periods of a stream are used.

        Raises:
            ConfigError: settings cannot be used on the stream; all of them are told.
        """
        faults = self.misfits(Facts.of(stream.schema, len(stream.periods)))
        if faults:
            raise ConfigError(told(f"settings for {stream.name}", faults))
        return Splits.of(len(stream.periods), self.pretrain)

    def lineup(self) -> Lineup:
        """The methods' updaters, and what is wrong with those that cannot be made."""
        return Lineup.of(self.compared, self.base, self.overrides)
