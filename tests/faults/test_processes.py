"""Two processes on one folder, once: one ends well, the other is refused or finds it finished."""

import sys
from pathlib import Path

import pytest

from processes import Runner, pair_rounds


@pytest.mark.skipif(sys.platform != "linux", reason="forks a server")
def test_two_that_prepare_one_folder_leave_it_whole(tmp_path: Path) -> None:
    outcome = pair_rounds(Runner(tmp_path), ("prepare", "--periods", 4), 1, seed=3)
    assert outcome.faults == []
    assert outcome.rounds == 1
    assert outcome.codes == {0: 1, 2: 1}
