"""What became of the rows of a log: every row is accounted for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import polars as pl

__all__ = ["Accounts"]


@dataclass(frozen=True)
class Accounts:
    """The rows of one step.

    Attributes:
        rows: how many rows came `in`, those that had waited included, and of them were `used`, `duplicates`, `late`,
            `filtered`, `quarantined`, or are `waiting`; `in` is the sum of the others.
        waited: how many of `in` had waited since the step before.
        quarantined: reason to the number of rows set aside for it.
        inferred: how the log was read.
    """

    rows: Mapping[str, int]
    waited: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    inferred: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, *, size: int, waited: int, quarantine: pl.DataFrame, inferred: Mapping[str, Any], **became: int
    ) -> Self:
        """The accounts of a step.

        Args:
            size: how many rows the log has.
            waited: how many rows had waited.
            quarantine: the malformed rows; without columns where there was no log.
            inferred: how the log was read.
            became: the other counts of `rows`.
        """
        reasons = quarantine["reason"].value_counts().sort("reason") if quarantine.width else pl.DataFrame()
        rows = {"in": size + waited, **became, "quarantined": quarantine.height}
        return cls(rows, waited, dict(reasons.iter_rows()), inferred)

    @classmethod
    def joined(cls, parts: "Sequence[Accounts]") -> "Accounts":
        """The accounts of consecutive chunks of one log as those of one step."""
        rows = {name: sum(part.rows[name] for part in parts) for name in parts[0].rows}
        rows["in"] -= sum(part.waited for part in parts[1:])
        rows["waiting"] = parts[-1].rows["waiting"]
        times = [part.inferred.get("time", {}) for part in parts]
        inferred = dict(parts[0].inferred)
        if times[0]:
            inferred["time"] = {**times[0], "last": times[-1].get("last")}
        return cls(rows, parts[0].waited, parts[0].quarantined, inferred)

    def entry(self) -> dict[str, Any]:
        """The accounts as a part of the manifest."""
        return {
            "rows": dict(self.rows),
            "waited": self.waited,
            "quarantined": dict(self.quarantined),
            "inferred": dict(self.inferred),
        }

    @classmethod
    def total(cls, steps: Iterable[Mapping[str, Any]]) -> "Accounts":
        """The accounts of all steps together, given their entries in order; `inferred` is that of the first."""
        listed = list(steps)
        rows = {name: sum(step["rows"][name] for step in listed) for name in listed[0]["rows"]}
        rows["in"] -= sum(step["waited"] for step in listed)
        rows["waiting"] = listed[-1]["rows"]["waiting"]
        quarantined: dict[str, int] = {}
        for step in listed:
            for reason, count in step["quarantined"].items():
                quarantined[reason] = quarantined.get(reason, 0) + count
        return cls(rows, 0, dict(sorted(quarantined.items())), listed[0]["inferred"])
