import gzip
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

CRITEO = DATASETS["criteo-attribution"]
TEXT = (
    "timestamp\tuid\tcampaign\tconversion\tconversion_timestamp\tconversion_id\tattribution\tclick\tclick_pos\tclick_nb\t"
    "cost\tcpo\ttime_since_last_click\tcat1\tcat2\tcat3\tcat4\tcat5\tcat6\tcat7\tcat8\tcat9\n"
    "0\t20073966\t22589171\t0\t-1\t-1\t0\t0\t-1\t-1\t1.0e-05\t0.39\t-1\t5824233\t9312274\t3490278\t29196072\t"
    "11409686\t1973606\t25162884\t29196072\t29196072\n"
    "2\t24607497\t884761\t0\t-1\t-1\t0\t1\t-1\t-1\t1.0e-05\t0.2\t423858\t30763035\t9312274\t14584482\t29196072\t"
    "11409686\t1973606\t22644417\t9312274\t21091111\n"
    "2671199\t20073966\t884761\t0\t-1\t-1\t0\t1\t-1\t-1\t1.0e-05\t0.2\t1\t30763035\t9312274\t14584482\t29196072\t"
    "11409686\t1973606\t22644417\t9312274\t21091111\n"
)


@pytest.mark.parametrize("name", ["criteo_attribution_dataset.tsv.gz", "criteo_attribution_dataset.tsv"])
def test_banners_shown_are_read_by_user_and_campaign(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT.encode())
    log = CRITEO.read(tmp_path)
    assert log.rows() == [(20073966, 22589171, 0, 0), (24607497, 884761, 2, 1), (20073966, 884761, 2671199, 1)]
    stream = Stream.from_frame(log, CRITEO.settings, period="1d")
    assert stream.manifest["labels"] == "explicit"
    # Times count from the first impression: the log has 31 days.
    assert [period.size for period in stream.periods] == [2, *[0] * 29, 1]


def test_a_file_with_commas_is_refused(tmp_path: Path) -> None:
    (tmp_path / "criteo_attribution_dataset.tsv").write_text(TEXT.replace("\t", ","))
    with pytest.raises(DataError, match=r"has no column 'timestamp', 'uid', 'campaign', 'click'"):
        CRITEO.read(tmp_path)
