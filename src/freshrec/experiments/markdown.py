"""An exhibit as Markdown, to be read as it is or put beside other text."""

from freshrec.evaluation import Cell, Table
from freshrec.experiments.measured import Shown

__all__ = ["markdown"]

SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|"})


def markdown(title: str, shown: Shown, setting: str, figure: str | None = None) -> str:
    """The exhibit under its title: what it shows, its tables, and what was run.

    Args:
        title: the heading.
        shown: what is shown.
        setting: what was run, in a sentence.
        figure: the name of the picture's file beside this one, where there is one.
    """
    parts = [f"# {_escaped(title)}", *(f"- {_escaped(sentence)}" for sentence in shown.sentences)]
    text = [parts[0], "\n".join(parts[1:])]
    if figure:
        text.append(f"![{_escaped('; '.join(panel.label for panel in shown.panels))}]({figure})")
    for table in shown.tables:
        text += [f"**{_escaped(table.title)}**", _table(table)]
    return "\n\n".join([*text, _escaped(shown.note), _escaped(setting)]) + "\n"


def _table(table: Table) -> str:
    rows = [[_escaped(column.title) for column in table.columns], ["---"] + ["---:"] * (len(table.columns) - 1)]
    rows += [[_marked(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _marked(cell: Cell) -> str:
    text = _escaped(str(cell))
    return f"**{text}**" if cell.best else text


def _escaped(text: str) -> str:
    return text.translate(SPECIAL)
