from pathlib import Path

import pytest

from freshrec.data.csv_file import CsvFile

COLUMNS = {"item": "item", "user": "user"}


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"a,b,1\nc,d,2\n", [("b", "a", None), ("d", "c", None)]),
        (b"a,b,1\r\nc,d,2\r\n", [("b", "a", None), ("d", "c", None)]),
        (b"a,b,1\n\n\n", [("b", "a", None)]),
        (b"a,b,1\n\nc,d,2", [("b", "a", None), (None, None, None), ("d", "c", None)]),
        (b"a\nc,d,2", [(None, "a", None), ("d", "c", None)]),
        (b"a,b,1,2,3\nc,d,2", [("b", "a", "2"), ("d", "c", None)]),
        (b"a,b,1,\nc,d,2", [("b", "a", None), ("d", "c", None)]),
        (b'"a,x","b""q",1\n"e\nf",d,1', [('b"q', "a,x", None), ("d", "e\nf", None)]),
        (b"\xff,b,1", [("b", "\ufffd", None)]),
        (b"", []),
    ],
)
def test_cells_are_read_as_text(tmp_path: Path, body: bytes, read: list[tuple[str | None, ...]]) -> None:
    for header in (b"user,item,timestamp\n", b'\xef\xbb\xbf"user","item","timestamp"\r\n'):
        path = tmp_path / "log.csv"
        path.write_bytes(header + body)
        file = CsvFile.open(path)
        assert file.names == ["user", "item", "timestamp"]
        assert file.read(COLUMNS).rows() == read
        assert file.read(COLUMNS).columns == [*COLUMNS, "extra"]
