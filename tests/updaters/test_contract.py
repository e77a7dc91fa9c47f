"""Every registered method keeps to the contract that ships with the package."""

from freshrec.testing import UpdaterContract
from freshrec.updaters import ASMG, IU, METHODS, build


class TestIU(UpdaterContract):
    updater = IU(batch_size=16)


class TestASMGMulti(UpdaterContract):
    updater = ASMG(base=IU(batch_size=16), batch_size=16)


def test_every_registered_method_is_tested() -> None:
    tested: set[object] = {TestIU.updater, TestASMGMulti.updater}
    registered: set[object] = {build(name, IU(batch_size=16), {}) for name in METHODS}
    assert tested == registered
