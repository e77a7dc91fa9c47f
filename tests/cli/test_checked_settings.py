"""Every fault of the settings at once, with its path in the file and its value; and nothing written."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

Run = Callable[..., tuple[str, str]]

METHODS = 'methods = ["asmg-gru-multi", "asmg-gru-single", "incctr"]'
TABLES = {
    "unknown key": ("", "epochz = 4", "epochz is 4: there is no such setting"),
    "wrong type": ("", 'runs = "three"', "runs is 'three': Input should be a valid integer"),
    "bpr on explicit labels": (
        "base",
        'loss = "bpr"',
        "base.loss is 'bpr': it takes pairs of a positive and a negative",
    ),
    "k of 0": (
        "overrides.asmg-gru-single",
        "window = 0",
        "overrides.asmg-gru-single.window is 0: Input should be greater",
    ),
    "window larger than history": (
        "overrides.asmg-gru-multi",
        "window = 40",
        "overrides.asmg-gru-multi.window is 40: the generator is first trained by update K + 1, and there are 14",
    ),
    "lambda outside of 0 to 1": (
        "overrides.incctr",
        "distillation = 1.5",
        "overrides.incctr.distillation is 1.5: Input should be less than or equal to 1 (lambda, weight of the last",
    ),
}


@pytest.fixture
def labelled(tmp_path: Path, shop_log: Path) -> Path:
    """The log with labels of its own."""
    path = tmp_path / "labelled.csv"
    pl.read_csv(shop_log).with_columns(label=pl.col("item") % 2).write_csv(path)
    return path


def settings(folder: Path, *faults: str) -> Path:
    """A file with some of the faults, in which incctr always has the loss that it takes."""
    tables: dict[str, list[str]] = {"": [METHODS], "overrides.incctr": ['loss = "log"']}
    for fault in faults:
        table, line, _ = TABLES[fault]
        tables.setdefault(table, []).append(line)
    path = folder / "settings.toml"
    path.write_text("\n".join("\n".join([f"[{name}]" if name else "", *lines]) for name, lines in tables.items()))
    return path


def told(out: Path, run_command: Run, *arguments: object) -> list[str]:
    """The lines of a refusal that leaves nothing behind."""
    before = sorted(out.parent.rglob("*"))
    stdout, stderr = run_command("compare", "--out", out, *arguments, code=2)
    assert stdout == ""
    assert "Traceback" not in stderr
    assert sorted(out.parent.rglob("*")) == before
    return stderr.splitlines()


def test_six_faults_of_one_file_are_told_at_once(tmp_path: Path, labelled: Path, run_command: Run) -> None:
    config = settings(tmp_path, *TABLES)
    lines = told(tmp_path / "out", run_command, "--data", labelled, "--config", config)
    assert lines[0] == "Error: settings cannot be used, for 6 reasons:"
    assert len(lines) == 7
    for _, _, message in TABLES.values():
        assert sum(line.startswith(f"  {message}") for line in lines) == 1, message


@pytest.mark.parametrize("fault", TABLES)
def test_each_fault_alone(tmp_path: Path, labelled: Path, fault: str, run_command: Run) -> None:
    lines = told(tmp_path / "out", run_command, "--data", labelled, "--config", settings(tmp_path, fault))
    assert lines[0] == "Error: settings cannot be used, for 1 reason:"
    assert len(lines) == 2
    assert lines[1].startswith(f"  {TABLES[fault][2]}")


def test_of_a_prepared_folder_all_is_known(tmp_path: Path, labelled: Path, run_command: Run) -> None:
    run_command("prepare", "--data", labelled, "--out", tmp_path / "made", "--period", "2h")
    config = settings(tmp_path, "bpr on explicit labels", "window larger than history")
    lines = told(tmp_path / "out", run_command, "--data", tmp_path / "made", "--config", config)
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  base.loss is 'bpr'",
        "  overrides.asmg-gru-multi.window is 40",
        "  overrides.asmg-gru-single.window is 3",
    ]


def test_faults_of_the_data_stand_beside_the_others(tmp_path: Path, labelled: Path, run_command: Run) -> None:
    config = settings(tmp_path, "wrong type", "bpr on explicit labels", "window larger than history")
    config.write_text(config.read_text() + '\n[data]\nperiods = "many"\nhistorie = 3\nnegatives = "all"\n')
    lines = told(tmp_path / "out", run_command, "--data", labelled, "--config", config)
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  runs is 'three'",
        "  base.loss is 'bpr'",
        "  data.periods is 'many'",
        "  data.negatives is 'all'",
        "  data.historie is 3",
    ]
    assert lines[-1] == "  data.historie is 3: there is no such setting. Did you mean 'history'?"
    good = settings(tmp_path)
    good.write_text(good.read_text() + "\n[data]\nhistory = -1\n")
    assert told(tmp_path / "out", run_command, "--data", labelled, "--config", good)[1].startswith(
        "  data.history is -1"
    )


def test_data_that_is_not_there_stands_beside_the_others(tmp_path: Path, run_command: Run) -> None:
    config = settings(tmp_path, "wrong type")
    lines = told(tmp_path / "out", run_command, "compleat-journey", "--config", config)
    assert len(lines) == 3
    assert lines[2].startswith("  there is no data set 'compleat-journey'. Did you mean 'complete-journey'?")
    assert told(tmp_path / "out", run_command, "compleat-journey") == [f"Error: {lines[2].strip()}"]


def test_a_data_set_whose_labels_are_its_own_is_known_by_name(tmp_path: Path, run_command: Run) -> None:
    for name in ("ratings.dat", "movies.dat"):
        (tmp_path / name).write_text("")
    command = ("movielens-1m", "--path", tmp_path, "--methods", "iu", "--loss", "bpr")
    assert told(tmp_path / "out", run_command, *command)[1].startswith("  base.loss is 'bpr': it takes pairs")


def test_what_only_the_log_tells_is_told_before_training(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    """By the calendar, the number of periods is known once the log is prepared; that stays, the rest is not begun."""
    out = tmp_path / "out"
    config = settings(tmp_path, "window larger than history")
    _, stderr = run_command("compare", "--out", out, "--data", shop_log, "--config", config, "--period", "2h", code=2)
    assert "Error: settings for shop cannot be used, for 2 reasons:" in stderr
    assert "  overrides.asmg-gru-multi.window is 40: " in stderr
    assert "  overrides.asmg-gru-single.window is 3: " in stderr
    assert "Traceback" not in stderr
    assert sorted(path.name for path in out.iterdir()) == [".lock", "prepared", "prepared.json"]


def test_on_implicit_labels_bpr_is_compared(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    methods = ("--methods", "iu,bu-3,sml", "--periods", 8, "--batch-size", 32)
    run_command("compare", "--data", shop_log, "--out", out, *methods, "--loss", "bpr")
    assert (out / "report.html").exists()
    assert '"loss": "bpr"' in (out / "config.json").read_text()
    assert '"loss": "log"' not in (out / "config.json").read_text()
