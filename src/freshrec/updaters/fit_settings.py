"""Settings of one stage of training, and the one function that trains by them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, ClassVar, overload

from pydantic import Field, ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from torch import Tensor, nn

from freshrec.data import Batch, Samples
from freshrec.params import Params
from freshrec.settings import Settings
from freshrec.training import (
    OBJECTIVES,
    BatchSize,
    ByRow,
    Fitted,
    Loss,
    Objective,
    Optimizer,
    Parallel,
    Run,
    Shuffled,
    Training,
    automatic_batch_size,
    fit,
    optimizers_of,
)
from freshrec.updaters.facts import Facts

__all__ = ["FitSettings", "ModelFitSettings"]


class FitSettings(Settings):
    """How parameters are fitted to samples by gradient steps."""

    needs_steps: ClassVar[bool] = True
    """Whether a training of few steps leaves something that serves badly; then it is reported."""

    loss: Loss = Field("log", description="log, or bpr: pairwise, of positives and the negatives drawn for them")
    learning_rate: float = Field(1e-2, gt=0, description="learning rate of Adam")
    epochs: int = Field(1, ge=1, description="passes over the data of each update")
    batch_size: BatchSize = Field(
        "auto", description="samples a step at most, or auto: the largest of 1,024, 512, ... 32 with 64 steps"
    )
    mixed: bool = Field(False, description="the model's products in bfloat16 while it is fitted, by torch's autocast")

    @field_validator("batch_size", mode="wrap")
    @classmethod
    def _holds_a_unit(cls, given: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> BatchSize:
        try:
            size: BatchSize = handler(given)
        except ValidationError:
            raise ValueError("give a number of samples, 1 or more, or 'auto'") from None
        width = OBJECTIVES[info.data.get("loss", "log")].width
        if size != "auto" and size < width:
            raise ValueError(f"a pair is {width} samples; with loss = 'bpr' give at least {width}")
        return size

    def _size_for(self, sets: Sequence[Samples], epochs: int) -> int:
        """Samples a step at most, for training on sets side by side: the largest decides."""
        if self.batch_size != "auto":
            return self.batch_size
        units = max(len(self.objective.units(samples)) for samples in sets)
        return automatic_batch_size(units, self.objective.width, epochs)

    @property
    def objective(self) -> Objective:
        """The loss in the chosen precision, with the units that it is a mean over."""
        return OBJECTIVES[self.loss].mixed() if self.mixed else OBJECTIVES[self.loss]

    def optimizers(self, model: nn.Module) -> Mapping[str, ByRow]:
        """The optimizer of each parameter that is fitted row by row, by name; the rest has dense Adam."""
        return {}

    @overload
    def train(
        self,
        start: Fitted,
        samples: Samples,
        run: Run,
        *,
        seed: int,
        stage: str,
        loss: Callable[[Params, Batch], Tensor] | None = None,
        epochs: int | None = None,
        block: int = 1,
    ) -> Fitted: ...

    @overload
    def train(
        self,
        start: Fitted,
        samples: tuple[Samples, ...],
        run: Run,
        *,
        seed: int,
        stage: str,
        loss: Callable[[Params, tuple[Batch, ...]], Tensor],
        epochs: int | None = None,
    ) -> Fitted: ...

    def train(
        self,
        start: Fitted,
        samples: Samples | tuple[Samples, ...],
        run: Run,
        *,
        seed: int,
        stage: str,
        loss: Callable[[Params, Any], Tensor] | None = None,
        epochs: int | None = None,
        block: int = 1,
    ) -> Fitted:
        """Fit parameters to samples with these settings.

        Args:
            start: parameters and moments before the first step; left unchanged.
            samples: one set, or several of which every step takes a batch each.
            run: the model, and where progress is reported.
            seed: decides the order of the samples and what the model draws, such as dropout.
            stage: name of this stage in the progress.
            loss: from parameters and a batch to a scalar; by default the loss of these settings on `run.model`.
            epochs: passes over the samples, instead of the setting.
            block: how many consecutive units of one set of samples stay together, as `Shuffled` says.

        Raises:
            DivergedError: a loss or parameter became NaN or infinite.
        """
        epochs = epochs or self.epochs
        feed: Shuffled | Parallel
        sets = (samples,) if isinstance(samples, Samples) else samples
        if isinstance(samples, Samples):
            feed = Shuffled(samples, self._size_for((samples,), epochs), epochs, seed, self.objective, block)
        else:
            feed = Parallel(samples, self._size_for(samples, epochs), epochs, seed, self.objective)
        lineage = max((each.lineage for each in sets), key=len)
        (fitted,) = self._fit_in_parts(start, feed, lineage, run, 1, seed, stage, loss)
        return fitted

    def trajectory(
        self, start: Fitted, samples: Samples, run: Run, *, parts: int, seed: int, stage: str
    ) -> Iterator[Fitted]:
        """Fit parameters to samples as `train` does, and yield them after each of several equal parts of the steps.

        The last ones are what `train` returns, bit for bit, unless the model draws while it is fitted (dropout), where
        each part has draws of its own, or tables defer steps, which catch up after each part, up to rounding.

        Args:
            start: parameters and moments before the first step; left unchanged.
            samples: what they are fitted to.
            run: the model, and where progress is reported.
            parts: how many; with fewer steps than parts, some take no step.
            seed: decides the order of the samples and what the model draws.
            stage: name of this stage in the progress.

        Raises:
            DivergedError: a loss or parameter became NaN or infinite.
        """
        feed = Shuffled(samples, self._size_for((samples,), self.epochs), self.epochs, seed, self.objective)
        return self._fit_in_parts(start, feed, samples.lineage, run, parts, seed, stage)

    def _fit_in_parts(
        self,
        fitted: Fitted,
        feed: Shuffled | Parallel,
        lineage: tuple[str, ...],
        run: Run,
        parts: int,
        seed: int,
        stage: str,
        loss: Callable[[Params, Any], Tensor] | None = None,
    ) -> Iterator[Fitted]:
        """The parameters after each part of the steps; they are fitted nowhere else."""
        if len(feed) and self.needs_steps:
            run.shared.trainings.append(Training(stage, len(feed)))
        batches: Iterator[Any] = iter(run.watched(stage, feed))
        stream = fitted.follow(lineage)
        loss, optimizers = loss or partial(self.objective.loss, run.model), self.optimizers(run.model)
        for part in range(1, parts + 1):
            # The last part takes all that is left, so that the progress of its last step is reported.
            steps = None if part == parts else len(feed) * part // parts - len(feed) * (part - 1) // parts
            fitted = fit(fitted, islice(batches, steps), loss, self.learning_rate, seed, optimizers)
            fitted = replace(fitted, stream=stream)
            yield fitted

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """The settings that cannot be used on a stream.

        Args:
            facts: what is known of the stream; what is unknown is not checked.

        Yields:
            The setting, with dots between nested names and empty for the updater as a whole; and a message that says
            what is wrong, what is accepted and how to fix it.
        """
        if self.loss == "bpr" and facts.labels == "explicit":
            yield (
                "loss",
                "it takes pairs of a positive and a negative drawn for it, and the labels of this stream are explicit: "
                "the log says itself what was not liked. Set it to 'log', or take the positives alone",
            )


class ModelFitSettings(FitSettings):
    """How the base model is fitted; its embedding tables have an optimizer of their own."""

    optimizer: Optimizer = Field(
        "auto", description="of embedding tables: adam, deferred, lazy, rowwise, or auto: adam, or deferred if large"
    )

    def optimizers(self, model: nn.Module) -> Mapping[str, ByRow]:
        """The optimizers of the model's embedding tables; none for a table that dense Adam fits."""
        return optimizers_of(model, self.optimizer)
