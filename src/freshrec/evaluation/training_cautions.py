"""What a reader must know of how models were trained, from the diagnostics of scored periods alone."""

from collections.abc import Iterable, Mapping

from freshrec.evaluation.results import Result
from freshrec.training import FEW_STEPS

__all__ = ["training_cautions"]


def training_cautions(results: Iterable[Result]) -> Mapping[str, str]:
    """A sentence or two of each kind of trouble that results show, by the kind.

    Args:
        results: scored periods, of any methods and runs.
    """
    results = list(results)
    found = {"steps": _few_steps(results), "restarts": _restarts(results)}
    return {kind: text for kind, text in found.items() if text}


def _few_steps(results: Iterable[Result]) -> str:
    """Which updates trained in so few steps that the model hardly moved, or served noise."""
    fewest: dict[str, tuple[int, int]] = {}
    for each in results:
        steps = int(each.diagnostics.get("steps", FEW_STEPS))
        if steps < fewest.get(each.method, (FEW_STEPS, 0))[0]:
            fewest[each.method] = steps, each.period
    if not fewest:
        return ""
    alike: dict[tuple[int, int], list[str]] = {}
    for method, found in fewest.items():
        alike.setdefault(found, []).append(method)
    told = [
        f"{', '.join(methods)} trained in {steps} step{'s' if steps > 1 else ''} on period {period}"
        for (steps, period), methods in alike.items()
    ]
    return (
        f"{'; '.join(told)}. With fewer than {FEW_STEPS} steps an update hardly learns: set a smaller batch size "
        "(--batch-size), more epochs (--epochs), or cut the log into fewer periods."
    )


def _restarts(results: Iterable[Result]) -> str:
    """How often the generators of each method died, and how many periods the incremental model served instead."""
    counts: dict[str, dict[int, int]] = {}
    served: dict[str, list[float]] = {}
    for each in results:
        if "generated" in each.diagnostics:
            served.setdefault(each.method, []).append(each.diagnostics["generated"])
            runs = counts.setdefault(each.method, {})
            runs[each.run] = max(int(each.diagnostics["restarts"]), runs.get(each.run, 0))
    told = []
    for method, generated in served.items():
        restarts, instead = sum(counts[method].values()), generated.count(0.0)
        if restarts:
            told.append(f"The generator of {method} died and was started again {_times(restarts)}.")
        if instead:
            told.append(
                f"The generator of {method} was not fit to serve {instead} of {len(generated)} scored periods; the "
                "newest incremental model served instead."
            )
    return " ".join(told)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
