"""The notebooks that carry the wheel run without the repository, and read like the book."""

import importlib.metadata
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import nbformat
import pytest

from book import address, colab, pages, parity, plain, setup_cell
from tests.gates.sample import sample
from tests.gates.test_setup_cell import until_the_report

PAGES = [page.name for page in (*pages.in_order(), colab.explorables())]

OURS = ("gan_utils", "__editable__")
"""How the names of the files begin that an installed gan_utils leaves in site-packages."""

DRIVER = """\
import importlib.metadata, importlib.util, json, sys, traceback, types
import nbformat

libraries = ("tensorflow", "keras", "numpy", "scipy")


def versions():
    return {name: importlib.metadata.version(name) for name in libraries}


def code(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


notebooks = json.loads(sys.argv[1])
report = {"found before": importlib.util.find_spec("gan_utils") is not None}
report["before"] = versions()
sys.stdout.flush()
exec(code(next(iter(notebooks.values())))[0].source, {})
import gan_utils, tensorflow
from gan_utils import book

report["after"] = versions()
report["package"] = gan_utils.__file__
report["tensorflow"] = tensorflow.__file__
report["records"] = [book.__file__, len(book.claims.read_all())]
report["weights"] = gan_utils.digit_generator().count_params()
report["pages"] = {}
for name, path in notebooks.items():
    module = types.ModuleType("page_" + name.replace("/", "_"))
    sys.modules[module.__name__] = module
    try:
        for cell in code(path):
            if {"definitions", "setup"} & set(cell.metadata.get("tags", [])):
                exec(cell.source, vars(module))
        report["pages"][name] = len(vars(module))
    except Exception:
        report["pages"][name] = traceback.format_exc()
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def notebooks(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The self-contained notebook of every page."""
    paths = colab.write(tmp_path_factory.mktemp("colab"), setup_cell.from_wheel(wheel))
    return dict(zip(PAGES, paths, strict=True))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> parity.Runtime:
    """An environment with everything that this one has except gan_utils."""
    runtime = Clean("clean", "", {}, tmp_path_factory.mktemp("clean"))
    borrowed = runtime.folder / "borrowed"
    borrowed.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(OURS) and path.suffix != ".pth":
            (borrowed / path.name).symlink_to(path)
    venv.create(runtime.folder, with_pip=False, symlinks=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(parity.run(runtime, "-c", ask).stdout.strip())
    (site / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    return runtime


class Clean(parity.Runtime):
    """A runtime in a folder of its own."""

    def __init__(self, name: str, python: str, packages: dict, folder: Path):
        super().__init__(name, python, packages)
        object.__setattr__(self, "place", folder)

    @property
    def folder(self) -> Path:
        return self.place


@pytest.fixture(scope="module")
def report(clean: parity.Runtime, notebooks: dict[str, Path]) -> dict:
    """What happens when the notebooks start there, one after the other."""
    paths = {name: str(path) for name, path in notebooks.items()}
    done = parity.run(clean, "-c", DRIVER, json.dumps(paths))
    assert done.returncode == 0, done.stdout
    *said, last = done.stdout.splitlines()
    site = next(clean.folder.glob("lib/python*/site-packages"))
    new = {path.name for path in site.iterdir()} - {"borrowed.pth"}
    return json.loads(last) | {"said": said, "new": new, "site": site}


def test_setup_cell_brings_the_package(report: dict, clean: parity.Runtime):
    """It was not there; now it is in that environment, with its records and weights."""
    assert not report["found before"]
    assert Path(report["package"]).is_relative_to(clean.folder)
    path, claims = report["records"]
    assert Path(path).is_relative_to(clean.folder)
    assert claims > 0
    assert report["weights"] > 0


def test_setup_cell_leaves_the_others_alone(report: dict):
    """The versions stay as they were, and nothing but gan_utils is installed."""
    assert report["before"] == report["after"]
    assert {name.split("-")[0] for name in report["new"]} == {"gan_utils"}
    assert not Path(report["tensorflow"]).is_relative_to(report["site"])


def test_setup_cell_says_what_it_found(report: dict):
    libraries = ("gan_utils", "tensorflow", "keras", "numpy")
    expected = [f"{name} {importlib.metadata.version(name)}" for name in libraries]
    assert report["said"][-5:] == [*expected, "device CPU"]


@pytest.mark.parametrize("name", PAGES)
def test_page_starts_without_the_repository(name: str, report: dict):
    """Its setup cell and definitions run; `make test-colab` runs the rest."""
    assert isinstance(report["pages"][name], int), report["pages"][name]


@pytest.mark.parametrize("name", PAGES)
def test_page_begins_with_the_setup_cell(name: str, notebooks: dict[str, Path], wheel: Path):
    """All have the same one, which holds the wheel, so that running one tests all."""
    notebook = nbformat.read(notebooks[name], as_version=4)
    nbformat.validate(notebook)
    assert faults(notebook, setup_cell.from_wheel(wheel)) == []
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def faults(notebook: nbformat.NotebookNode, setup: str) -> list[str]:
    """What keeps a notebook from standing alone."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    text = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    unresolved = [found for source in text for found in plain_faults(source)]
    return [
        *([] if code[0].source == setup else ["the first code cell is another"]),
        *("outputs" for cell in code if cell.outputs or cell.execution_count),
        *unresolved,
    ]


def plain_faults(text: str) -> list[str]:
    """The roles, directives, labels and relative links in a Markdown text."""
    patterns = (
        r"(?<!`)\{[\w:]+\}`",
        r"(?m)^ *[:`]{3,}\{.*",
        r"(?m)^ *:::.*",
        r"(?m)^:\w+:.*",
        r"(?m)^ *\$\$ *\(.*",
        r"\]\((?!https?:)[^)]*\)",
    )
    without_code = re.sub(r"(?ms)^```python\n.*?^```$", "", text)
    return [match for pattern in patterns for match in re.findall(pattern, without_code)]


@pytest.mark.parametrize(
    "text",
    [
        "see {doc}`/notation`",
        "```{bibliography}\n```",
        ":::{note}\n:::",
        ":label: thm-a",
        "$$\nx\n$$ (eq-a)",
        "[there](../notation.md)",
    ],
)
def test_what_only_the_book_can_resolve_is_noticed(text: str):
    assert plain_faults(text)
    assert plain_faults("$$\nx\n$$ and `{a}` and [there](https://example.org)") == []


def test_a_notebook_that_cannot_stand_alone_is_noticed(notebooks: dict[str, Path]):
    notebook = nbformat.read(notebooks[PAGES[0]], as_version=4)
    setup = next(cell for cell in notebook.cells if cell.cell_type == "code").source
    assert faults(notebook, setup) == []
    assert faults(notebook, setup_cell.from_address("x")) == ["the first code cell is another"]
    notebook.cells[-1].source += "{term}`value`"
    assert faults(notebook, setup) == ["{term}`"]


def test_a_damaged_wheel_is_noticed(clean: parity.Runtime, report: dict, wheel: Path, tmp_path):
    """By pip, and the cell fails."""
    broken = tmp_path / wheel.name
    broken.write_bytes(wheel.read_bytes()[:1000])
    source = setup_cell.from_wheel(broken).replace('"gan_utils") is None', '"gan_utils_") is None')
    done = parity.run(clean, "-c", source)
    assert done.returncode != 0
    assert "CalledProcessError" in done.stdout


def numbers_in(html: Path) -> dict[str, str]:
    """The number that stands at every label of the built book, as Sphinx wrote it."""
    number = r'(?:caption-number">|eqno">)\s*([^<]*?)\s*<'
    found = {}
    for path in html.glob("chapters/*/*.html"):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r'id="(?:equation-)?((?:[a-z]+)-[\w-]+)"', text):
            if match[1] in BOOK.labels:
                found[match[1]] = re.compile(number).search(text, match.end())[1]
    return found


BOOK = plain.Book()


def test_references_read_as_in_the_book(html: Path):
    """Every number is the one that Sphinx gave."""
    assert len(BOOK.labels) > 100
    assert BOOK.labels == numbers_in(html)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{doc}`/notation`", "*Notation*"),
        ("{doc}`the\nledger </chapters/back/ledger>`", "the ledger"),
        ("{term}`batch`, {term}`batches <batch>`", "batch, batches"),
        ("{prf:ref}`thm-optimal-discriminator`", "Theorem 4.1"),
        ("{numref}`fig-trained-logit`", "Fig. 4.1"),
        ("{eq}`eq-optimal-discriminator`", "(4.1)"),
        ("{cite:t}`goodfellow2014generative`", "Goodfellow et al. (2014)"),
        ("{cite:p}`yazici2019unusual,sagan1994space`", "(Yazıcı et al., 2019; Sagan, 1994)"),
        ("{cite:t}`lopezpaz2017revisiting`", "Lopez-Paz and Oquab (2017)"),
        ("$$\nx\n$$ (eq-regret)", "$$\nx\n\\tag{4.3}\n$$"),
        ("  $$\n  x\n  $$ (eq-regret)", "  $$\n  x\n  \\tag{4.3}\n  $$"),
        (
            ":::{prf:proposition} Regret\n:label: prop-regret\n\nA {term}`mean`.\n:::\nThen.",
            "**Proposition 4.3** (Regret)\n\nA mean.\n\nThen.",
        ),
        (":::{prf:proof}\nClear.\n:::", "*Proof.* Clear.\n\n∎"),
        ("```python\nx = '{term}`a`'\n```", "```python\nx = '{term}`a`'\n```"),
    ],
)
def test_plain_text(text: str, expected: str):
    assert BOOK.plain(text, []) == expected


def test_solutions_are_folded_and_keep_their_code():
    text = "::::{solution} ex-a\n:label: sol-a\n\nSo:\n\n```python\nassert True\n```\n::::"
    book = plain.Book()
    book.labels["ex-a"] = "Exercise 4.9"
    assert book.plain(text, []) == (
        "<details>\n<summary>Solution of Exercise 4.9</summary>\n\nSo:\n\n"
        "```python\nassert True\n```\n\n</details>"
    )


def test_an_answer_is_folded():
    text = ":::{admonition} Answer\n:class: dropdown\nNeither: a {term}`mean`.\n:::"
    assert BOOK.plain(text, []) == (
        "<details>\n<summary>Answer</summary>\n\nNeither: a mean.\n\n</details>"
    )


def test_a_bibliography_lists_what_the_page_cites():
    page = sample()
    assert plain.cited_on(page) == ["goodfellow2014generative"]
    listed = BOOK.plain(
        "```{bibliography}\n:filter: docname in docnames\n```", plain.cited_on(page)
    )
    assert listed.startswith("- Ian Goodfellow")
    assert "Generative adversarial nets" in listed.replace("\\", "")
    assert len(listed.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{kbd}`x`", ValueError),
        (":::{note}\nx\n:::", ValueError),
        ("{prf:ref}`thm-nowhere`", KeyError),
        ("{doc}`/chapters/nowhere`", KeyError),
        ("{cite:t}`nobody1900nothing`", KeyError),
    ],
)
def test_what_has_no_plain_form_is_refused(text: str, error: type[Exception]):
    with pytest.raises(error):
        BOOK.plain(text, [])


def test_a_figure_keeps_its_caption():
    page = pages.page("probability/optimal_discriminator")
    cells = colab.standalone(page, "pass", BOOK).cells
    at = next(i for i, cell in enumerate(cells) if cell.id == "fig-trained-logit")
    assert cells[at].source.startswith("*Fig. 4.1.* ")
    assert pages.figure(cells[at - 1])["name"] == "fig-trained-logit"


def test_the_note_says_what_to_expect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Seconds where they were measured; the address where there is one."""
    config = tmp_path / "_config.yml"
    text = address.CONFIG.read_text(encoding="utf-8")
    config.write_text(text.replace(address.stored(), address.PLACEHOLDER), encoding="utf-8")
    monkeypatch.setattr(address, "CONFIG", config)
    trained = colab.note(pages.page("tensorflow/first_gan"))
    assert re.search(r"took \d+ s on \d+ processors", trained)
    assert "`full`" in trained
    assert "was not measured" in trained
    assert "`full`" not in colab.note(pages.page("back/ledger"))
    assert colab.cost(sample()) == ""
    assert "`make book`" in trained
    address.store("https://github.com/someone/gans", config)
    published = colab.note(pages.page("tensorflow/first_gan"))
    assert "https://github.com/someone/gans" in published
    assert "`make book`" not in published


def test_the_runtime_of_today_is_the_one_that_the_lock_follows():
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    now = [f"{name}=={version}" for name, version in parity.RUNTIMES[0].packages.items()]
    assert now == project["tool"]["uv"]["constraint-dependencies"]


def test_an_interpreter_is_of_the_version_that_was_asked_for():
    mine = "{}.{}".format(*sys.version_info)
    asked = [parity.interpreter(mine), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    assert subprocess.run(asked, capture_output=True, text=True).stdout.strip() == mine
    assert parity.interpreter("9.9") == sys.executable


def test_parity_tells_which_notebook_fails_and_why(
    clean: parity.Runtime, report: dict, wheel: Path, tmp_path: Path
):
    """It starts without the package that another notebook has installed, and brings its own."""
    code = [
        "import importlib.util\nassert importlib.util.find_spec('gan_utils') is None",
        until_the_report(setup_cell.from_wheel(wheel)),
        "from gan_utils import kl\nfrom gan_utils import nothing",
    ]
    cells = [nbformat.v4.new_code_cell(text) for text in code]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "page.ipynb")
    result = parity.execute(clean, tmp_path / "page.ipynb")
    assert re.match(r"FAILED after \d+ s: ImportError: cannot import name 'nothing'", result)
