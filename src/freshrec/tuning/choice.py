"""What is chosen for a method: the best of its trials, and the comparison that it makes with the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from freshrec.errors import DivergedError
from freshrec.evaluation import Splits
from freshrec.metrics import Metric
from freshrec.tuning.grids import Chosen
from freshrec.tuning.settings import BASE, TuneSettings
from freshrec.tuning.trial import Outcome
from freshrec.updaters import IU

__all__ = ["Choice", "choose", "comparison"]


@dataclass(frozen=True)
class Choice:
    """The best trial of a method.

    Attributes:
        method: its name in the comparison.
        settings: what was chosen for each setting that was tuned.
        outcome: how the chosen settings did on the validation periods.
        untuned: how the method did there as it is without tuning; None where it does not fit the stream.
        trials: how many were compared.
        diverged: how many of them gave no score.
    """

    method: str
    settings: Chosen
    outcome: Outcome
    untuned: Outcome | None
    trials: int
    diverged: int


def choose(
    method: str, plan: Sequence[Chosen], untuned: Chosen, outcomes: Mapping[int, Outcome], metrics: Sequence[Metric]
) -> Choice:
    """The best of a method's trials; of equals the first.

    Args:
        method: its name.
        plan: what was tried.
        untuned: the method without tuning, which the plan begins with where it fits the stream.
        outcomes: what came of each trial.
        metrics: what is best; the next one decides where one is undefined.

    Raises:
        DivergedError: none of them has a score.
    """
    values = {number: outcomes[number].value(metrics) for number in range(len(plan))}
    scored = {number: value for number, value in values.items() if value is not None}
    if not scored:
        raise DivergedError(
            f"each of the {len(plan)} trials of {method} diverged, so none can be chosen. The first: "
            f"{outcomes[0].diverged} Give it smaller learning rates to try."
        )
    best = max(scored, key=lambda number: (scored[number], -number))
    before = outcomes[0] if plan[0] == untuned else None
    return Choice(method, plan[best], outcomes[best], before, len(plan), len(plan) - len(scored))


def comparison(settings: TuneSettings, splits: Splits, base: IU, choices: Iterable[Choice]) -> dict[str, Any]:
    """The comparison that was tuned, as `CompareSettings` takes it; of a method's choice, what differs without it.

    Args:
        settings: what was tuned.
        splits: how the periods are used.
        base: the incremental model that was chosen.
        choices: one a method.
    """
    overrides = {}
    for choice in choices:
        if choice.method == BASE:
            continue
        untuned = settings.updater(choice.method, base, {})
        changed = {name: value for name, value in choice.settings.items() if getattr(untuned, name) != value}
        overrides[choice.method] = {**settings.overrides.get(choice.method, {}), **changed}
    changed = {name: changed for name, changed in overrides.items() if changed}
    return {
        "methods": settings.methods,
        "metrics": settings.metrics,
        "dim": settings.dim,
        "pretrain": splits.pretrain,
        "base": base.model_dump(),
        "pretraining": settings.pretraining.model_dump(),
        **({"overrides": changed} if changed else {}),
    }
