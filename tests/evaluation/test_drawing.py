"""One drawing, two outputs: an element of a page, and files."""

import re
import struct
import xml.etree.ElementTree as ET
import zlib

import matplotlib as mpl
from matplotlib.axes import Axes

from freshrec.evaluation.drawing import COLOURS, INK, Panel, inline, plate

SVG = "{http://www.w3.org/2000/svg}"


def panel(name: str = "one", *, labels: tuple[str, ...] = ("iu", "asmg")) -> Panel:
    def draw(axes: Axes) -> None:
        for index, label in enumerate(labels):
            axes.plot([1, 2], [index, index + 1], color=COLOURS[index], label=label)
        axes.set_xlabel("period")

    return Panel(name, f"title of {name}", "what <it> shows", draw)


def texts(svg: str | bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def chunks(png: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.setdefault(png[at + 4 : at + 8], png[at + 8 : at + 8 + length])
        at += length + 12
    return found


def test_the_same_panel_gives_the_same_bytes() -> None:
    assert inline(panel()) == inline(panel())
    assert plate([panel(), panel("two")]) == plate([panel(), panel("two")])


def test_it_stands_inside_a_page_and_follows_its_width_and_ink() -> None:
    svg = inline(panel())
    root = ET.fromstring(svg)
    assert svg.startswith("<svg")
    assert root.get("width") is None
    assert root.get("viewBox") is not None
    assert root.get("role") == "img"
    assert root.get("aria-label") == "what <it> shows"
    assert "currentColor" in svg
    assert f"var(--series-1, {COLOURS[1]})" in svg
    assert not {INK, "#000000", "#ffffff"} & set(re.findall(r"#\w{6}", svg))
    assert "<style" not in svg
    assert "title of one" not in texts(svg)


def test_ids_of_two_panels_on_one_page_differ() -> None:
    pictures = [inline(panel("one")), inline(panel("two"))]
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in pictures]
    assert all(ids)
    assert not ids[0] & ids[1]
    for svg, known in zip(pictures, ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= known


def test_lines_are_listed_once_for_all_panels() -> None:
    assert texts(inline(panel())).count("asmg") == 1
    assert texts(inline(panel(labels=()))).count("asmg") == 0
    both = plate([panel("one", labels=("iu", "asmg")), panel("two", labels=("iu", "bu-3"))])
    alone = plate([panel("one", labels=("iu", "asmg"))])
    assert both.svg.count(b'id="legend_') == alone.svg.count(b'id="legend_') == 1


def test_a_file_is_dark_on_white_and_says_nothing_of_its_making() -> None:
    files = plate([panel(), panel("two")])
    root = ET.fromstring(files.svg)
    (background,) = (part for part in root.iter(f"{SVG}g") if part.get("id") == "patch_1")
    assert "fill: #ffffff" in ET.tostring(background).decode()
    assert texts(files.svg) == []  # letters are shapes: they look alike where the font is not
    assert b"<dc:date" not in files.svg
    assert set(chunks(files.png)) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def test_a_picture_has_200_dots_an_inch_and_white_corners() -> None:
    parts = chunks(plate([panel(), panel("two")]).png)
    width, _, depth, kind = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (width, depth, kind) == (1760, 8, 6)
    assert round(struct.unpack(">I", parts[b"pHYs"][:4])[0] * 0.0254) == 200
    first_row = zlib.decompressobj().decompress(parts[b"IDAT"], 5)
    assert first_row[1:] == b"\xff\xff\xff\xff"


def test_matplotlibs_settings_are_left_as_they_were() -> None:
    before = dict(mpl.rcParams)
    inline(panel())
    plate([panel()])
    assert dict(mpl.rcParams) == before
