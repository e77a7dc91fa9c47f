"""The page on metrics: its code runs, and its table has every metric with its direction."""

import re
from pathlib import Path
from typing import Any

from freshrec.metrics import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_its_block_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert list(names["scores"]) == list(METRICS)


def test_its_table_has_every_metric() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| `")]
    assert [row[0].strip("`") for row in rows] == list(METRICS)
    for (_, _, _, better, undefined), metric in zip(rows, METRICS.values(), strict=True):
        assert better.startswith(metric.better)
        assert undefined == (metric.undefined or "never")
