from typing import Any

import polars as pl

from freshrec.data import DATASETS, Stream
from freshrec.evaluation.data_section import data_section
from freshrec.evaluation.tables import Table

LOG = pl.DataFrame(
    {
        "user": [f"u{row % 7}" for row in range(120)],
        "item": [row * 5 % 11 for row in range(120)],
        "timestamp": [1_500_000_000 + 3_600 * row for row in range(120)],
        "kind": [row * 5 % 11 % 3 for row in range(120)],
    }
)


def manifest(**settings: Any) -> dict[str, Any]:
    return dict(Stream.from_frame(LOG, **settings).manifest)


def texts(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[str(cell) for cell in row] for row in table.rows]


def test_rows_time_labels_and_turnover_are_told_in_sentences() -> None:
    section = data_section(manifest(periods=4, item_fields=("kind",), exclude="had"))
    assert section.sentences[:3] == [
        "120 rows came in; 120 of them are used. Duplicates: 0; filtered out by the settings: 0; set aside as "
        "malformed: 0.",
        "Time: 2017-07-14 02:40 to 2017-07-19 01:40 UTC, in 4 periods of equal count.",
        "Labels are implicit: every row is a positive, and 1 negative is drawn for each, uniformly among the items "
        "seen by then that the user has not had by then. 51 could not be drawn, since no such item was left.",
    ]
    assert section.sentences[3].startswith(
        "Turnover, means of periods 3 to 4: 0.0% of positives on items first seen in"
    )
    assert section.entries["Size"] == [("Users", "7"), ("Items", "11"), ("Values of kind", "3"), ("Samples", "189")]


def test_calendar_periods_labels_of_the_log_and_other_negatives() -> None:
    labelled = LOG.with_columns(label=pl.Series([1, 0] * 60))
    explicit = data_section(dict(Stream.from_frame(labelled, period="1d").manifest))
    assert explicit.sentences[1] == "Time: 2017-07-14 02:40 to 2017-07-19 01:40 UTC, in 6 periods of 1 calendar day."
    half = data_section(dict(Stream.from_frame(LOG, period="12h").manifest))
    assert half.sentences[1].endswith(", in 11 periods of 12 calendar hours.")
    assert explicit.sentences[2] == "Labels are explicit: positives and negatives are those of the log."
    paper = data_section(manifest(periods=1, negatives="paper", exclude="now", negatives_per_positive=3))
    assert paper.sentences[1].endswith("in 1 period of equal count.")
    assert paper.sentences[2] == (
        "Labels are implicit: every row is a positive, and 3 negatives are drawn for each, uniformly among all items "
        "of the log, later ones too, that the user does not have at the same instant."
    )


def test_the_turnover_has_a_row_a_period_with_times_to_the_minute() -> None:
    section = data_section(manifest(periods=4))
    rows = texts(section.turnover)
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0][1:3] == ["2017-07-14 02:40", "2017-07-15 07:40"]
    assert rows[0][4:9] == ["30", "7", "11", "100.0%", "100.0%"]
    assert rows[3][5:10] == ["0", "0", "0.0%", "0.0%", "100.0%"]


def test_published_counts_stand_beside_those_found_and_reasons_in_a_table() -> None:
    told = manifest(periods=4) | {
        "published": {
            "dataset": "tmall",
            "source": DATASETS["tmall"].source,
            "licence": "theirs",
            "counts": {"users": {"found": 6, "published": 49_986}},
        },
        "quarantined": {"time is missing": 1_200},
    }
    section = data_section(told)
    assert section.entries["Published"][0] == ("Data set", "tmall")
    assert section.entries["Published"][3] == ("Users", "6 found, 49,986 published")
    assert texts(section.reasons) == [["time is missing", "1,200"]]


def test_what_a_manifest_lacks_is_left_out() -> None:
    section = data_section({})
    assert section.sentences == ["The stream does not say how it was prepared."]
    assert (section.reasons, section.turnover, dict(section.entries)) == (None, None, {})
