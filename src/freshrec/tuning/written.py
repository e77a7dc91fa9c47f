"""The files that a tuning ends with: the chosen settings for `compare`, and all trials."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshrec.evaluation import Metric, Splits, csv_bytes
from freshrec.files import write_bytes
from freshrec.tuning.choice import Choice
from freshrec.tuning.grids import Chosen, plain
from freshrec.tuning.toml import quoted, to_toml
from freshrec.tuning.trial import Outcome

__all__ = ["write_trials", "write_tuned"]


@dataclass(frozen=True)
class TrialRow:
    """A line of trials.csv."""

    method: str
    number: int
    settings: str
    auc: float | None
    logloss: float | None
    seconds: float
    state: str
    reason: str | None


def write_tuned(
    path: Path, dataset: str, splits: Splits, metric: Metric, choices: Iterable[Choice], content: Mapping[str, Any]
) -> None:
    """Write the chosen settings as TOML, with what chose them in its first lines.

    Args:
        path: of the file.
        dataset: the stream's name.
        splits: how its periods are used.
        metric: what the choice was made by.
        choices: one a method.
        content: the settings.

    Raises:
        OutputError: the file cannot be written.
    """
    last = splits.periods - splits.test
    scored = ", ".join(map(str, range(last - splits.validation + 1, last + 1)))
    measure = "AUC" if metric == "auc" else "log loss"
    lines = (
        f"Chosen by `freshrec tune` on {quoted(dataset)}: by mean {measure} on {splits.validation} of {splits.periods} "
        f"periods ({scored}),",
        "each scored with the model of the period before it. No later period was read.",
        "For the test periods: freshrec compare DATASET --config FILE --out DIR",
        "",
        *map(_said, choices),
    )
    comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    write_bytes(path, f"{comment}\n{to_toml(content)}".encode())


def write_trials(path: Path, methods: Mapping[str, tuple[Sequence[Chosen], Mapping[int, Outcome]]]) -> None:
    """Write trials.csv: one line a finished trial, by method and number; without a score, the reason.

    Args:
        path: of the file.
        methods: by name, what is tried and what came of it so far.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = [
        TrialRow(
            method=name,
            number=number,
            settings=json.dumps(plain(plan[number])),
            auc=outcome.auc,
            logloss=outcome.logloss,
            seconds=outcome.seconds,
            state="complete" if outcome.diverged is None else "diverged",
            reason=outcome.diverged,
        )
        for name, (plan, outcomes) in methods.items()
        for number, outcome in sorted(outcomes.items())
    ]
    write_bytes(path, csv_bytes(TrialRow, rows))


def _said(choice: Choice) -> str:
    trials = f"{choice.trials} trial{'s' if choice.trials > 1 else ''}"
    diverged = f", {choice.diverged} diverged" if choice.diverged else ""
    untuned = f"; untuned {_score(choice.untuned)}" if choice.untuned else ""
    return f"{choice.method}: {_score(choice.outcome)}{untuned}; {trials}{diverged}"


def _score(outcome: Outcome) -> str:
    if outcome.logloss is None:
        return "diverged"
    area = "AUC undefined" if outcome.auc is None else f"AUC {outcome.auc:.5f}"
    return f"{area}, log loss {outcome.logloss:.5f}"
