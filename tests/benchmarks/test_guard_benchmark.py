"""The benchmark of guards measures what a comparison would score, and replays rules as they are written."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from freshrec.evaluation import Splits, prequential
from freshrec.hashing import hash_columns
from freshrec.models import MatrixFactorisation
from freshrec.seeds import derive, numpy_rng
from freshrec.updaters import IU, RSG
from guard import ALWAYS, LABELLED, NEVER, SIZES, Cut, Evidence, Rule, cut_stream, cuts, measure, replay

CUT = Cut("synthetic-still", "causal", 200, 12, "matrix-factorisation", 3)


def log_of(users: int, rows: int) -> pl.DataFrame:
    """A log in the form of the synthetic data sets; users of odd number have three times as many rows as the others."""
    rng = numpy_rng(1, "log")
    weights = 1 + 2 * (np.arange(users) % 2)
    user, item = rng.choice(users, rows, p=weights / weights.sum()), rng.integers(0, 20, rows)
    columns = {"user": user, "item": item, "timestamp": np.arange(rows) * 60 + 10**9, "category": item % 3}
    return pl.DataFrame({name: [f"{name[0]}{value}" for value in of] for name, of in columns.items()}).with_columns(
        pl.Series("timestamp", columns["timestamp"])
    )


def test_a_cut_leaves_whole_users_out_until_periods_are_of_its_size() -> None:
    log = log_of(users=60, rows=6000)
    stream = cut_stream(CUT, log)
    kept = {user for period in stream.periods for user in period.samples().user.tolist()}
    rows = log.group_by("user").len()["len"].sort()
    assert len(stream.periods) == 12
    positives = sum(period.samples().label.sum() for period in stream.periods)
    # As many rows as 12 periods of 200 samples have positives, and up to one more user's.
    assert 1200 <= positives <= 1200 + rows[-1]
    assert cut_stream(Cut(**{**vars(CUT), "seed": 4}), log).hash != stream.hash
    users = log["user"].unique().sort()
    first = np.argsort(hash_columns(CUT.seed, np.arange(len(users))))[: len(kept)]
    assert positives == log["user"].is_in(users[first].to_list()).sum()


def test_it_measures_what_prequential_scores() -> None:
    log = log_of(users=60, rows=6000)
    evidence, stream = measure(CUT, log), cut_stream(CUT, log)
    splits, seed = Splits.of(12), derive(CUT.seed, "run", 0)
    model = MatrixFactorisation(stream.schema_after(splits.pretrain), dim=8, seed=derive(seed, "model"))
    plain, corrected = (
        list(prequential(updater, model, stream, splits=splits, seed=seed)) for updater in (IU(), RSG(guard=False))
    )
    assert [each.split for each in evidence] == [each.split for each in plain]
    assert [each.size for each in evidence] == [each.samples for each in plain]
    assert [each.base for each in evidence] == pytest.approx([each.scores["auc"] for each in plain])
    differences = [one.scores["auc"] - two.scores["auc"] for one, two in zip(corrected, plain, strict=True)]  # type: ignore[operator]
    assert [each.difference for each in evidence] == pytest.approx(differences, abs=1e-12)
    assert evidence[0].difference == evidence[0].variance == 0
    assert evidence[-1].variance > 0


def evidence_of(gains: Sequence[float], size: int = 2000) -> list[Evidence]:
    """Evidence with standard error 0.01 each; the first period is of two equal models; the last two are tested."""
    splits = ["warmup"] * (len(gains) - 2) + ["test"] * 2
    return [
        Evidence(size, split, 0.7, gain, 1e-4 if number else 0.0)
        for number, (gain, split) in enumerate(zip(gains, splits, strict=True))
    ]


def test_a_rule_decides_on_a_period_by_those_before_it() -> None:
    gains = [0.0, 0.03, 0.05, -0.09, 0.01, 0.02]
    # z before each period: none, none, 3, then of (.03, .05) with a mean of .04 over .01 / sqrt(2), ...
    assert Rule("", 3, 2).served(evidence_of(gains)) == [0.0, 0.0, 0.05, -0.09, 0.0, 0.0]
    assert Rule("", 3.1, 2).served(evidence_of(gains))[2:4] == [0.0, -0.09]
    assert ALWAYS.served(evidence_of(gains)) == gains
    assert NEVER.served(evidence_of(gains)) == [0.0] * 6


def test_the_table_has_means_by_split_of_small_and_large_periods() -> None:
    small, large = Cut(**{**vars(CUT), "size": 2000}), Cut(**{**vars(CUT), "size": 16_000})
    table = replay(
        [
            (small, evidence_of([0.0, 0.0, -0.004, 0.03, 0.05])),
            (large, evidence_of([0.0, -0.05, -0.05, 0.01, 0.01], 16_000)),
        ]
    )
    rows = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in table.splitlines()[2:]}
    # Large periods are served until one has lost 0.05, in every row: a mean of -0.05 / 3 over three warm-up periods.
    assert rows["always"] == ["2 of 4", "-0.0167", "+0.0400", "+0.0000"]
    assert rows["never"] == ["1 of 4", "-0.0167", "+0.0000", "+0.0000"]
    thresholds = ((2, 0), (2.5, 1), (3, 1), (4, 2))
    assert list(rows) == ["always", "never", *(f"on at {on}, off below {off}" for on, off in thresholds)]


def test_every_log_is_cut_to_every_size_that_leaves_it_enough_periods() -> None:
    found = list(cuts(LABELLED, [0, 1]))
    assert len(set(found)) == len(found)
    assert {cut.size for cut in found if cut.dataset == "online-retail-ii"} == set(SIZES)
    assert all((cut.negatives is None) == LABELLED[cut.dataset] and cut.periods >= 12 for cut in found)
    assert {cut.negatives for cut in found} == {None, "causal", "paper"}
