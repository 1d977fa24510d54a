"""Every page keeps every rule, and every rule notices a page that does not."""

from collections.abc import Callable

import pytest
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from book import pages
from book.pages import Page
from gan_utils.book import claims
from tests.gates import rules
from tests.gates.sample import FIGURE, sample

UNCHECKED_BUDGET = 0
"""Cells of the whole book that may escape the strict comparison of outputs."""

VERDICT_BUDGET = 12
"""Answers of the whole book that may be yes or no, since the question is of that kind."""

PAGES = pages.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_keeps_the_rules(page: Page):
    """Everything that a page breaks is said at once."""
    if found := rules.findings(page):
        pytest.fail("\n".join([f"chapters/{page.name}.ipynb", *found]), pytrace=False)


def test_cells_that_escape_the_comparison_are_within_the_budget():
    unchecked = [f"{page.name}: {fault}" for page in PAGES for fault in rules.unchecked_cells(page)]
    assert len(unchecked) <= UNCHECKED_BUDGET, unchecked
    assert not [fault for fault in unchecked if "no nbval_reason" in fault]


def test_verdicts_are_within_the_budget():
    printed = [f"{page.name}: {verdict}" for page in PAGES for verdict in rules.verdicts(page)]
    assert len(printed) <= VERDICT_BUDGET, "\n".join(printed)
    assert not [verdict for verdict in printed if "no verdict_reason" in verdict], printed


def test_a_reason_for_verdicts_stands_only_where_there_are_some():
    reasons = [
        f"{page.name}: {cell.metadata['verdict_reason']}"
        for page in PAGES
        for cell in page.code
        if "verdict_reason" in cell.metadata
        and not any(cell.metadata["verdict_reason"] in verdict for verdict in rules.verdicts(page))
    ]
    assert reasons == []


@pytest.mark.parametrize("kind", [*pages.PREFIXES, "figure"])
def test_labels_are_unique_in_the_book(kind: str):
    if kind == "figure":
        figures = [pages.figure(cell) for page in PAGES for cell in page.code]
        labels = [figure["name"] for figure in figures if "name" in figure]
    else:
        labels = [block.label for page in PAGES for block in page.directives(kind)]
    assert rules.repeated(labels) == []


def test_every_claim_is_shown_on_its_page():
    homes = {claim.name: claim.page for claim in claims.read_all().values()}
    assert rules.claims_not_shown(homes, PAGES) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_definitions_are_quiet(page: Page, capsys: pytest.CaptureFixture[str]):
    """Executing them prints nothing and draws nothing."""
    plt.close("all")
    pages.execute_definitions(page)
    assert capsys.readouterr() == ("", "")
    assert plt.get_fignums() == []


# Each rule against a page that breaks it. The sample is sound, so what a rule then says is due to
# the one change.


def change(old: str, new: str, cell: int) -> Callable[[Page], None]:
    """Replace text in the cell of that number."""

    def apply(page: Page) -> None:
        target = page.notebook.cells[cell]
        assert old in target.source
        target.source = target.source.replace(old, new)

    return apply


def set_tags(cell: int, *names: str) -> Callable[[Page], None]:
    return lambda page: page.code[cell].metadata.update(tags=list(names))


def set_figure(**changes: dict) -> Callable[[Page], None]:
    return lambda page: page.code[2].metadata.update(mystnb={**FIGURE, **changes})


def printing(text: str) -> Callable[[Page], None]:
    """Store that a cell printed the text."""
    return add_output(new_output("stream", name="stdout", text=text))


def add_output(output) -> Callable[[Page], None]:
    return lambda page: page.code[1].outputs.append(output)


def unexecute(page: Page) -> None:
    page.code[1].execution_count = None


def append_cell(source: str) -> Callable[[Page], None]:
    def apply(page: Page) -> None:
        cell = new_code_cell(source, execution_count=len(page.code) + 1)
        page.notebook.cells.append(cell)

    return apply


TEXT_CELL, DEFINITIONS_CELL, CODE_CELL, EXERCISE_CELL, REFERENCES_CELL = 0, 1, 2, 4, 5
PROOF = ":::{prf:proof}\nBy the definition of the number two.\n:::"

BREAKS = [
    (rules.every_cell_executed, unexecute, "[1, None, 3]"),
    (rules.no_errors_stored, add_output(new_output("stream", name="stderr", text="W")), "stderr"),
    (
        rules.no_errors_stored,
        add_output(new_output("error", ename="KeyError", evalue="x", traceback=[])),
        "KeyError",
    ),
    (rules.metadata_is_minimal, lambda p: p.code[1].metadata.update(execution={}), "execution"),
    (
        rules.nothing_is_installed,
        append_cell('run(["pip", "install", "x"])'),
        "code cell 3 installs",
    ),
    (rules.tags_are_known, set_tags(1, "remove-cell"), "remove-cell"),
    (rules.tags_are_known, set_tags(0, "definition"), "'definition'"),
    (rules.unchecked_cells, set_tags(1, "nbval-ignore-output"), "no nbval_reason"),
    (rules.unchecked_cells, change("print", "# NBVAL_SKIP\nprint", CODE_CELL), "NBVAL_SKIP"),
    (rules.code_can_be_read, change("print(", "print((", CODE_CELL), "1, line 1, is not Python"),
    (
        rules.code_can_be_read,
        change("assert double(1) == 2", "assert double(1) = 2", EXERCISE_CELL),
        "sol-sample-one, line 1, is not Python: ",
    ),
    (
        rules.approximate_numbers_are_bounded,
        append_cell('error = double(0.1)\nprint(f"≈ {error:.2f} nats")'),
        "prints ≈ error and bounds it by no assert",
    ),
    (
        rules.approximate_numbers_are_bounded,
        append_cell('print(f"≈ {found[\'error\']}")\nassert found["value"] < LIMIT'),
        "prints ≈ found['error'] and",
    ),
    (
        rules.approximate_numbers_are_bounded,
        append_cell('print(f"≈ {math.sqrt(COUNT)}")\nassert math.sqrt(COUNT) < 2'),
        "prints ≈ math.sqrt(COUNT) and",
    ),
    (
        rules.approximate_numbers_are_bounded,
        append_cell('def show(x):\n    print(f"≈ {x}")\n    assert x\n\n\nshow(error)'),
        "prints ≈ show(error) and",
    ),
    (
        rules.approximate_numbers_are_bounded,
        append_cell('print("≈", error)\nassert error < 1'),
        "not right before a value",
    ),
    (rules.approximate_numbers_are_bounded, printing("≈ 6\n"), "nothing in it says of what"),
    (rules.verdicts, printing("equal to 1e-5: True\n"), "'equal to 1e-5: True': no verdict_reason"),
    (rules.code_is_plain_python, change("print", "%time print", CODE_CELL), "magic"),
    (rules.code_is_plain_python, change("print", "glue('x', 1)\nprint", CODE_CELL), "glue"),
    (rules.code_is_plain_python, change("(COUNT))", "(COUNT));", CODE_CELL), "';'"),
    (rules.definitions_are_tagged, set_tags(0), "only defines"),
    (rules.definitions_are_tagged, set_tags(1, "definitions"), "acts: print"),
    (rules.cells_are_short, change("print", "print(1)\n" * 25 + "print", CODE_CELL), "26 lines"),
    (rules.cells_are_short, append_cell(" \n"), "empty"),
    (rules.figures_are_described, set_figure(image={}), "alt text"),
    (
        rules.figures_are_described,
        set_figure(image={"alt": "../_images/0123456789abcdef0123.png"}),
        "alt",
    ),
    (rules.figures_are_described, set_figure(figure={"name": "fig-x"}), "caption"),
    (
        rules.figures_are_described,
        set_figure(figure={**FIGURE["figure"], "name": "line"}),
        "name fig",
    ),
    (
        rules.figures_are_described,
        lambda p: p.code[2].outputs.extend(p.code[2].outputs),
        "2 images",
    ),
    (rules.labels_fit_their_kind, change("thm-sample", "theorem-sample", TEXT_CELL), "not thm-"),
    (rules.labels_fit_their_kind, change(":label: thm-sample-doubling\n", "", TEXT_CELL), "None"),
    (rules.statements_are_proved, change(PROOF, "", TEXT_CELL), "not followed by its proof"),
    (
        rules.statements_are_proved,
        change("By the definition of the number two.", "Clear.", TEXT_CELL),
        "Clear",
    ),
    (
        rules.exercises_are_solved,
        change("solution} ex-sample-one", "solution} ex-sample-two", EXERCISE_CELL),
        "0 solutions",
    ),
    (
        rules.exercises_are_solved,
        change("assert double(1) == 2", "double(1)", EXERCISE_CELL),
        "no python block",
    ),
    (
        rules.exercises_are_solved,
        change(":class: dropdown", ":class: tip", EXERCISE_CELL),
        "not folded",
    ),
    (rules.exercises_are_solved, lambda p: p.notebook.cells.pop(EXERCISE_CELL), "0 exercises"),
    (rules.claims_exist, append_cell('print(claims.read("no-such-claim"))'), "no-such-claim"),
    (
        rules.references_are_listed,
        change(":filter: docname in docnames", "", REFERENCES_CELL),
        "one bibliography",
    ),
    (rules.one_title, change("# A page", "# 3 A page", TEXT_CELL), "typed by hand"),
    (rules.one_title, change("Double two.", "# Another", EXERCISE_CELL), "only title"),
    (
        rules.chapters_open_and_end,
        change("## What you need", "## What we double", TEXT_CELL),
        "not 'What you need'",
    ),
    (rules.chapters_open_and_end, change("On a GPU", "Elsewhere", TEXT_CELL), "what a GPU does"),
    (rules.chapters_open_and_end, change("this chapter", "it", EXERCISE_CELL), "the last sections"),
    (
        rules.chapters_open_and_end,
        change("{prf:ref}`thm-sample-doubling`", "above", EXERCISE_CELL),
        "links to nothing",
    ),
    (rules.predictions_are_kept, change(" *Prediction.*", " And:", TEXT_CELL), "1 predictions"),
    (
        rules.predictions_are_kept,
        change("Double two.", "*Prediction.* Four.", EXERCISE_CELL),
        "no cell after",
    ),
    (
        rules.predictions_are_kept,
        lambda p: p.notebook.cells.insert(1, new_markdown_cell("*Prediction.* Four.")),
        "predicts again",
    ),
    (rules.terms_are_linked, change("{term}`density`", "density", TEXT_CELL), "4 terms"),
]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_rule_is_content_with_the_sample(rule: rules.Rule):
    assert list(rule(sample())) == []


def test_a_page_need_not_state_anything():
    page = sample()
    page.notebook.cells[TEXT_CELL].source = "# A title"
    assert list(rules.statements_are_proved(page)) == []


@pytest.mark.parametrize(
    ("rule", "spoil", "complaint"),
    BREAKS,
    ids=[f"{rule.__name__}-{word}" for rule, _, word in BREAKS],
)
def test_rule_notices_the_fault(rule: rules.Rule, spoil: Callable[[Page], object], complaint: str):
    page = sample()
    spoil(page)
    assert complaint in "\n".join(rule(page))


def test_all_faults_of_a_page_are_listed():
    """Also those that one rule finds, and one that keeps others from reading the code."""
    page = sample()
    assert rules.findings(page) == []
    for spoil in (
        change("{term}`density`", "density", TEXT_CELL),
        change("print(double(COUNT))", "%time print(glue(1));", CODE_CELL),
        change("COUNT = 3", "COUNT = 3\nprint(1)\nprint(2)", DEFINITIONS_CELL),
    ):
        spoil(page)
    found = rules.findings(page)
    names = [line.split(": ")[0] for line in found]
    assert names == [
        "code_can_be_read",
        *["code_is_plain_python"] * 3,
        *["definitions_are_tagged"] * 2,
        "terms_are_linked",
    ], found


@pytest.mark.parametrize(
    "source",
    [
        'print(f"≈ {error:.2f} nats")\nassert error < 1',
        "print(f\"{1:3d} {f'≈ {abs(error):.0e}':>9}\")\nassert 0 < np.max(error) < 1",
        'print(f"≈ {found.error}")\nassert found.error < 1, found.value',
        'for name, x in errors.items():\n    print(f"≈ {x}")\nassert errors["first"] < 1',
        'print(*(f"≈ {x}" for x in row))\nassert max(row) < 1',
        'def show(x):\n    print(f"≈ {x}")\n\n\nshow(error)\nassert error < 1',
    ],
)
def test_a_bounded_number_is_recognised(source: str):
    page = sample()
    append_cell(source)(page)
    assert list(rules.approximate_numbers_are_bounded(page)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("same seed: True; another seed: False\n", 2),
        ("SGD    0.3    yes\nAdam   0.2    no\n", 2),
        ("error: less than 1e-5\nregret   < 0.05 nats\n", 2),
        ("the error is below 1e-5\nnowhere above 0.001 nats\nmore than 50 % of the error", 3),
        ("precision between 0.3 and 0.7, recall between 0.65 and 0.98", 2),
        ("shape  (3, 4)   as predicted", 1),
        ("jit_compile=True   error ≈ 1e-07\nno determinant   within 2 s.e.:  13%\n", 0),
        ("|log p/q| <= 4   99 % of m\n2 < 3 points", 0),
    ],
)
def test_verdicts_are_counted(text: str, count: int):
    page = sample()
    printing(text)(page)
    assert len(list(rules.verdicts(page))) == count


def test_the_bounds_in_the_table_of_a_claim_are_no_verdicts():
    page = sample()
    append_cell('print(claims.read("engine-grid"))')(page)
    table = str(claims.read_all()["engine-grid"])
    page.code[-1].outputs = [new_output("stream", name="stdout", text=table)]
    assert "≥ 25" in table
    assert list(rules.verdicts(page)) == []
    page.code[-1].source = "print(engine_grid)"
    assert list(rules.verdicts(page)) != []


def test_a_reason_for_a_verdict_is_told():
    page = sample()
    printing("True")(page)
    page.code[1].metadata["verdict_reason"] = "it is asked whether"
    assert list(rules.verdicts(page)) == ["code cell 1 prints 'True': it is asked whether"]


def test_a_repeated_label_is_noticed():
    assert rules.repeated(["thm-a", "thm-b"]) == []
    assert rules.repeated(["thm-a", "thm-b", "thm-a"]) == ["thm-a"]


def test_a_claim_that_is_not_shown_is_noticed():
    page = sample()
    append_cell('print(claims.read("here"))')(page)
    assert rules.claims_not_shown({"here": page.name}, [page]) == []
    assert rules.claims_not_shown({"here": "elsewhere"}, [page]) == ["elsewhere: here"]
    assert rules.claims_not_shown({"silent": page.name}, [page]) == [f"{page.name}: silent"]


def test_every_rule_is_shown_to_bite():
    assert {rule for rule, _, _ in BREAKS} == set(rules.RULES)
