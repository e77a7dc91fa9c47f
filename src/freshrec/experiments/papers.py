"""The paper's own Tables 1 to 3 on its four data sets, to stand beside measured ones for orientation."""

from collections.abc import Sequence

from freshrec.evaluation import Cell, Column, Table, head, percent, score_cells
from freshrec.experiments.published import PAPER_DATASETS, TABLE_1, TABLE_2, TABLE_3
from freshrec.metrics import Metric

__all__ = ["papers_table_1", "papers_table_2", "papers_table_3"]


def papers_table_1(metric: Metric) -> Table:
    """One half of Table 1, all data sets side by side."""
    columns = [Column("Method")]
    for title in PAPER_DATASETS.values():
        columns += [Column(title), Column("imp%")]
    rows = [[Cell(method)] for method in TABLE_1[metric.name]]
    for dataset in PAPER_DATASETS:
        scores = [of[dataset] for of in TABLE_1[metric.name].values()]
        for row, cell, score in zip(rows, score_cells(scores, metric), scores, strict=True):
            row += [cell, Cell(percent(score.improvement))]
    return Table(f"The paper's Table 1: {head(metric)}", tuple(columns), tuple(map(tuple, rows)))


def papers_table_2(metric: Metric) -> Table:
    """One metric of Table 2."""
    columns = (Column("Variant"), *map(Column, PAPER_DATASETS.values()))
    by_dataset = [
        score_cells([of[dataset] for of in TABLE_2[metric.name].values()], metric) for dataset in PAPER_DATASETS
    ]
    rows = tuple((Cell(name), *cells) for name, *cells in zip(TABLE_2[metric.name], *by_dataset, strict=True))
    return Table(f"The paper's Table 2: {head(metric)}", columns, rows)


def papers_table_3(methods: Sequence[str]) -> Table:
    """Table 3, with how many times the first method takes as long as the second."""
    long, short = methods
    columns = (Column("Method"), *map(Column, PAPER_DATASETS.values()))
    rows = [(Cell(name), *(Cell(f"{TABLE_3[name][dataset]:.1f}") for dataset in PAPER_DATASETS)) for name in methods]
    ratios = [f"{TABLE_3[long][dataset] / TABLE_3[short][dataset]:.2f} ×" for dataset in PAPER_DATASETS]
    rows.append((Cell("ratio"), *map(Cell, ratios)))
    return Table("The paper's Table 3: minutes", columns, tuple(rows))
