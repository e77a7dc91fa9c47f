"""Every registered method keeps to the contract that ships, with settings that make a tiny stream count."""

from typing import Any

import pytest
from torch import nn

from freshrec.data import Stream
from freshrec.testing import UpdaterContract
from freshrec.updaters import IU, METHODS, build

TESTED: dict[str, dict[str, Any]] = {
    "iu": {},
    "bu-3": {},
    "bu-5": {},
    "bu-7": {},
    "spmf": {"reservoir": 0.5, "replay": 0.5},
    "incctr": {},
    "sml": {},
    "sml-mf": {},
    "asmg-linear": {},
    "asmg-gru-single": {},
    "asmg-gru-multi": {},
    "asmg-gru-full": {},
    "asmg-gru-zero": {},
    "asmg-gru-unif": {},
}


@pytest.mark.parametrize("method", TESTED)
class TestEveryMethod(UpdaterContract):
    """The contract, for each method in turn, with batches small enough for several steps a period."""

    @pytest.fixture(autouse=True)
    def _choose(self, method: str) -> None:
        self.method = method
        self.updater = build(method, IU(batch_size=16), TESTED[method])

    def model(self, stream: Stream) -> nn.Module:
        return METHODS[self.method].model(stream.schema, dim=3)


def test_every_registered_method_is_tested() -> None:
    assert set(TESTED) == set(METHODS)
