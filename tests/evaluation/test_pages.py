import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from freshrec.evaluation.pages import listed, render_page


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with one template, which puts a name and a figure on the shared page."""
    folder = tmp_path / "pagespackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "mine.html.jinja").write_text(
        '{% extends "page.html.jinja" %}{% block main %}{{ name }}{{ figure }}{{ 0.81798 | score }}{% endblock %}'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    sys.modules.pop(folder.name, None)


def test_a_template_of_any_package_stands_in_the_shared_page(package: str) -> None:
    html = render_page(package, "mine.html.jinja", name="<b>", figure=Markup("<svg/>"))
    assert "&lt;b&gt;<svg/>0.8180" in html
    for part in ("<!doctype html>", "@media print", "@media (prefers-color-scheme: dark)", "default-src 'none'"):
        assert part in html


def test_what_a_template_needs_must_be_given(package: str) -> None:
    with pytest.raises(UndefinedError, match="'figure' is undefined"):
        render_page(package, "mine.html.jinja", name="x")


def test_settings_are_listed_by_group_in_plain_words() -> None:
    nested = {"runs": 5, "base": {"rate": 0.1, "of": {"sml": {"filters": (10, 5)}}}, "none": {}, "empty": {"a": None}}
    assert listed(nested) == {
        "": [("Runs", "5")],
        "Base": [("Rate", "0.1"), ("Of › sml › filters", "10, 5")],
        "Empty": [("A", "none")],
    }


def test_names_of_the_users_stay_as_they_are_and_values_are_plain() -> None:
    nested = {
        "overrides": {"my_method": {"batch_size": 1024, "mixed": True}},
        "settings": {"overrides": {"a_b": {"base": {"learning_rate": 0.5}}}},
        "use_cache": False,
    }
    assert listed(nested) == {
        "": [("Use cache", "no")],
        "Overrides": [("my_method › batch size", "1,024"), ("my_method › mixed", "yes")],
        "Settings": [("Overrides › a_b › base › learning rate", "0.5")],
    }
