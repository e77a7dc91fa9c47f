"""The turnover of synthetic-news over several seeds, and what its truth, its popularity and yesterday's counts score.

    python benchmarks/news.py --seeds 4

AUC under causal negatives on the last ten periods of seed 0; "there" leaves out samples of items that were taken down.
"""

import argparse

import numpy as np
from sklearn.metrics import roc_auc_score

from freshrec.data import DATASETS, DRIFTS, Samples, Stream, World, synthetic_log

NEWS = DRIFTS["synthetic-news"]
SETTINGS = DATASETS["synthetic-news"].settings
DAY = 86_400


def turnover(stream: Stream) -> np.ndarray:
    """Of each period from the fourth: the share new in it, in the last three, and the overlap of the top 100."""
    names = ("new_item_share", "recent_item_share", "top_item_overlap")
    return np.array([[period["turnover"][name] for name in names] for period in stream.manifest["periods"][3:]])


def popularity(world: World, item: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The popularity of items at times in microseconds."""
    part = (time // 1_000_000 - 1_577_836_800) * world.drift.parts // DAY
    scores = np.zeros(len(item))
    for each in np.unique(part):
        rows = part == each
        period, within = divmod(int(each), world.drift.parts)
        scores[rows] = world.popularity(period + 1, within + 1)[item[rows]]
    return scores


def log_odds(before: Samples, items: int) -> np.ndarray:
    """The log odds of each item in a period, with one positive and one negative more."""
    positives = np.bincount(before.item[before.label == 1], minlength=items)
    negatives = np.bincount(before.item[before.label == 0], minlength=items)
    return np.log(positives + 1) - np.log(negatives + 1)


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    streams = [
        Stream.from_frame(synthetic_log(NEWS.model_copy(update={"seed": seed})), SETTINGS)
        for seed in range(parser.parse_args().seeds)
    ]
    found = np.concatenate([turnover(stream) for stream in streams])
    for name, column in zip(("new in the period", "new in three", "top-100 overlap"), found.T, strict=True):
        print(f"{name:18} {column.min():.2f} to {column.max():.2f}, mean {column.mean():.2f}")
    stream, world, areas = streams[0], World(NEWS), []
    user, item = (np.array(stream.vocabulary.values[name]).astype(int) for name in ("user", "item"))
    for before, period in zip(stream.periods[20:], stream.periods[21:], strict=False):
        samples = period.samples()
        popular = popularity(world, item[samples.item], samples.timestamp)
        truth = world.chance(user[samples.user], item[samples.item], samples.timestamp)
        odds = log_odds(before.samples(), len(item))[samples.item]
        there = popular > 0
        areas.append(
            [roc_auc_score(samples.label, scores) for scores in (truth, popular, odds)]
            + [roc_auc_score(samples.label[there], scores[there]) for scores in (truth, popular)]
        )
    names = ("truth", "popularity", "log odds of the item", "truth, there", "popularity, there")
    for name, area in zip(names, np.mean(areas, axis=0), strict=True):
        print(f"{name:20} AUC {area:.3f}")


if __name__ == "__main__":
    main()
