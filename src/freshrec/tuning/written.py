"""The files that a tuning ends with: the chosen settings for `compare`, and all trials."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from freshrec.evaluation import SHOWN, Splits, csv_table
from freshrec.files import write_bytes
from freshrec.metrics import Metric
from freshrec.tuning.choice import Choice
from freshrec.tuning.grids import Chosen, plain
from freshrec.tuning.toml import quoted, to_toml
from freshrec.tuning.trial import Outcome

__all__ = ["write_trials", "write_tuned"]


def write_tuned(
    path: Path,
    dataset: str,
    splits: Splits,
    metrics: Sequence[Metric],
    choices: Iterable[Choice],
    content: Mapping[str, Any],
) -> None:
    """Write the chosen settings as TOML, with what chose them in its first lines.

    Args:
        path: of the file.
        dataset: the stream's name.
        splits: how its periods are used.
        metrics: what the choices were made by; the first one decided wherever it is defined.
        choices: one a method.
        content: the settings.

    Raises:
        OutputError: the file cannot be written.
    """
    last = splits.periods - splits.test
    scored = ", ".join(map(str, range(last - splits.validation + 1, last + 1)))
    lines = (
        f"Chosen by `freshrec tune` on {quoted(dataset)}: by mean {metrics[0].title} on {splits.validation} of "
        f"{splits.periods} periods ({scored}),",
        "each scored with the model of the period before it. No later period was read.",
        "For the test periods: freshrec compare DATASET --config FILE --out DIR",
        "",
        *(_said(choice, metrics) for choice in choices),
    )
    comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    write_bytes(path, f"{comment}\n{to_toml(content)}".encode())


def write_trials(
    path: Path, metrics: Sequence[Metric], methods: Mapping[str, tuple[Sequence[Chosen], Mapping[int, Outcome]]]
) -> None:
    """Write trials.csv: one line a finished trial, by method and number; without a score, the reason.

    Args:
        path: of the file.
        metrics: a column each.
        methods: by name, what is tried and what came of it so far.

    Raises:
        OutputError: the file cannot be written.
    """
    names = [metric.name for metric in metrics]
    rows = [
        {
            "method": name,
            "number": number,
            "settings": json.dumps(plain(plan[number])),
            **(outcome.scores or dict.fromkeys(names)),
            "seconds": outcome.seconds,
            "state": "complete" if outcome.diverged is None else "diverged",
            "reason": outcome.diverged,
        }
        for name, (plan, outcomes) in methods.items()
        for number, outcome in sorted(outcomes.items())
    ]
    write_bytes(path, csv_table(["method", "number", "settings", *names, "seconds", "state", "reason"], rows))


def _said(choice: Choice, metrics: Sequence[Metric]) -> str:
    trials = f"{choice.trials} trial{'s' if choice.trials > 1 else ''}"
    diverged = f", {choice.diverged} diverged" if choice.diverged else ""
    untuned = f"; untuned {choice.untuned.told(metrics[:SHOWN])}" if choice.untuned else ""
    return f"{choice.method}: {choice.outcome.told(metrics[:SHOWN])}{untuned}; {trials}{diverged}"
