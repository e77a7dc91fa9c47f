"""Which settings are tried for a method, and in which order; decided before the first of them is."""

from freshrec.seeds import numpy_rng
from freshrec.tuning.facts import misfit
from freshrec.tuning.grids import Chosen, combinations
from freshrec.tuning.settings import TuneSettings
from freshrec.updaters import IU, Facts

__all__ = ["planned", "untuned"]


def untuned(settings: TuneSettings, name: str, base: IU) -> Chosen:
    """What a method has, without tuning, for each setting that is tuned; one with a single value to try has that."""
    updater = settings.updater(name, base, {})
    return {
        setting: values[0] if len(values) == 1 else getattr(updater, setting)
        for setting, values in settings.grid(name).items()
    }


def planned(settings: TuneSettings, name: str, base: IU, facts: Facts) -> tuple[Chosen, ...]:
    """The trials of a method, in the order that decides between equals.

    The first is the method without tuning, whether that is in its grid or not, so that no choice is worse than it where
    it was made. The rest of the grid follows, in order; with a budget, a seeded choice of it without replacement, of
    which a larger budget has more. What does not fit the stream is left out.

    Args:
        settings: what is tuned.
        name: the method's.
        base: how the incremental model is trained.
        facts: of the stream that it is validated on.
    """
    first = untuned(settings, name, base)
    rest = [chosen for chosen in combinations(settings.grid(name)) if chosen != first]
    head, tail = (
        [chosen for chosen in part if misfit(settings.updater(name, base, chosen), facts) is None]
        for part in ([first], rest)
    )
    if settings.budget is not None:
        order = numpy_rng(settings.seed, "tune", "trials", name).permutation(len(tail))
        tail = [tail[place] for place in order[: settings.budget - len(head)]]
    return (*head, *tail)
