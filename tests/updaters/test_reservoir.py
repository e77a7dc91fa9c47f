"""The reservoir's law, and that histories survive in it."""

from collections import Counter

import numpy as np
import torch

from freshrec.seeds import numpy_rng
from freshrec.store import pack, unpack
from freshrec.testing import state_bytes, tiny_stream
from freshrec.updaters.reservoir import Reservoir, algorithm_r


def test_a_million_are_kept_alike_wherever_they_stood() -> None:
    """Offered in unequal lots, a tenth of a million survives; every hundredth of the stream has its share.

    Without replacement the counts vary less than Poisson's, by the share that is not kept, so chi-square is divided by
    it. With 99 degrees of freedom it is above 148.2 once in a thousand.
    """
    capacity, total, parts = 100_000, 1_000_000, 100
    rng, kept, seen = numpy_rng(0, "law"), np.zeros(0, np.int64), 0
    for lot in (30_000, 200_000, 1, 450_000, 69_999, 250_000):
        kept = np.concatenate([kept, seen + np.arange(lot)])[algorithm_r(capacity, seen, lot, rng)]
        seen += lot
    assert seen == total
    assert len(np.unique(kept)) == capacity
    counts = np.bincount(kept // (total // parts), minlength=parts)
    expected = capacity / parts
    assert ((counts - expected) ** 2 / expected).sum() / (1 - capacity / total) < 148.2


def test_every_choice_is_as_likely_as_any_other() -> None:
    """All 10 pairs out of 5, offered as 3 and 2; chi-square with 9 degrees of freedom is above 27.9 once in 1000."""
    rng, trials = numpy_rng(0, "pairs"), 20_000
    found: Counter[frozenset[int]] = Counter()
    for _ in range(trials):
        first = algorithm_r(2, 0, 3, rng)
        found[frozenset(np.concatenate([first, [3, 4]])[algorithm_r(2, 3, 2, rng)].tolist())] += 1
    assert len(found) == 10
    expected = trials / 10
    assert sum((count - expected) ** 2 / expected for count in found.values()) < 27.9


def test_it_is_algorithm_r_one_at_a_time() -> None:
    """The same draws, placed by a plain loop."""
    for capacity, seen, offered in [(4, 0, 3), (4, 3, 10), (4, 50, 30), (1, 0, 7), (5, 5, 0)]:
        draws = numpy_rng(7, capacity, seen).integers(0, seen + np.arange(offered) + 1)
        slots = list(range(min(capacity, seen)))
        held = len(slots)
        for index, draw in enumerate(draws):
            if len(slots) < capacity:
                slots.append(held + index)
            elif draw < capacity:
                slots[draw] = held + index
        assert algorithm_r(capacity, seen, offered, numpy_rng(7, capacity, seen)).tolist() == slots


def test_what_it_holds_are_whole_samples_of_the_periods() -> None:
    """After all periods and a trip through the store, each row and its history is one of the stream's, held once."""
    stream = tiny_stream()
    reservoir, known = Reservoir.empty(25, stream.periods[0].samples()), set()
    for period in stream.periods:
        samples = period.samples()
        rows = np.flatnonzero(samples.label == 1)
        reservoir = reservoir.offered(samples, rows, numpy_rng(0, period.number))
        for row in rows:
            history = samples.positives[samples.start[row] : samples.end[row]]
            known.add((samples.user[row], samples.item[row], samples.timestamp[row], 1, *history))
    structure, tensors = pack(reservoir)
    held = unpack(Reservoir, structure, tensors).samples(stream.schema)
    found = [
        (held.user[row], held.item[row], held.timestamp[row], held.label[row], *held.positives[start:end])
        for row, (start, end) in enumerate(zip(held.start, held.end, strict=True))
    ]
    assert reservoir.seen == len(known) > len(found) == len(set(found)) == 25
    assert set(found) < known
    assert len(held.positives) == (held.end - held.start).sum()


def test_a_period_without_samples_of_its_kind_changes_nothing() -> None:
    stream = tiny_stream()
    samples = stream.periods[0].samples()
    reservoir = Reservoir.empty(5, samples).offered(samples, np.arange(12), numpy_rng(0))
    same = reservoir.offered(samples, np.zeros(0, np.int64), numpy_rng(1))
    assert state_bytes(same) == state_bytes(reservoir)
    assert all(torch.equal(same.columns[name], column) for name, column in reservoir.columns.items())


def test_an_empty_one_gives_an_empty_batch() -> None:
    stream = tiny_stream()
    samples = Reservoir.empty(3, stream.periods[0].samples()).samples(stream.schema)
    assert len(samples.batch(slice(None))) == 0
