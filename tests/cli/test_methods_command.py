from collections.abc import Callable

from freshrec.updaters import METHODS

Run = Callable[..., tuple[str, str]]


def test_each_method_has_a_line_with_its_summary(run_command: Run) -> None:
    lines = run_command("methods")[0].splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [[name, each.summary] for name, each in METHODS.items()]
