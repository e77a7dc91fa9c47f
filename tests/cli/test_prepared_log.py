from collections.abc import Callable
from pathlib import Path

import pytest

from freshrec.cli.prepared import prepared_in
from freshrec.cli.source import RawLog, find_source
from freshrec.errors import CorruptError, OutputError
from freshrec.progress import Silent


def log(path: Path, periods: int = 3) -> RawLog:
    found = find_source(None, [path], {"periods": periods})
    assert isinstance(found, RawLog)
    return found


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_log_is_prepared_once_and_found_again(tmp_path: Path, shop_log: Path) -> None:
    out = tmp_path / "deep" / "out"
    first = prepared_in(out, log(shop_log), Silent())
    before = snapshot(out)
    again = prepared_in(out, log(shop_log), Silent())
    assert again.hash == first.hash
    assert snapshot(out) == before


def test_a_preparation_that_was_cut_off_is_made_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop_log: Path
) -> None:
    out = tmp_path / "out"

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("freshrec.data.prepare", cut_off)
        with pytest.raises(KeyboardInterrupt):
            prepared_in(out, log(shop_log), Silent())
    assert len(prepared_in(out, log(shop_log), Silent()).periods) == 3


def test_other_settings_are_refused_by_name(tmp_path: Path, shop_log: Path) -> None:
    out = tmp_path / "out"
    prepared_in(out, log(shop_log), Silent())
    with pytest.raises(OutputError, match=r"out holds data that differs in periods; .* Choose another --out"):
        prepared_in(out, log(shop_log, periods=4), Silent())


def test_another_log_is_refused_even_under_the_same_name(tmp_path: Path, shop_log: Path) -> None:
    out = tmp_path / "out"
    prepared_in(out, log(shop_log), Silent())
    shop_log.write_bytes(shop_log.read_bytes().replace(b"\n1,", b"\n2,", 1))
    with pytest.raises(OutputError, match="differs in its source"):
        prepared_in(out, log(shop_log), Silent())


def test_a_folder_of_unknown_origin_is_refused(tmp_path: Path, shop_log: Path) -> None:
    out = tmp_path / "out"
    (out / "prepared").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"prepared exists, but .*prepared.json does not say what it holds"):
        prepared_in(out, log(shop_log), Silent())


@pytest.mark.parametrize(
    ("note", "expected"),
    [(b"{", "cannot read .*prepared.json"), (b"[]", "its source"), (b"{}", "its source")],
)
def test_a_damaged_note_is_refused(tmp_path: Path, note: bytes, expected: str, shop_log: Path) -> None:
    out = tmp_path / "out"
    prepared_in(out, log(shop_log), Silent())
    (out / "prepared.json").write_bytes(note)
    with pytest.raises(OutputError, match=expected):
        prepared_in(out, log(shop_log), Silent())


def test_a_damaged_preparation_is_refused(tmp_path: Path, shop_log: Path) -> None:
    out = tmp_path / "out"
    prepared_in(out, log(shop_log), Silent())
    manifest = out / "prepared" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"used"', '"Used"'))
    with pytest.raises(CorruptError, match="not as it was written"):
        prepared_in(out, log(shop_log), Silent())


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, shop_log: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot make .*file/out: Not a directory"):
        prepared_in(tmp_path / "file" / "out", log(shop_log), Silent())


def test_a_log_that_cannot_be_used_leaves_nothing_and_can_be_mended(
    tmp_path: Path, shop_log: Path, run_command: Callable[..., tuple[str, str]]
) -> None:
    good = shop_log.read_text()
    shop_log.write_text(good.replace("user,", "customer,", 1))
    command = ("compare", "--data", shop_log, "--out", tmp_path / "out", "--methods", "iu", "--periods", 4)
    _, told = run_command(*command, code=2)
    assert "no column 'user'" in told
    assert not (tmp_path / "out").exists()
    shop_log.write_text(good)
    run_command(*command)
    assert (tmp_path / "out" / "report.html").exists()
