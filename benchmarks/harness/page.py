"""A run as Markdown, and its place in a page that is otherwise written by hand."""

from collections.abc import Sequence

from harness.entry import Entry, Row, counted
from measured import Measured

__all__ = ["BEGIN", "END", "placed", "shown"]

BEGIN = "<!-- From here on written by `make bench` -->"
END = "<!-- Up to here written by `make bench` -->"


def shown(entry: Entry) -> str:
    """The run: what it ran on, a table of the figures, and one of the memory."""
    tree = "" if entry.clean else ", with changes that were not committed"
    told = [f"{entry.date:%-d %B %Y}, commit {entry.commit[:12]}{tree}. {entry.host}.", *_doubts(entry)]
    return "\n\n".join([*told, _figures(entry), _memory(entry)])


def placed(page: str, text: str) -> str:
    """The page with the text between its two markers, in place of what was there.

    Raises:
        ValueError: the page has not each marker once, the first before the second.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after + rest or END in before + after:
        raise ValueError(f"the lines {BEGIN!r} and {END!r} were expected once each, in this order; put them back")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _doubts(entry: Entry) -> list[str]:
    """What is to be known before figures are believed."""
    busy = [
        f"{each.benchmark} on {counted(each.threads, 'thread')} ({each.others:.1f} cores)"
        for each in entry.outcomes
        if each.busy
    ]
    untold = all(each.others is None for each in entry.outcomes)
    doubts = []
    if busy:
        doubts.append(f"**Other processes ran meanwhile**, so these mean little: {', '.join(busy)}.")
    if untold:
        doubts.append("Whether other processes ran meanwhile, this system does not tell.")
    return doubts


def _figures(entry: Entry) -> str:
    """A line a figure and a column a number of threads."""
    figures = {row: measured for outcome in entry.outcomes for row, measured in outcome.rows()}
    threads = sorted({row.threads for row in figures})
    names = list(dict.fromkeys((row.benchmark, row.what, row.against) for row in figures))
    lines = [["benchmark", "what", *(counted(number, "thread") for number in threads), "× as good as"]]
    for benchmark, what, against in names:
        cells = [_cell(figures.get(Row(benchmark, number, what, against))) for number in threads]
        lines.append([f"`{benchmark}`", what, *cells, against or ""])
    return _table(lines)


def _cell(measured: Measured | None) -> str:
    if measured is None:
        return ""
    return measured.figure if measured.ratio is None else f"{measured.figure} (**{measured.ratio:.2f}×**)"


def _memory(entry: Entry) -> str:
    lines = [["peak memory of the process", "threads", "by `resource`", "by the system"]]
    for each in entry.outcomes:
        system = "" if each.system is None else f"{each.system:,.0f} MiB"
        lines.append([f"`{each.benchmark}`", str(each.threads), f"{each.resource:,.0f} MiB", system])
    return _table(lines)


def _table(lines: Sequence[Sequence[str]]) -> str:
    title, *rows = lines
    return "\n".join(f"| {' | '.join(row)} |" for row in [title, ["---"] * len(title), *rows])
