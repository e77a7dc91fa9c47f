"""The README's Python prints what the README says."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_readmes_example_prints_its_output(capsys: pytest.CaptureFixture[str]) -> None:
    text = README.read_text()
    block = re.search(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", text, re.DOTALL)
    assert block is not None
    names: dict[str, object] = {}
    exec(compile(block[1], str(README), "exec"), names)
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    expected = [line.split() for line in block[2].splitlines()]
    assert [name for name, _ in printed] == [name for name, _ in expected]
    # Other processors sum in another order, which training amplifies.
    assert [float(auc) for _, auc in printed] == pytest.approx([float(auc) for _, auc in expected], abs=0.006)
