"""The files that a tuning ends with."""

import csv
import tomllib
from pathlib import Path

from freshrec.evaluation import Splits
from freshrec.metrics import METRICS
from freshrec.tuning import Choice
from freshrec.tuning.trial import Outcome
from freshrec.tuning.written import write_trials, write_tuned

AUC, LOGLOSS = METRICS["auc"], METRICS["logloss"]


def outcome(auc: float | None, logloss: float) -> Outcome:
    return Outcome({"auc": auc, "logloss": logloss})


def test_the_file_says_what_chose_its_settings(tmp_path: Path) -> None:
    choices = (
        Choice("iu", {"epochs": 5}, outcome(0.71, 0.5), outcome(0.7, 0.6), 12, 0),
        Choice("sml", {"epochs": 1}, outcome(None, 0.5), None, 1, 0),
        Choice("spmf", {"epochs": 1}, outcome(0.7, 0.5), Outcome(diverged="it did"), 5, 2),
    )
    path = tmp_path / "tuned.toml"
    write_tuned(
        path, 'a "shop"\nof mine', Splits.of(31), (LOGLOSS, AUC), choices, {"methods": ("iu",), "base": {"epochs": 5}}
    )
    text = path.read_text()
    assert text.splitlines()[:9] == [
        '# Chosen by `freshrec tune` on "a \\"shop\\"\\nof mine": by mean log loss on 3 of 31 periods (22, 23, 24),',
        "# each scored with the model of the period before it. No later period was read.",
        "# For the test periods: freshrec compare DATASET --config FILE --out DIR",
        "#",
        "# iu: log loss 0.50000, AUC 0.71000; untuned log loss 0.60000, AUC 0.70000; 12 trials",
        "# sml: log loss 0.50000, AUC undefined; 1 trial",
        "# spmf: log loss 0.50000, AUC 0.70000; untuned diverged; 5 trials, 2 diverged",
        "",
        'methods = ["iu"]',
    ]
    assert tomllib.loads(text) == {"methods": ["iu"], "base": {"epochs": 5}}


def test_the_period_of_a_short_stream(tmp_path: Path) -> None:
    write_tuned(tmp_path / "tuned.toml", "shop", Splits.of(13), (AUC,), (), {})
    assert '"shop": by mean AUC on 1 of 13 periods (10),' in (tmp_path / "tuned.toml").read_text()


def test_a_line_for_every_finished_trial(tmp_path: Path) -> None:
    plan = ({"filters": (2, 5)}, {"filters": (5, 5)}, {"filters": (8, 5)})
    outcomes = {2: Outcome({"auc": 0.75, "logloss": 0.1 + 0.2}, 4.0), 0: Outcome(diverged="the loss became nan, alas")}
    write_trials(tmp_path / "trials.csv", (AUC, LOGLOSS), {"sml": (plan, outcomes), "iu": (({},), {})})
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["method", "number", "settings", "auc", "logloss", "seconds", "state", "reason"],
        ["sml", "0", '{"filters": [2, 5]}', "", "", "0.0", "diverged", "the loss became nan, alas"],
        ["sml", "2", '{"filters": [8, 5]}', "0.75", "0.30000000000000004", "4.0", "complete", ""],
    ]
