"""What of a stream decides whether a setting can be validated on it."""

from freshrec.data import Labels
from freshrec.evaluation import AnyUpdater, Splits
from freshrec.updaters import Facts, misfits_of

__all__ = ["misfit", "validated"]


def validated(labels: Labels | None, splits: Splits) -> Facts:
    """What is known of a stream, with the validation models in the place of the tested ones."""
    return Facts(labels, splits.periods, splits.pretrain, splits.periods - splits.test - splits.validation)


def misfit(updater: AnyUpdater, facts: Facts) -> str | None:
    """Why an updater cannot be used on a stream; None where it can."""
    return next((message for _, message in misfits_of(updater, facts)), None)
