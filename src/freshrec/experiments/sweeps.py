"""The settings of ASMG-GRUmulti that Figures 4 and 6 vary, one at a time (sections 4.4.1 and 4.4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SWEEPS", "Sweep"]


@dataclass(frozen=True)
class Sweep:
    """One setting with several values, another one fixed.

    Attributes:
        panel: its letter in the figures.
        setting: the name that `ASMG` has for it.
        title: what the paper calls it.
        unit: what its values count.
        variants: value to the name of the variant that has it.
        settings: name of a variant to its settings.
    """

    panel: str
    setting: str
    title: str
    unit: str
    variants: Mapping[int, str]
    settings: Mapping[str, Mapping[str, int]]

    @classmethod
    def over(cls, panel: str, setting: str, title: str, unit: str, values: tuple[int, ...], **fixed: int) -> "Sweep":
        """The sweep over some values; variants of the same settings have the same name in every sweep."""
        settings = [{**fixed, setting: value} for value in values]
        names = [f"asmg-k{each['window']}-h{each['hidden']}" for each in settings]
        return cls(
            panel=panel,
            setting=setting,
            title=title,
            unit=unit,
            variants=dict(zip(values, names, strict=True)),
            settings=dict(zip(names, settings, strict=True)),
        )


SWEEPS = (
    Sweep.over("a", "window", "Sequence length", "snapshots", (1, 2, 3, 4, 5, 6), hidden=4),
    Sweep.over("b", "hidden", "Hidden size", "units", (4, 8, 12, 16), window=3),
)
