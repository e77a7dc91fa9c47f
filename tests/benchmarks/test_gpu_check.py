"""The GPU check runs on a CPU, and fails where a part finds a difference."""

import json

import pytest

import gpu_check


def test_parts_run_on_the_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_check.main(["--device", "cpu", "--only", "versions", "serving"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["part"] for line in lines] == ["versions", "serving"]
    assert lines[1]["10,000 rows of 8"]["ms"] > 0


def test_an_error_beyond_the_bound_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gpu_check, "RECURRENCE_ERROR", 0.0)
    assert gpu_check.main(["--device", "cpu", "--only", "recurrence_equals_float64"]) == 1
    assert json.loads(capsys.readouterr().out)["failed"]
