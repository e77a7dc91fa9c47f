from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from freshrec.data import DATASETS, DRIFTS, Drift, Stream, World, synthetic_log

NEWS = DRIFTS["synthetic-news"]
DAY_ONE = 1_577_836_800


def turnover(log: pl.DataFrame) -> tuple[list[float], list[float], list[float]]:
    """By day from the fourth: share on items first seen in it, on those of the last three; overlap of the top 100."""
    log = log.with_columns(day=(pl.col("timestamp") - DAY_ONE) // 86_400)
    age = log.with_columns(age=pl.col("day") - pl.col("day").min().over("item")).sort("day")
    shares = age.group_by("day", maintain_order=True).agg(
        new=(pl.col("age") == 0).mean(), late=(pl.col("age") <= 2).mean()
    )
    tops = [
        set(part["item"].value_counts().sort("count", "item", descending=[True, False])["item"][:100])
        for part in age.partition_by("day", maintain_order=True)
    ]
    overlaps = [len(one & other) / 100 for one, other in pairwise(tops)]
    return shares["new"].to_list()[3:], shares["late"].to_list()[3:], overlaps[2:]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_turnover_is_that_of_a_news_portal_in_every_period(seed: int) -> None:
    # Few users make the truth cheap to evaluate; whose click it is does not change the turnover.
    new, late, overlap = turnover(synthetic_log(NEWS.model_copy(update={"seed": seed, "users": 300})))
    assert 0.18 <= min(new) <= max(new) <= 0.58
    assert 0.84 <= min(late) <= np.mean(late) <= 0.96
    assert np.mean(overlap) == pytest.approx(0.4, abs=0.05)


def test_the_data_set_itself_has_it_and_ten_thousand_samples_a_period() -> None:
    log = DATASETS["synthetic-news"].read()
    new, late, overlap = turnover(log)
    assert 0.18 <= min(new) <= max(new) <= 0.58
    assert 0.84 <= min(late) <= np.mean(late) <= 0.96
    assert np.mean(overlap) == pytest.approx(0.4, abs=0.05)
    stream = Stream.from_frame(log, DATASETS["synthetic-news"].settings)
    assert len(stream.periods) == 31
    assert min(period.size for period in stream.periods) > 10_000


SMALL = Drift(
    users=60,
    items=120,
    periods=6,
    interactions=24_000,
    parts=4,
    new_items=1 / 6,
    dying_items=0.2,
    popularity=1,
    half_life=0.5,
    taste_change=0.1,
    sharpness=3,
)


def test_choices_follow_the_truth_of_their_part() -> None:
    log, world = synthetic_log(SMALL), World(SMALL)
    part = (log["timestamp"] - DAY_ONE) * 4 // 86_400
    for moment in (0, 5, 23):
        rows = log.filter(part == moment)
        chances = world.preference(moment // 4 + 1, moment % 4 + 1)
        assert chances.sum(axis=1) == pytest.approx(1)
        expected = np.zeros(120)
        for user in rows["user"]:
            expected += chances[user]
        seen = np.bincount(rows["item"], minlength=120)
        assert seen[expected == 0].sum() == 0
        large = expected >= 5
        squared = ((seen - expected)[large] ** 2 / expected[large]).sum()
        assert large.sum() > 10
        assert squared == pytest.approx(large.sum(), abs=5 * (2 * large.sum()) ** 0.5)


def test_an_item_is_never_taken_before_it_appears_and_appears_evenly() -> None:
    log, world = synthetic_log(SMALL), World(SMALL)
    item = log["item"].to_numpy()
    moment = (log["timestamp"].to_numpy() - DAY_ONE) * 4 // 86_400
    appears = (world.born - 1) * 4 + world.born_part - 1
    assert (moment >= appears[item]).all()
    assert (moment < (world.gone[item] - 1) * 4).all()
    counts = np.bincount(appears)
    assert counts.sum() == 120
    assert counts[:4].tolist() == [21, 0, 0, 0]
    assert set(counts[4:].tolist()) == {4, 5}


def test_popularity_halves_and_starts_with_its_spread() -> None:
    many = SMALL.model_copy(update={"items": 60_000, "dying_items": 0.0, "popularity": 1.3})
    world = World(many)
    first, later = world.popularity(1), world.popularity(4)
    there = first > 0
    assert later[there] / first[there] == pytest.approx(0.5**6)
    appeared = world.popularity(1, 1)
    assert np.log(appeared[appeared > 0]).std() == pytest.approx(1.3, abs=0.03)
    assert np.log(appeared[appeared > 0]).mean() == pytest.approx(0, abs=0.03)


def test_without_decay_and_parts_all_items_are_equally_popular() -> None:
    world = World(Drift(users=4, items=50, periods=3, interactions=3, dying_items=0.3))
    assert set(world.popularity(3)) == {0.0, 1.0}


def test_the_auc_weighs_parts_equally_and_knows_no_item_that_appeared_later() -> None:
    world = World(SMALL.model_copy(update={"users": 3, "items": 24}))
    by_part = []
    for part in (1, 2, 3, 4):
        there = world.there(6, part)
        taken, ranked = world.preference(6, part)[:, there], world.preference(5, 4)[:, there]
        above = (ranked[:, :, None] > ranked[:, None, :]) + (ranked[:, :, None] == ranked[:, None, :]) / 2
        by_part.append((taken * above.mean(axis=2)).sum(axis=1).mean())
    assert world.auc(6, 5) == pytest.approx(np.mean(by_part))
    assert world.auc(6, 6) > world.auc(6, 5) + 0.05


def test_the_truth_beats_popularity_which_beats_yesterdays_truth() -> None:
    drift = SMALL.model_copy(update={"users": 200, "interactions": 30_000})
    stream = Stream.from_frame(synthetic_log(drift), DATASETS["synthetic-news"].settings)
    world, samples = World(drift), stream.periods[5].samples()
    user, item = (np.array(stream.vocabulary.values[name]).astype(int) for name in ("user", "item"))
    users, items, time = user[samples.user], item[samples.item], samples.timestamp
    part = (time // 1_000_000 - DAY_ONE) * 4 // 86_400 % 4 + 1
    popular = np.stack([world.popularity(6, each) for each in (1, 2, 3, 4)])[part - 1, items]
    yesterday = world.preference(5)[users, items]
    truth, popularity, late = (
        roc_auc_score(samples.label, each) for each in (world.chance(users, items, time), popular, yesterday)
    )
    assert truth > popularity + 0.02
    assert popularity > late + 0.02
