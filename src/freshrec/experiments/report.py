"""The page with all exhibits that were asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from freshrec.evaluation import Plate, describe_settings, inline, render_page
from freshrec.experiments.exhibits import Exhibit
from freshrec.experiments.measured import Shown

__all__ = ["Made", "render"]


@dataclass(frozen=True)
class Made:
    """An exhibit, what it shows, and its figure as files where it is one."""

    exhibit: Exhibit
    shown: Shown
    plate: Plate | None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that it is written to."""
        kinds = ("md", "csv", "svg", "png") if self.plate else ("md", "csv")
        return tuple(f"{self.exhibit.name}.{kind}" for kind in kinds)


def render(
    dataset: str, made: Sequence[Made], setting: str, config: Mapping[str, Any], report: str | None, command: str | None
) -> str:
    """The whole page; the same input gives the same bytes.

    Args:
        dataset: the stream's name.
        made: the exhibits.
        setting: what was run, in a sentence.
        config: settings and versions, nested as they are, to be listed.
        report: where the comparison's own page is, where there is one.
        command: what makes all this again, where it is known.
    """
    return render_page(
        __package__,
        "experiment.html.jinja",
        dataset=dataset,
        title=_together([each.exhibit.title.partition(":")[0] for each in made]),
        made=[(each, _drawn(each.shown)) for each in made],
        setting=setting,
        settings=describe_settings(config),
        report=report,
        command=command,
    )


def _drawn(shown: Shown) -> list[tuple[str, Markup]]:
    return [(panel.caption, inline(panel)) for panel in shown.panels]


def _together(names: Sequence[str]) -> str:
    """Exhibits in a few words, such as `Tables 1 and 2, Figure 3`."""
    numbers: dict[str, list[str]] = {}
    for kind, number in map(str.split, names):
        numbers.setdefault(kind, []).append(number)
    return ", ".join(f"{kind}{'s' if len(of) > 1 else ''} {_joined(of)}" for kind, of in numbers.items())


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
