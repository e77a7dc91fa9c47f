"""What of a stream decides whether a setting can be validated on it."""

from dataclasses import replace

from freshrec.evaluation import AnyUpdater, Splits
from freshrec.updaters import Facts, misfits_of

__all__ = ["misfit", "validated"]


def validated(facts: Facts, splits: Splits) -> Facts:
    """What is known of a stream, with the validation models in the place of the tested ones."""
    first = splits.periods - splits.test - splits.validation
    return replace(facts, periods=splits.periods, pretrain=splits.pretrain, first_test=first)


def misfit(updater: AnyUpdater, facts: Facts) -> str | None:
    """Why an updater cannot be used on a stream; None where it can."""
    return next((message for _, message in misfits_of(updater, facts)), None)
