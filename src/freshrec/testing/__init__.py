"""Contract suites that ship with the package, for any updater."""

from freshrec.testing.tiny import tiny_model, tiny_period, tiny_stream
from freshrec.testing.updater_contract import UpdaterContract, state_bytes

__all__ = ["UpdaterContract", "state_bytes", "tiny_model", "tiny_period", "tiny_stream"]
