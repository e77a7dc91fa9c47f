"""A part of the fuzzer: no traceback, no miscount, and the fuzzer would see one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from freshrec.cli import app
from fuzz import check, fuzz
from generated_logs import KINDS, generate


def test_damaged_logs_are_used_or_refused_and_every_row_is_counted() -> None:
    found = fuzz(60)
    assert found.faults == {}
    assert 40 < found.used < 80
    assert len([kind for kind in KINDS if found.damage[kind]]) >= 30


def test_a_log_is_the_same_for_the_same_number_and_seed(tmp_path: Path) -> None:
    for number in range(30):
        written = []
        for place in ("one", "other"):
            folder = tmp_path / f"{number}-{place}"
            folder.mkdir()
            log = generate(number, folder)
            written.append((log.path.name, log.path.read_bytes(), log.damage, log.options))
        assert written[0] == written[1]


def test_a_miscount_is_seen(tmp_path: Path) -> None:
    log = next(log for number in range(40) if (log := generate(number, tmp_path)).clean is not None)
    done = CliRunner().invoke(app, ["prepare", "--data", str(log.path), "--out", str(tmp_path / "out"), *log.options])
    for path in [path for path in tmp_path.iterdir() if path.is_file() and path != log.path]:
        path.unlink()
    assert check(log, done, tmp_path / "out") is None
    whole = replace(log, duplicates=log.duplicates + 1)
    assert "were counted, expected" in str(check(whole, done, tmp_path / "out"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    manifest["rows"]["duplicates"] += 1
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    assert "the counts do not add up" in str(check(log, done, tmp_path / "out"))


def test_a_crash_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("freshrec.cli.source.find_source", crash)
    found = fuzz(3)
    assert len(found.faults) == found.logs == 3
    assert "ZeroDivisionError" in found.faults[0]
