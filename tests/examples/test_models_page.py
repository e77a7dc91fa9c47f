"""The Python of docs/models.md runs as it stands there."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import freshrec
from freshrec.params import params_of
from freshrec.testing import tiny_stream

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_its_blocks_run(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"stream": tiny_stream()}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    page = PAGE.read_text()
    assert shown[0] == ["parameter", "shape", "one", "a", "generators", "weights"]
    for line in (shown[1], shown[3], shown[-1]):
        assert re.search(r"\s+".join(map(re.escape, line)), page)
    areas = names["keep_fresh"](tiny_stream())
    assert len(areas) == 5
    towers = names["TwoTowers"](tiny_stream().schema.rows)
    updater = freshrec.ASMG(base=freshrec.IU(batch_size=16), grouping=names["updater"].grouping, window=2)
    assert len(list(freshrec.prequential(updater, towers, tiny_stream()))) == 5
    log = pl.DataFrame(
        {"user": ["u7", "u7", "u8"], "item": ["i1", "i2", "i2"], "timestamp": [1, 2, 3], "label": [0, 1, 1]}
    )
    stream = freshrec.Stream.from_frame(log, periods=1)
    towers = names["TwoTowers"](stream.schema.rows)
    expected = freshrec.predict(towers, params_of(towers), stream.periods[0].samples()).tolist()
    assert names["scores"](towers, params_of(towers), stream) == pytest.approx(expected[:2])
    assert set(params_of(towers)) > {"scale.0.weight", "scale.1.running_mean"}
