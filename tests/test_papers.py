"""The papers a hospital asks for: what they say is what the sources say, and leads somewhere."""

from __future__ import annotations

import ast
import io
import re
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import papers
from app.papers import FIRST, beside, bytes_of_paper, place_of_heading, text_of
from app.papers import papers as listed_papers
from app.views.palette import DARK, STRUCTURE_COLOURS
from paperwork import flow, references, risks
from paperwork.accuracy import read_figures
from paperwork.markdown import PaperError, names_of_parts, table, with_parts
from paperwork.parts import makers
from paperwork.small_png import small_png
from planning.network.servers import LOOPBACK

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "resources" / "docs"
PICTURES = DOCS / "pictures"
PAPERS = sorted(DOCS.rglob("*.md"))
MOST_BYTES = 6_000_000

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def _key(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


def _listed() -> tuple[risks.Risk, ...]:
    return risks.read_risks(ROOT / "resources" / "risks.toml")


def test_generated_parts_are_what_the_sources_say_now():
    assert list(papers.outdated_papers()) == []


def test_an_outdated_part_is_noticed(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "resources", tmp_path / "resources", ignore=_without_pictures)
    paper = tmp_path / "resources" / "docs" / "data-flow.md"
    paper.write_text(paper.read_text(encoding="utf-8").replace(LOOPBACK, "0.0.0.0"), "utf-8")
    monkeypatch.setattr(papers, "ROOT", tmp_path)
    monkeypatch.setattr(papers.sys, "argv", ["papers.py", "--check"])
    assert papers.main() == 1
    said = capsys.readouterr().out
    assert "data-flow.md is not what the sources say now." in said
    assert "python packaging/papers.py" in said
    monkeypatch.setattr(papers.sys, "argv", ["papers.py"])
    assert papers.main() == 0
    assert paper.read_bytes() == (DOCS / "data-flow.md").read_bytes()


def _without_pictures(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith((".png", ".otf"))]


def test_every_part_that_can_be_made_stands_in_a_paper():
    used = {name for path in PAPERS for name in names_of_parts(path.read_text(encoding="utf-8"))}
    assert used == makers(ROOT).keys()


def test_a_listener_that_is_open_by_default_is_no_paper(monkeypatch):
    assert f"Both listen on `{LOOPBACK}`" in flow.listeners()
    monkeypatch.setattr(flow.link_values, "DEFAULT_HOST", "0.0.0.0")
    with pytest.raises(PaperError, match="they do on"):
        flow.listeners()


def test_a_part_that_nobody_makes_or_ends_is_an_error():
    with pytest.raises(PaperError, match="Nobody makes"):
        with_parts("<!-- made: x -->\n<!-- end -->", {})
    with pytest.raises(PaperError, match="not ended"):
        with_parts("<!-- made: x -->\nwords", {"x": lambda: "more"})
    once = with_parts("a\n<!-- made: x -->\n<!-- end -->\nb", {"x": lambda: "new"})
    assert once == "a\n<!-- made: x -->\n\nnew\n\n<!-- end -->\nb"
    assert with_parts(once, {"x": lambda: "new"}) == once


def test_no_text_ends_a_cell_of_a_table():
    assert table(("a|b",), [("one\ntwo | three",)]).splitlines() == [
        r"| a\|b |",
        "| --- |",
        r"| one two \| three |",
    ]


def test_every_risk_names_modules_and_tests_that_exist():
    listed = _listed()
    assert len(listed) >= 40
    for risk in listed:
        for module in risk.modules:
            path = ROOT.joinpath(*module.split("."))
            assert path.with_suffix(".py").is_file() or path.is_dir(), f"{risk.key}: {module}"
        assert risk.tests, risk.key
        for test in risk.tests:
            file, _, name = test.partition("::")
            assert name in _tests_of(ROOT / file), f"{risk.key}: {test}"


@cache
def _tests_of(path: Path) -> set[str]:
    """Return the tests of a file, as pytest names them."""
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_risks_are_distinct_and_the_gravest_come_first():
    listed = _listed()
    assert len({risk.hazard for risk in listed}) == len(listed)
    order = [risks.SEVERITIES.index(risk.severity) for risk in listed]
    assert order == sorted(order)
    assert order[0] == 0


def test_a_risk_that_says_too_little_is_refused(tmp_path):
    whole = (ROOT / "resources" / "risks.toml").read_text(encoding="utf-8")
    for old, new, said in (
        ('harm = "Wrong side entered"', 'harm = ""', "says nothing under harm"),
        ('severity = "minor"', 'severity = "small"', "is one of critical"),
        ('key = "crash"', 'key = "pleura"', "Two risks have the key pleura"),
        ('residual = "Words do not hold a hand back."', "", "has to say"),
    ):
        file = tmp_path / "risks.toml"
        assert old in whole
        file.write_text(whole.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(PaperError, match=said):
            risks.read_risks(file)


def test_figures_say_what_they_were_measured_on(tmp_path):
    file = ROOT / "resources" / "accuracy.toml"
    found = read_figures(file)
    assert {figure.on for figure in found} >= {"simulated scans", "phantom", "real CT"}
    for figure in found:
        script = next(word for word in figure.command.split() if word.endswith(".py"))
        assert (ROOT / script).is_file(), figure.command
    wrong = tmp_path / "accuracy.toml"
    wrong.write_text(file.read_text(encoding="utf-8").replace("real CT", "patients", 1), "utf-8")
    with pytest.raises(PaperError, match="not one of"):
        read_figures(wrong)


def test_every_key_of_a_case_file_has_words(tmp_path, monkeypatch):
    words = Path(references.__file__).with_name("case_fields.toml").read_text(encoding="utf-8")
    copy = tmp_path / "case_fields.toml"
    copy.write_text(words.replace("surgeon = ", "doctor = "), encoding="utf-8")
    monkeypatch.setattr(references, "_WORDS", copy)
    with pytest.raises(PaperError, match="doctor, surgeon"):
        references.case_toml()


@pytest.mark.parametrize("path", PAPERS, ids=_key)
def test_links_and_pictures_lead_somewhere(path):
    text = text_of(_key(path), DOCS)
    for link in _LINK.findall(text):
        assert not link.startswith("http"), f"{link}: the papers are read without a network"
        file, place = beside(_key(path), link)
        assert (DOCS / file).is_file(), link
        if place:
            headings = _HEADING.findall(text_of(file, DOCS))
            assert place in {place_of_heading(heading) for heading in headings}, link


def test_the_readme_leads_to_the_papers():
    links = _LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    led = [link for link in links if link.startswith("resources/docs")]
    assert {"resources/docs/README.md", "resources/docs/window.png"} <= set(led)
    assert [link for link in led if not (ROOT / link).is_file()] == []


def test_the_first_paper_leads_to_all_others():
    keys = [paper.key for paper in listed_papers(DOCS)]
    assert keys[0] == FIRST
    assert sorted(keys) == sorted(map(_key, PAPERS))
    assert all(paper.title for paper in listed_papers(DOCS))


def test_papers_that_decide_say_what_it_is_not():
    for key in (FIRST, "intended-use.md", "risks.md", "dicom-conformance.md"):
        assert "**Research use only. Not a medical device.**" in text_of(key, DOCS)
    assert "<!--" not in text_of("risks.md", DOCS)


def test_nothing_but_a_paper_is_handed_out():
    assert bytes_of_paper("../risks.toml", DOCS) is None
    assert bytes_of_paper("manual", DOCS) is None
    assert bytes_of_paper("/etc/hostname", DOCS) is None
    assert beside("manual/views.md", "../pictures/plan.png") == ("pictures/plan.png", "")
    assert beside("risks.md", "#overview") == ("risks.md", "overview")


def test_every_picture_is_made_by_the_command_and_shown():
    sources = [ROOT / "packaging" / "paperwork" / f"{name}.py" for name in _SCENES]
    made = {name for path in sources for name in _pictures_made(path)}
    there = {path.stem for path in PICTURES.glob("*")}
    assert there == made
    shown = {
        Path(link).stem
        for path in PAPERS
        for link in _LINK.findall(path.read_text(encoding="utf-8"))
        if link.endswith(".png")
    }
    assert shown == there


_SCENES = ("scenes", "other_windows")


def _pictures_made(path: Path) -> set[str]:
    """Return the names given to pictures in a source, as constants or in a loop over some."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("snap")
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    }
    if path.stem == "other_windows":
        named |= {"accuracy-tips", "accuracy-control", "room-sheet", "pathology"}
    return named


def test_papers_stay_small_enough_for_the_bundle():
    assert sum(path.stat().st_size for path in DOCS.rglob("*") if path.is_file()) < MOST_BYTES
    for path in PICTURES.glob("*.png"):
        with Image.open(path) as picture:
            assert picture.mode == "P"
            assert picture.width <= 1600


def test_colours_with_a_meaning_stay_exact_in_a_small_picture():
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (200, 300, 3)).astype(np.uint8)
    own = (DARK.accent, DARK.danger, *STRUCTURE_COLOURS)
    for number, colour in enumerate(own):
        pixels[number, number : number + 2] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    pixels[100:, :] = (20, 23, 27)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    small = small_png(buffer.getvalue())
    assert len(small) < len(buffer.getvalue()) / 2
    with Image.open(io.BytesIO(small)) as opened:
        again = np.asarray(opened.convert("RGB"))
    for number, _ in enumerate(own):
        assert (again[number, number] == pixels[number, number]).all()
    assert (again[150, 150] == (20, 23, 27)).all()
    assert small_png(buffer.getvalue()) == small


def test_the_sheet_of_keys_fits_on_its_page():
    drawing = (DOCS / "shortcuts.svg").read_text(encoding="utf-8")
    places = re.findall(r"<text x='([\d.]+)' y='([\d.]+)'", drawing)
    assert len(places) > 100
    assert max(float(x) for x, _ in places) < 260.0
    assert max(float(y) for _, y in places) < 206.0
