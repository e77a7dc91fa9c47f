"""The figures of the paper's Tables 1 to 3, as printed (ASMG, RecSys 2021, sections 4.2 and 4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from freshrec.evaluation import Score
from freshrec.metrics import find_metrics

__all__ = ["PAPER_DATASETS", "PAPER_METRICS", "TABLE_1", "TABLE_2", "TABLE_3"]


@dataclass(frozen=True)
class Published(Score):
    """A score as printed: of 5 runs on 7 test periods."""

    mean: float


Scores: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Published]]]
"""By metric's name, method and data set."""

PAPER_DATASETS: Mapping[str, str] = {
    "tmall": "Tmall",
    "sobazaar": "Sobazaar",
    "movielens-25m": "MovieLens",
    "lazada": "Lazada",
}
"""The data sets in the order of the tables: name here to name there. Lazada's is private."""

_TABLE_1_AUC = """
iu              0.8180 ± 0.0007 -      0.7998 ± 0.0007 -      0.7494 ± 0.0002 -      0.6381 ± 0.0001 -
bu-3            0.8107 ± 0.0009 -0.89% 0.7913 ± 0.0009 -1.06% 0.7379 ± 0.0003 -1.53% 0.6332 ± 0.0002 -0.77%
bu-5            0.8002 ± 0.0009 -2.18% 0.7824 ± 0.0012 -2.18% 0.7280 ± 0.0005 -2.86% 0.6287 ± 0.0004 -1.47%
bu-7            0.7938 ± 0.0005 -2.96% 0.7781 ± 0.0007 -2.71% 0.7212 ± 0.0003 -3.76% 0.6203 ± 0.0002 -2.79%
spmf            0.8187 ± 0.0006 0.09%  0.8007 ± 0.0004 0.11%  0.7511 ± 0.0002 0.23%  0.6381 ± 0.0002 0.00%
incctr          0.8190 ± 0.0007 0.12%  0.8009 ± 0.0006 0.14%  0.7502 ± 0.0003 0.11%  0.6388 ± 0.0003 0.11%
sml             0.8194 ± 0.0007 0.17%  0.8021 ± 0.0012 0.29%  0.7522 ± 0.0009 0.37%  0.6416 ± 0.0011 0.55%
sml-mf          0.7628 ± 0.0013 -6.75% 0.7782 ± 0.0017 -2.70% 0.7242 ± 0.0012 -3.36% 0.6100 ± 0.0016 -4.40%
asmg-linear     0.8190 ± 0.0006 0.12%  0.8002 ± 0.0008 0.05%  0.7524 ± 0.0002 0.40%  0.6390 ± 0.0001 0.14%
asmg-gru-single 0.8241 ± 0.0010 0.75%  0.8055 ± 0.0017 0.71%  0.7539 ± 0.0009 0.60%  0.6439 ± 0.0005 0.91%
asmg-gru-multi  0.8289 ± 0.0010 1.33%  0.8108 ± 0.0017 1.38%  0.7564 ± 0.0009 0.93%  0.6452 ± 0.0005 1.11%
"""

_TABLE_1_LOGLOSS = """
iu              0.5382 ± 0.0011 -      0.5466 ± 0.0017 -      0.5871 ± 0.0002 -      0.4327 ± 0.0001 -
bu-3            0.5518 ± 0.0009 -2.53% 0.5536 ± 0.0013 -1.28% 0.5949 ± 0.0004 -1.33% 0.4342 ± 0.0001 -0.35%
bu-5            0.5615 ± 0.0015 -4.33% 0.5653 ± 0.0009 -3.42% 0.6056 ± 0.0007 -3.15% 0.4361 ± 0.0003 -0.79%
bu-7            0.5732 ± 0.0012 -6.50% 0.5783 ± 0.0017 -5.80% 0.6105 ± 0.0004 -3.99% 0.4379 ± 0.0002 -1.20%
spmf            0.5220 ± 0.0007 3.01%  0.5425 ± 0.0005 0.75%  0.5857 ± 0.0001 0.24%  0.4327 ± 0.0001 0.00%
incctr          0.5344 ± 0.0010 0.71%  0.5458 ± 0.0007 0.15%  0.5865 ± 0.0003 0.10%  0.4321 ± 0.0001 0.14%
sml             0.5198 ± 0.0009 3.42%  0.5418 ± 0.0017 0.88%  0.5843 ± 0.0008 0.48%  0.4309 ± 0.0003 0.42%
sml-mf          0.5822 ± 0.0019 -8.18% 0.5713 ± 0.0021 -4.52% 0.6106 ± 0.0014 -4.00% 0.4390 ± 0.0005 -1.46%
asmg-linear     0.5226 ± 0.0012 2.90%  0.5430 ± 0.0013 0.66%  0.5840 ± 0.0002 0.53%  0.4314 ± 0.0000 0.30%
asmg-gru-single 0.5154 ± 0.0018 4.24%  0.5370 ± 0.0017 1.76%  0.5828 ± 0.0011 0.73%  0.4304 ± 0.0003 0.53%
asmg-gru-multi  0.5079 ± 0.0018 5.63%  0.5309 ± 0.0017 2.87%  0.5806 ± 0.0011 1.11%  0.4299 ± 0.0003 0.65%
"""

_TABLE_2 = """
asmg-gru-full   0.8267 0.5108 0.8083 0.5323 0.7565 0.5811 0.6452 0.4299
asmg-gru-zero   0.8224 0.5162 0.8079 0.5343 0.7550 0.5818 0.6440 0.4303
asmg-gru-unif   0.8284 0.5102 0.8091 0.5324 0.7563 0.5811 0.6449 0.4300
asmg-gru-single 0.8241 0.5154 0.8055 0.5370 0.7539 0.5828 0.6439 0.4304
asmg-gru-multi  0.8289 0.5079 0.8108 0.5309 0.7564 0.5806 0.6452 0.4299
"""


def _table_1(text: str) -> dict[str, dict[str, Published]]:
    """Lines of a method and, for each data set, `mean ± std improvement`."""
    table = {}
    for line in text.strip().splitlines():
        method, *cells = line.replace("±", "").split()
        scores = [
            Published(float(mean), float(std), None if improvement == "-" else float(improvement.rstrip("%")))
            for mean, std, improvement in zip(cells[::3], cells[1::3], cells[2::3], strict=True)
        ]
        table[method] = dict(zip(PAPER_DATASETS, scores, strict=True))
    return table


def _table_2(text: str, column: int) -> dict[str, dict[str, Published]]:
    """Lines of a variant and, for each data set, AUC (column 0) and log loss (column 1)."""
    table = {}
    for line in text.strip().splitlines():
        variant, *cells = line.split()
        table[variant] = dict(zip(PAPER_DATASETS, [Published(float(mean)) for mean in cells[column::2]], strict=True))
    return table


TABLE_1: Scores = {"auc": _table_1(_TABLE_1_AUC), "logloss": _table_1(_TABLE_1_LOGLOSS)}
TABLE_2: Scores = {"auc": _table_2(_TABLE_2, 0), "logloss": _table_2(_TABLE_2, 1)}
PAPER_METRICS = find_metrics(TABLE_1)
"""What the paper measures."""
TABLE_3: Mapping[str, Mapping[str, float]] = {
    "asmg-gru-full": dict(zip(PAPER_DATASETS, (93.6, 23.1, 59.3, 42.6), strict=True)),
    "asmg-gru-multi": dict(zip(PAPER_DATASETS, (13.8, 3.4, 8.7, 6.2), strict=True)),
}
"""Minutes of the generator's training at the last test period, by method and data set; on a GTX 1080 Ti."""
