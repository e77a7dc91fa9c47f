"""The committed pictures are those that the code draws today."""

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest

from asmg_schedules import FOLDER, PICTURES, describe, draw, trainings
from freshrec import ASMG

ROOT = Path(__file__).parents[2]
NAMES = list(PICTURES)
SVG = "{http://www.w3.org/2000/svg}"
made = cache(trainings)


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.svg" for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_picture_tells_the_schedule_of_the_code(name: str) -> None:
    title, updater = PICTURES[name]
    root = ElementTree.parse(FOLDER / f"{name}.svg").getroot()
    told = [root.findtext(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert told == [title, describe(made(updater))], "a picture is stale: run `make pictures`"


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_picture_is_drawn_again_byte_for_byte(name: str) -> None:
    pinned = re.search(r"^matplotlib==(.*)$", (ROOT / "requirements" / "constraints.txt").read_text(), re.MULTILINE)
    if pinned is None or version("matplotlib") != pinned[1]:
        pytest.skip("another matplotlib may place its glyphs otherwise")
    title, updater = PICTURES[name]
    drawn = draw(title, made(updater))
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "a picture is stale: run `make pictures`"


def test_each_is_a_variant_with_the_papers_window() -> None:
    assert {updater.window for _, updater in PICTURES.values()} == {3}
    assert len({updater for _, updater in PICTURES.values()}) == len(PICTURES)
    assert PICTURES["asmg-gru-multi"][1] == ASMG()


def test_a_schedule_in_words() -> None:
    assert describe(made(PICTURES["asmg-gru-multi"][1])[1:2]) == (
        "M_5, when D_5 arrives: from h_1 over Theta_2, Theta_3, Theta_4; Theta*_2 towards D_3 with weight 1/6, "
        "Theta*_3 towards D_4 with weight 1/3, Theta*_4 towards D_5 with weight 1/2; h_2 is kept."
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_need_no_other_file_and_no_clock(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert "<image" not in text
    assert "<text" not in text, "letters are drawn, so that every screen has them"
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    assert "fill: #ffffff" in text.split("axes_1")[0], "a white ground, for pages in the dark"
