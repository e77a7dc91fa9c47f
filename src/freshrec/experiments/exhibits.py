"""The tables and figures of the paper's section 4 and Appendix B by name: what each needs, and how it is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from freshrec.experiments.by_period import figure_3
from freshrec.experiments.by_setting import sensitivity
from freshrec.experiments.measured import BASELINE, Measured, Shown
from freshrec.experiments.published import PAPER_METRICS, TABLE_1, TABLE_2, TABLE_3
from freshrec.experiments.sweeps import SWEEPS
from freshrec.experiments.tables import table_1, table_2, table_3

__all__ = ["EXHIBITS", "Exhibit"]

Make: TypeAlias = Callable[[Measured, Sequence[str]], Shown]


@dataclass(frozen=True)
class Exhibit:
    """A table or a figure of the paper.

    Attributes:
        name: what it is called on the command line.
        title: its number and what it shows.
        methods: what it needs, in the paper's order.
        make: makes it from what was measured of its methods.
        timed: whether its methods are timed, not compared.
    """

    name: str
    title: str
    methods: tuple[str, ...]
    make: Make
    timed: bool = False

    def shown(self, measured: Measured) -> Shown:
        """What it shows."""
        return self.make(measured, self.methods)


OVERALL, ABLATED = (tuple(table[PAPER_METRICS[0].name]) for table in (TABLE_1, TABLE_2))
NOT_COMPARABLE = ("bu-3", "bu-5", "bu-7", "sml-mf")
"""What Figure 3 leaves out, "as they are not comparable to the rest"."""
SWEPT = (BASELINE, *dict.fromkeys(name for sweep in SWEEPS for name in sweep.settings))

EXHIBITS: Mapping[str, Exhibit] = {
    exhibit.name: exhibit
    for exhibit in (
        Exhibit("table1", "Table 1: AUC and log loss over the test periods", OVERALL, table_1),
        Exhibit("table2", "Table 2: ASMG-GRUmulti and its variants", ABLATED, table_2),
        Exhibit("table3", "Table 3: training time of the generator", tuple(TABLE_3), table_3, timed=True),
        Exhibit(
            "figure3",
            "Figure 3: performance at each test period",
            tuple(name for name in OVERALL if name not in NOT_COMPARABLE),
            figure_3,
        ),
        Exhibit(
            "figure4",
            "Figure 4: AUC by sequence length and hidden size",
            SWEPT,
            partial(sensitivity, metric=PAPER_METRICS[0], name="figure4"),
        ),
        Exhibit(
            "figure6",
            "Figure 6: log loss by sequence length and hidden size",
            SWEPT,
            partial(sensitivity, metric=PAPER_METRICS[1], name="figure6"),
        ),
    )
}
