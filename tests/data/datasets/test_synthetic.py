import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from freshrec.data import DATASETS, DRIFTS, Drift, Stream, World, synthetic_log
from freshrec.errors import ConfigError

SMALL = Drift(users=40, items=30, periods=4, interactions=40_000, new_items=0.1, dying_items=0.2, taste_change=0.5)


def test_choices_follow_the_truth() -> None:
    log, world = synthetic_log(SMALL), World(SMALL)
    day = (pl.col("timestamp") - 1_577_836_800) // 86_400
    for period in range(1, 5):
        rows = log.filter(day == period - 1)
        assert rows.height == 10_000
        chances = world.preference(period)
        assert chances.sum(axis=1) == pytest.approx(1)
        # Pearson's chi squared over all cells with enough expected rows: its mean is about their number.
        counts = rows.group_by("user").len().sort("user")
        expected = pl.DataFrame(
            {
                "user": [user for user in counts["user"] for _ in range(30)],
                "item": list(range(30)) * counts.height,
                "expected": (chances[counts["user"].to_numpy()] * counts["len"].to_numpy()[:, None]).ravel(),
            }
        )
        seen = expected.join(rows.group_by("user", "item").len("seen"), on=["user", "item"], how="left").fill_null(0)
        assert seen.filter(pl.col("expected") == 0)["seen"].sum() == 0
        cells = seen.filter(pl.col("expected") >= 5)
        squared = ((cells["seen"] - cells["expected"]) ** 2 / cells["expected"]).sum()
        assert cells.height > 200
        assert squared == pytest.approx(cells.height, abs=5 * (2 * cells.height) ** 0.5)


def test_items_come_and_go_at_their_rates() -> None:
    drift = Drift(users=2, items=20_000, periods=11, interactions=11, new_items=0.03, dying_items=0.1)
    world = World(drift)
    new = [int((world.born == period).sum()) for period in range(1, 12)]
    assert new[0] == 14_000
    assert new[1:] == [600] * 10
    for period in range(1, 11):
        before = world.there(period)
        gone = (before & ~world.there(period + 1)).sum() / before.sum()
        assert gone == pytest.approx(0.1, abs=0.01)
    assert not (world.there(11) & (world.gone <= 11)).any()


def test_tastes_change_at_their_rate() -> None:
    world = World(Drift(users=20_000, periods=3, interactions=3, taste_change=0.3))
    first, second, third = (world.tastes(period) for period in (1, 2, 3))
    assert third.var() == pytest.approx(1, abs=0.01)
    assert (first * second).mean() == pytest.approx(0.7**0.5, abs=0.01)
    assert (first * third).mean() == pytest.approx(0.7, abs=0.01)


def test_knowing_an_older_truth_costs_with_drift_and_nothing_without() -> None:
    still = World(Drift(users=50, items=60, periods=8, interactions=8, new_items=0, dying_items=0, taste_change=0))
    assert still.auc(8, 8) == still.auc(8, 1) > 0.8
    moving = World(Drift(users=50, items=60, periods=8, interactions=8, taste_change=0.3))
    of_the_last = [moving.auc(8, knowing) for knowing in (8, 7, 5, 1)]
    assert of_the_last == sorted(of_the_last, reverse=True)
    assert of_the_last[0] - of_the_last[1] > 0.03


def test_the_auc_is_that_of_pairs_counted_one_by_one() -> None:
    world = World(Drift(users=3, items=7, periods=3, interactions=3, new_items=0.1, dying_items=0.3, seed=4))
    there = world.there(3)
    taken, ranked = world.preference(3)[:, there], world.preference(1)[:, there]
    assert (ranked == 0).any(), "an item that was not there in period 1 is wanted, for ties"
    total = 0.0
    for user in range(3):
        for one, chance in enumerate(taken[user]):
            for other in ranked[user]:
                total += chance * ((ranked[user][one] > other) + (ranked[user][one] == other) / 2) / there.sum()
    assert world.auc(3, 1) == pytest.approx(total / 3)


def test_without_sharpness_all_items_are_alike() -> None:
    world = World(Drift(users=4, items=5, periods=2, interactions=2, sharpness=0, new_items=0, dying_items=0))
    assert world.preference(2) == pytest.approx(0.2)
    assert world.auc(2, 1) == pytest.approx(0.5)


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    assert synthetic_log(SMALL).equals(synthetic_log(SMALL))
    assert not synthetic_log(SMALL).equals(synthetic_log(SMALL.model_copy(update={"seed": 1})))


def test_days_of_the_stream_are_periods_of_the_truth_and_the_category_is_the_items() -> None:
    log, world = synthetic_log(SMALL), World(SMALL)
    stream = Stream.from_frame(log, DATASETS["synthetic"].settings)
    days = log.unique(["user", "item", "timestamp"]).group_by(pl.col("timestamp") // 86_400).len().sort("timestamp")
    assert [period["positives"] for period in stream.manifest["periods"]] == days["len"].to_list()
    assert (log["category"].to_numpy() == world.category[log["item"].to_numpy()]).all()


def test_the_data_sets_drift_as_they_say() -> None:
    assert set(DRIFTS) == {name for name in DATASETS if name.startswith("synthetic")}
    assert DATASETS["synthetic-drift"].read().equals(synthetic_log(DRIFTS["synthetic-drift"]))
    still, strong = DRIFTS["synthetic-still"], DRIFTS["synthetic-drift"]
    rates = {"new_items", "dying_items", "taste_change"}
    assert {name for name, value in still if value != getattr(strong, name)} == rates, "all else is the same"
    assert all(getattr(still, name) == 0 for name in rates)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"noise": 2}, r"cannot use this drift: noise is 2: Input should be less than or equal to 1"),
        ({"itmes": 5}, r"itmes is 5: Extra inputs are not permitted"),
        ({"new_items": 0.05}, r"new_items is 0.05 in each of 30 periods, 1.50 of all items in all"),
        ({"interactions": 5}, r"interactions is 5 over 31 periods, but each needs one at least"),
    ],
)
def test_a_drift_that_cannot_be_is_refused(settings: dict[str, float], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        Drift.model_validate(settings)


def test_a_period_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"period is 5, expected 1 to 4"):
        World(SMALL).preference(5)
    with pytest.raises(ConfigError, match=r"part is 2, expected 1 to 1"):
        World(SMALL).preference(4, 2)


def test_the_truth_scores_a_streams_samples_best_and_the_fresher_the_better() -> None:
    drift = Drift(users=200, items=100, periods=6, interactions=30_000, taste_change=0.3, seed=1)
    stream = Stream.from_frame(synthetic_log(drift), DATASETS["synthetic"].settings)
    world, samples = World(drift), stream.periods[5].samples()
    user, item = (np.array(stream.vocabulary.values[name]).astype(int) for name in ("user", "item"))
    scores = [world.preference(known)[user[samples.user], item[samples.item]] for known in (6, 5, 3, 1)]
    assert world.chance(user[samples.user], item[samples.item], samples.timestamp) == pytest.approx(scores[0], rel=1e-9)
    areas = [roc_auc_score(samples.label, each) for each in scores]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] - areas[1] > 0.03
