"""Pages that need nothing else: a template over the one base page, whose styles and macros all pages share."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from freshrec.evaluation.tables import percent, score, seconds

__all__ = ["listed", "plain_pairs", "render_page"]

GIVEN = frozenset({"grids", "methods", "models", "overrides", "pretraining_epochs"})
"""Settings whose parts have names of the user's, such as those of methods."""


def render_page(package: str, template: str, **content: Any) -> str:
    """The page of a template; the same content gives the same bytes.

    Args:
        package: where the template is; it extends `page.html.jinja` of this package.
        template: its file's name.
        content: what it shows. Text is escaped unless it is `Markup`.
    """
    loader = ChoiceLoader([PackageLoader(package, "."), PackageLoader(__package__, ".")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(score=score, percent=percent, seconds=seconds, whole=_whole)
    return environment.get_template(template).render(**content)


def listed(nested: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Settings as groups of (plain name, value); what stands alone at the top goes first, without a name.

    >>> listed({"runs": 2, "base": {"learning_rate": 0.01}})
    {'': [('Runs', '2')], 'Base': [('Learning rate', '0.01')]}
    """
    groups: dict[str, list[tuple[str, str]]] = {"": []}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            groups[_capital(_plain(name))] = plain_pairs(value, given=name in GIVEN)
        else:
            groups[""] += plain_pairs({name: value})
    return {name: entries for name, entries in groups.items() if entries}


def plain_pairs(nested: Mapping[str, Any], *, given: bool = False) -> list[tuple[str, str]]:
    """Nested settings as pairs of a plain name and a value.

    Args:
        nested: the settings.
        given: whether the names at the top are the user's, such as those of methods, and stay as they are.

    >>> plain_pairs({"base": {"batch_size": 1024}, "mixed": False})
    [('Base › batch size', '1,024'), ('Mixed', 'no')]
    """
    return [(path if given else _capital(path), value) for path, value in _flat(nested, given=given)]


def _flat(nested: Mapping[str, Any], prefix: str = "", *, given: bool = False) -> Iterator[tuple[str, str]]:
    for name, value in nested.items():
        path = prefix + (name if given else _plain(name))
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path} › ", given=name in GIVEN)
        else:
            yield path, _told(value)


def _plain(name: str) -> str:
    """The name of a setting in plain words."""
    return name.replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(value: object) -> str:
    if value is None or value in ({}, [], ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _whole(value: int) -> str:
    return f"{value:,}"
