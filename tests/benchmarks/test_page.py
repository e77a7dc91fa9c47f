"""A run as a table, and its place in the page."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import BENCHMARKS, HISTORY, PAGE, write
from harness.entry import Entry, Host, Outcome
from harness.history import read
from harness.page import BEGIN, END, placed, shown
from measured import Measured

HOST = Host("A processor", 2, 23.5, "Linux x86_64", {"Python": "3.11.9", "torch": "2.13.0"})
PLAIN, OURS = Measured("plain", 92.04, "ms"), Measured("ours", 29.5, "ms", 3.12, "plain")
ENTRY = Entry(
    datetime(2026, 11, 3, 16, tzinfo=UTC),
    "0123456789abcdef",
    True,
    HOST,
    (
        Outcome("step", 1, (PLAIN, OURS), 12.5, 0.01, 300.2, 301.4),
        Outcome("step", 2, (PLAIN, replace(OURS, ratio=3.5)), 12.5, 0.02, 310.0, None),
        Outcome("feeding", 2, (Measured("IU", 390_123.4, "samples/s"),), 3.0, 0.0, 1200.0, 1201.0),
    ),
)
TEXT = """\
3 November 2026, commit 0123456789ab. A processor, 2 cores, 23.5 GiB, Linux x86_64; Python 3.11.9, torch 2.13.0.

| benchmark | what | 1 thread | 2 threads | × as good as |
| --- | --- | --- | --- | --- |
| `step` | plain | 92.0 ms | 92.0 ms |  |
| `step` | ours | 29.5 ms (**3.12×**) | 29.5 ms (**3.50×**) | plain |
| `feeding` | IU |  | 390,123 samples/s |  |

| peak memory of the process | threads | by `resource` | by the system |
| --- | --- | --- | --- |
| `step` | 1 | 300 MiB | 301 MiB |
| `step` | 2 | 310 MiB |  |
| `feeding` | 2 | 1,200 MiB | 1,201 MiB |"""


def test_a_run_is_shown_as_tables() -> None:
    assert shown(ENTRY) == TEXT


def test_what_makes_figures_doubtful_is_shown_before_them() -> None:
    busy = replace(ENTRY.outcomes[1], others=0.64)
    text = shown(replace(ENTRY, clean=False, outcomes=(ENTRY.outcomes[0], busy)))
    assert "commit 0123456789ab, with changes that were not committed." in text
    assert "**Other processes ran meanwhile**, so these mean little: step on 2 threads (0.6 cores)." in text
    untold = replace(ENTRY, outcomes=tuple(replace(each, others=None) for each in ENTRY.outcomes))
    assert "Whether other processes ran meanwhile, this system does not tell." in shown(untold)


def test_placing_twice_is_placing_once_and_leaves_the_rest_alone() -> None:
    page = f"# Speed\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    once = placed(page, "new")
    assert once == f"# Speed\n\nBefore.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"
    assert placed(once, "new") == once


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="were expected once each, in this order; put them back"):
        placed(page, "new")


def test_a_run_is_written_to_the_page_and_to_the_history(tmp_path: Path) -> None:
    page, history = tmp_path / "page.md", tmp_path / "history.jsonl"
    page.write_text(f"{BEGIN}\n{END}\n")
    write(ENTRY, page, history)
    write(ENTRY, page, history)
    assert page.read_text() == f"{BEGIN}\n\n{TEXT}\n\n{END}\n"
    assert read(history) == [ENTRY, ENTRY]


def test_the_committed_page_and_history_can_be_written_to() -> None:
    assert TEXT in placed(PAGE.read_text(), TEXT)
    read(HISTORY)


def test_every_benchmark_is_a_module_and_has_threads() -> None:
    for name, threads in BENCHMARKS.items():
        assert (HISTORY.parent / f"{name}.py").is_file()
        assert threads
