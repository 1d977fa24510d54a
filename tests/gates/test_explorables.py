"""The figures with sliders: each folder is whole, and the pages load what they show and no more."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from book.building import build
from book.explorables import registry, words
from book.explorables.explorable import Choice, Explorable, Slider
from book.explorables.registry import explorables
from book.extensions.explorables import STATIC, scripts
from book.pages import ROOT
from tests.gates.test_book import SMALL_BOOK

# --- What a folder holds --------------------------------------------------------------------------


def test_every_folder_is_a_figure():
    folders = {path.parent for path in registry.HERE.glob("*/*.*") if path.suffix != ".pyc"}
    assert {this.folder for this in explorables().values()} == folders != set()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Copies a figure's folder under a new name; each copy is in a package of its own."""
    monkeypatch.syspath_prepend(tmp_path)

    def copy(name: str) -> Path:
        return shutil.copytree(
            registry.HERE / "dirac_gan",
            tmp_path / f"figures_{name}" / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    return copy


def found(folder: Path) -> dict[str, Explorable]:
    """What the registry finds where only this folder is."""
    return registry.find(folder.parent, folder.parent.name)


def test_a_new_folder_is_found(elsewhere: Callable[[str], Path]):
    folder = elsewhere("new_game")
    (folder.parent / "__pycache__").mkdir()
    (folder.parent / "left_by_another_branch" / "__pycache__").mkdir(parents=True)
    (this,) = found(folder).values()
    assert (this.name, this.folder) == ("new-game", folder)


@pytest.mark.parametrize("file", registry.FILES)
def test_a_folder_that_lacks_a_file_is_noticed(elsewhere: Callable[[str], Path], file: str):
    folder = elsewhere(f"without_{file.replace('.', '_')}")
    (folder / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"{folder.name} lacks {file}"):
        found(folder)


def test_a_figure_of_no_page_is_noticed(elsewhere: Callable[[str], Path]):
    folder = elsewhere("homeless")
    source = (folder / "figure.py").read_text(encoding="utf-8")
    (folder / "figure.py").write_text(source.replace("chapters/back", "chapters/x"), "utf-8")
    with pytest.raises(ValueError, match="homeless belongs to chapters/x/explorables"):
        found(folder)


def unshown(this: Explorable) -> bool:
    """Whether the section of a figure leaves the figure out."""
    return f":::{{explorable}} {this.name}\n:::" not in this.text


def test_every_section_shows_its_figure(elsewhere: Callable[[str], Path]):
    assert [name for name, this in explorables().items() if unshown(this)] == []
    assert unshown(found(elsewhere("other_game"))["other-game"])


# --- What a figure says ---------------------------------------------------------------------------


def unsayable(this: Explorable) -> list[str]:
    """Sentences at the ends of the controls that are not whole."""
    ends = [(name, end) for name, control in this.controls.items() for end in control.ends]
    sentences = [this.sentence(**{**this.first(), name: end}) for name, end in ends]
    return [text for text in sentences if re.search(r"[{}]|\bnan\b|\binf\b|−inf", text)]


def unreached(this: Explorable) -> set[str]:
    """Findings that the checks do not reach, or for which there is no sentence."""
    return {this.state(**values)["finding"] for values in this.checks} ^ set(this.sentences)


@pytest.mark.parametrize("name", explorables())
def test_every_control_stays_within_what_its_figure_can_say(name: str):
    assert unsayable(explorables()[name]) == []


@pytest.mark.parametrize("name", explorables())
def test_the_checks_reach_every_sentence(name: str):
    assert unreached(explorables()[name]) == set()


def test_a_sentence_that_cannot_be_said_is_noticed():
    sound = explorables()["generator-gradient"]
    broken = dict.fromkeys(sound.sentences, "D = {probability:}")
    assert unsayable(replace(sound, sentences=broken)) == ["D = {probability:}"] * 2
    assert unreached(replace(sound, checks=sound.checks[:2])) == {"even", "deceived"}
    assert unreached(replace(sound, sentences={**sound.sentences, "x": ""})) == {"x"}


def test_numbers_are_written_for_readers():
    assert words.fixed(-0.00001, 4) == "0.0000"
    assert words.fixed(-12.5, 1) == "−12.5"
    assert words.short(0.25) == "0.2500"
    assert words.short(-1.23e-12) == "−1.2 × 10⁻¹²"
    assert words.short(5e60) == "5.0 × 10⁶⁰"
    sentence = "JS is {js:4} nats, {share:percent} % of log 2, after {order} steps: {js:short}"
    numbers = {"js": 0.00034, "share": 0.5, "order": "two"}
    assert words.fill(sentence, numbers) == (
        "JS is 0.0003 nats, 50.0 % of log 2, after two steps: 3.4 × 10⁻⁴"
    )


@pytest.mark.parametrize("sentence", ["{value:4}", "{js:exactly}"])
def test_a_place_that_cannot_be_filled_is_noticed(sentence: str):
    with pytest.raises(KeyError):
        words.fill(sentence, {"js": 1.0})


def test_a_choice_begins_with_its_first_word():
    assert Choice("order", ("one", "two")).first == "one"
    assert Slider("size", 0, 2, 1.0).ends == (0, 2)


# --- The pages ------------------------------------------------------------------------------------

CONFIG = SMALL_BOOK["_config.yml"] + "sphinx: {extra_extensions: [book.extensions.explorables]}\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [("separation", "build succeeded"), ("separations", "no explorable 'separations'; known are")],
)
def test_an_unknown_name_stops_the_build(tmp_path, monkeypatch, name: str, message: str):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source = tmp_path / "source"
    source.mkdir()
    page = f"# Small\n\n:::{{explorable}} {name}\n:::\n"
    for file, text in {**SMALL_BOOK, "_config.yml": CONFIG, "intro.md": page}.items():
        (source / file).write_text(text, encoding="utf-8")
    done = build(source, tmp_path / "output")
    said = done.stdout + done.stderr
    assert message in said
    assert (done.returncode == 0) == (message == "build succeeded")
    if done.returncode == 0:
        built = (tmp_path / "output" / "_build" / "html" / "intro.html").read_text("utf-8")
        assert (shown(built), loaded(built)) == ([name], list(scripts([name])))


def shown(html: str) -> list[str]:
    """The figures of a built page."""
    return re.findall(r'<div class="explorable" id="explorable-([\w-]+)"', html)


def loaded(html: str) -> list[str]:
    """The scripts of figures that a built page loads."""
    return re.findall(rf'<script defer="defer" src="[./]*_static/{STATIC}/([\w.-]+)', html)


def loads_what_it_shows(html: str) -> bool:
    """Whether the scripts of a built page are those of its figures."""
    figures = shown(html)
    return loaded(html) == (list(scripts(figures)) if figures else [])


def test_pages_load_the_scripts_of_their_figures_and_no_others(html: Path):
    pages = {path.name: path.read_text(encoding="utf-8") for path in html.rglob("*.html")}
    assert [name for name, text in pages.items() if not loads_what_it_shows(text)] == []
    assert shown(pages["explorables.html"]) == list(explorables())
    assert shown(pages["intro.html"]) == []
    for script, path in scripts(explorables()).items():
        assert (html / "_static" / STATIC / script).read_bytes() == path.read_bytes()


def test_a_script_too_many_or_too_few_is_noticed():
    figure = '<div class="explorable" id="explorable-separation"'
    tags = [
        f'<script defer="defer" src="../_static/{STATIC}/{name}?v=1"></script>'
        for name in scripts(["separation"])
    ]
    assert loads_what_it_shows(figure + "".join(tags))
    assert not loads_what_it_shows(figure + "".join(tags[:-1]))
    assert not loads_what_it_shows("".join(tags))
    assert not loads_what_it_shows(figure + "".join([*tags, tags[-1].replace("separation", "x")]))


def test_the_directive_alone_is_expanded():
    text = "# Title\n\n:::{note}\nA.\n:::\n\n```{explorable} separation\n```\nB."
    assert registry.expanded(text) == text
    assert registry.expanded("# T\n\n:::{explorables}\n:::\n") == f"# T\n\n{registry.sections()}\n"
