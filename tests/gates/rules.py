"""The rules that hold for one page at a time.

A rule takes a page and yields a sentence for every place where the page breaks it. The
tests beside this file ask every rule about every page, and about a page that is broken on purpose.
"""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from book.pages import (
    CELL_METADATA,
    OPENING,
    PREFIXES,
    PROVED,
    STATEMENTS,
    Block,
    Page,
    figure,
    headings,
    is_chapter,
    roles,
    sections,
    tags,
    terms,
)
from gan_utils.book import claims

Rule = Callable[[Page], Iterator[str]]

LONGEST_CELL = 25
"""Lines of code that a reader can be shown at once."""

FEWEST_EXERCISES = 3
FEWEST_PREDICTIONS = 3
FEWEST_TERMS = 5

ENDING = ["What this chapter gave", "Exercises", "References"]
"""The sections with which a chapter ends."""

GPU = "*On a GPU.*"
"""How the paragraph of the first section begins that says what to expect there."""

PREDICTION = "*Prediction.*"

SHORTEST_ALT = 30
SHORTEST_CAPTION = 20

TAGS = {"definitions", "hide-input"}
"""Tags that a cell may carry, beside those that `unchecked_cells` counts."""

_NBVAL_COMMENT = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\b")
_NBVAL_TAG = re.compile(r"^(nbval-.*|raises-exception)$")


def every_cell_executed(page: Page) -> Iterator[str]:
    """Strict comparison passes over a cell without an execution count, so none may lack one."""
    counts = [cell.execution_count for cell in page.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}: run `make outputs`"


def no_errors_stored(page: Page) -> Iterator[str]:
    """No traceback and nothing on stderr."""
    for number, cell in enumerate(page.code):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"code cell {number} stores the error {output.ename}: mend it, `make outputs`"
            elif output.get("name") == "stderr":
                yield f"code cell {number} stores stderr, mend its cause: {output.text[:60]!r}"


def metadata_is_minimal(page: Page) -> Iterator[str]:
    """Nothing that differs from one machine or run to the next."""
    if "version" in page.notebook.metadata.get("language_info", {}):
        yield "the notebook's metadata names a Python version: run `make outputs`"
    for number, cell in enumerate(page.notebook.cells):
        extra = set(cell.metadata) - CELL_METADATA
        if extra:
            yield f"cell {number} has metadata {sorted(extra)}: run `make outputs`"


def tags_are_known(page: Page) -> Iterator[str]:
    """A misspelt tag would silently do nothing; a removed cell would hide mathematics."""
    for number, cell in enumerate(page.code):
        for tag in tags(cell):
            if tag not in TAGS and not _NBVAL_TAG.match(tag):
                yield f"code cell {number} has the tag {tag!r}; known are {sorted(TAGS)}"


def unchecked_cells(page: Page) -> Iterator[str]:
    """Every cell that escapes the strict comparison; the book's budget for them is a test."""
    for number, cell in enumerate(page.code):
        marks = [tag for tag in tags(cell) if _NBVAL_TAG.match(tag)]
        marks += _NBVAL_COMMENT.findall(cell.source)
        if marks:
            reason = cell.metadata.get("nbval_reason", "no nbval_reason given")
            yield f"code cell {number} is marked {', '.join(marks)}: {reason}"


def code_can_be_read(page: Page) -> Iterator[str]:
    """The code of cells and solutions is Python."""
    cells = [(f"code cell {number}", cell.source) for number, cell in enumerate(page.code)]
    solutions = [(s.label, code) for s in page.directives("solution") for code in s.python()]
    for name, source in (*cells, *solutions):
        try:
            ast.parse(source)
        except SyntaxError as error:
            yield f"{name}, line {error.lineno}, is not Python: {error.msg}"


def nothing_is_installed(page: Page) -> Iterator[str]:
    """The package is there; only exported notebooks install it, and carry the cell that does."""
    for number, cell in enumerate(page.code):
        if re.search(r"\bpip\b", cell.source):
            yield f"code cell {number} installs something: exported notebooks do that by themselves"


def code_is_plain_python(page: Page) -> Iterator[str]:
    """No magics, which differ between Colab's IPython and ours, and no glue, which breaks there."""
    for number, cell in enumerate(page.code):
        if re.search(r"(?m)^\s*[%!]", cell.source):
            yield f"code cell {number} uses a magic or a shell command: write it in Python"
        if re.search(r"\bglue\(", cell.source):
            yield f"code cell {number} uses glue: print the number below the text that names it"
        if cell.source.rstrip().endswith(";"):
            yield f"code cell {number} ends with ';': write `_ = …`"


def definitions_are_tagged(page: Page) -> Iterator[str]:
    """A cell that only defines carries the tag `definitions`, and no other cell does."""
    for number, cell in enumerate(page.code):
        tagged = "definitions" in tags(cell)
        statements = _statements(cell.source)
        actions = [node for node in statements if not _defines(node)]
        if tagged:
            for action in actions:
                yield (
                    f"code cell {number} is tagged 'definitions' but acts: "
                    f"{ast.unparse(action).splitlines()[0]}"
                )
        if statements and not tagged and not any(map(_acts_or_computes, statements)):
            yield f"code cell {number} only defines: tag it 'definitions'"


def cells_are_short(page: Page) -> Iterator[str]:
    """A shown cell fits under one look."""
    for number, cell in enumerate(page.code):
        length = sum(bool(line.strip()) for line in cell.source.splitlines())
        if length > LONGEST_CELL and "hide-input" not in tags(cell):
            yield f"code cell {number} has {length} lines; {LONGEST_CELL} is the most: split it"
        if length == 0:
            yield f"code cell {number} is empty: delete it"


def figures_are_described(page: Page) -> Iterator[str]:
    """A cell that shows an image says in words what it shows, has a caption and a name."""
    for number, cell in enumerate(page.code):
        images = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        images += sum("image/svg+xml" in output.get("data", {}) for output in cell.outputs)
        if images == 0:
            continue
        if images > 1:
            yield f"code cell {number} shows {images} images; one a cell, each with its own text"
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt) < SHORTEST_ALT or looks_like_a_path(alt):
            yield f"code cell {number} needs alt text that states the finding, has {alt!r}"
        drawn = figure(cell)
        if len(drawn.get("caption", "")) < SHORTEST_CAPTION:
            yield f"code cell {number} needs a caption, has {drawn.get('caption')!r}"
        if not drawn.get("name", "").startswith("fig-"):
            yield f"code cell {number} needs a figure name fig-…, has {drawn.get('name')!r}"


def labels_fit_their_kind(page: Page) -> Iterator[str]:
    """A theorem is thm-…, a definition def-…, and so on."""
    for block in page.directives(*PREFIXES):
        prefix = PREFIXES[block.name]
        if block.label is None or not re.fullmatch(rf"{prefix}[a-z0-9-]+", block.label):
            yield f"{block.name} {block.argument!r} has the label {block.label!r}, not {prefix}…"


def statements_are_proved(page: Page) -> Iterator[str]:
    """After a statement the next thing stated is its proof."""
    sequence = page.directives(*STATEMENTS, "prf:proof")
    for block, following in pairwise([*sequence, None]):
        if block.name in PROVED and (following is None or following.name != "prf:proof"):
            yield f"{block.label} is not followed by its proof, a `prf:proof`"
        if block.name == "prf:proof" and len(block.body.split()) < 5:
            yield f"a proof says only {block.body!r}"


def exercises_are_solved(page: Page) -> Iterator[str]:
    """At least three exercises a chapter, each with one folded solution that checks itself."""
    exercises = page.directives("exercise")
    if len(exercises) < FEWEST_EXERCISES and is_chapter(page):
        yield f"{len(exercises)} exercises; {FEWEST_EXERCISES} is the fewest, each `{{exercise}}`"
    labels = [exercise.label for exercise in exercises]
    answered = [solution.argument for solution in page.directives("solution")]
    for label in labels:
        if answered.count(label) != 1:
            yield f"{label} has {answered.count(label)} solutions, not 1"
    for solution in page.directives("solution"):
        if solution.argument not in labels:
            yield f"{solution.label} answers {solution.argument!r}, which is no exercise here"
        if "dropdown" not in solution.options.get("class", ""):
            yield f"{solution.label} is not folded: it needs `:class: dropdown`"
        if not has_assert(solution):
            yield f"{solution.label} has no python block with an assert"


def claims_exist(page: Page) -> Iterator[str]:
    """`claims.read("…")` names a claim of the ledger."""
    for name in sorted(claims_read(page) - set(claims.read_all())):
        yield f"the ledger has no claim {name!r}: run `make claims CLAIM={name}`"


def references_are_listed(page: Page) -> Iterator[str]:
    """A page that cites lists what it cites, and nothing else."""
    cites = any("{cite" in cell.source for cell in page.markdown)
    lists = [block.options.get("filter") for block in page.directives("bibliography")]
    if cites and lists != ["docname in docnames"]:
        yield "a page that cites needs one bibliography with `:filter: docname in docnames`"


def one_title(page: Page) -> Iterator[str]:
    """The page opens with its title; the number in front of it is Sphinx's to give."""
    titles = headings(page.text, 1)
    first = page.notebook.cells[0]
    if len(titles) != 1 or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield f"the page must open with its only title; titles: {titles}"
    elif titles[0][0].isdigit():
        yield f"the title has a number typed by hand: {titles[0]!r}"


def chapters_open_and_end(page: Page) -> Iterator[str]:
    """A chapter says first what it needs, a GPU or none, and last what it gave and to whom."""
    if not is_chapter(page):
        return
    under = sections(page.text)
    titles = list(under)
    ending = ENDING if page.directives("bibliography") else ENDING[:-1]
    if titles[:1] != [OPENING]:
        yield f"the first section is {titles[:1]}, not {OPENING!r}"
    if GPU not in under.get(OPENING, ""):
        yield f"{OPENING!r} does not say what a GPU does: it needs a paragraph '{GPU} …'"
    if titles[-len(ending) :] != ending:
        yield f"the last sections are {titles[-len(ending) :]}, not {ending}"
    if not {role.name for role in roles(under.get(ENDING[0], ""))} & {"doc", "prf:ref"}:
        yield f"{ENDING[0]!r} links to nothing: say with {{prf:ref}} or {{doc}} what was given"


def predictions_are_kept(page: Page) -> Iterator[str]:
    """A chapter predicts, and after each prediction a cell shows what came of it."""
    waiting = False
    count = 0
    for number, cell in enumerate(page.notebook.cells):
        if cell.cell_type == "markdown" and PREDICTION in cell.source:
            if waiting:
                yield f"cell {number} predicts again before a cell has shown anything"
            waiting = True
            count += cell.source.count(PREDICTION)
        elif cell.cell_type == "code" and cell.outputs:
            waiting = False
    if waiting:
        yield "no cell after the last prediction shows anything"
    if is_chapter(page) and count < FEWEST_PREDICTIONS:
        yield f"{count} predictions; {FEWEST_PREDICTIONS} is the fewest, each '{PREDICTION} …'"


def terms_are_linked(page: Page) -> Iterator[str]:
    """A chapter links its words to the glossary."""
    linked = terms(page.text)
    if is_chapter(page) and len(linked) < FEWEST_TERMS:
        yield (
            f"{len(linked)} terms of the glossary are linked; {FEWEST_TERMS} is the fewest, "
            "each {term}`…`"
        )


RULES: tuple[Rule, ...] = (
    every_cell_executed,
    no_errors_stored,
    metadata_is_minimal,
    tags_are_known,
    unchecked_cells,
    code_can_be_read,
    nothing_is_installed,
    code_is_plain_python,
    definitions_are_tagged,
    cells_are_short,
    figures_are_described,
    labels_fit_their_kind,
    statements_are_proved,
    exercises_are_solved,
    claims_exist,
    references_are_listed,
    one_title,
    chapters_open_and_end,
    predictions_are_kept,
    terms_are_linked,
)


def findings(page: Page) -> list[str]:
    """Everything that the page breaks, rule by rule, but for `unchecked_cells`."""
    return [
        f"{rule.__name__}: {complaint}"
        for rule in RULES
        if rule is not unchecked_cells
        for complaint in rule(page)
    ]


def looks_like_a_path(text: str) -> bool:
    """Whether an alt text is what Sphinx falls back to: the name of a file."""
    return bool(re.search(r"\.(png|svg|jpe?g)\b", text)) or (" " not in text and "/" in text)


def has_assert(solution: Block) -> bool:
    """Whether the code of a solution checks anything."""
    statements = [node for code in solution.python() for node in _statements(code)]
    return any(isinstance(node, ast.Assert) for tree in statements for node in ast.walk(tree))


def claims_read(page: Page) -> set[str]:
    """The names that the page passes to `claims.read`."""
    return {
        node.args[0].value
        for cell in page.code
        for statement in _statements(cell.source)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("claims.read", "gan_utils.book.claims.read")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def claims_not_shown(homes: dict[str, str], pages: list[Page]) -> list[str]:
    """Of claims and the pages they belong to, those that their page does not print."""
    shown = {(name, page.name) for page in pages for name in claims_read(page)}
    return [f"{page}: {name}" for name, page in homes.items() if (name, page) not in shown]


def repeated(labels: list[str]) -> list[str]:
    """The labels that stand more than once."""
    return sorted({label for label in labels if labels.count(label) > 1})


def _statements(source: str) -> list[ast.stmt]:
    """The statements of some code; none if it is not Python, of which a rule complains."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        # A docstring, or the call that sets the book's figure style.
        return isinstance(node.value, ast.Constant) or _is_style(node)
    return isinstance(
        node,
        ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign,
    )


def _acts_or_computes(node: ast.stmt) -> bool:
    """Anything but imports, functions, classes and constants in capitals."""
    if isinstance(node, ast.Assign):
        names = [name for target in node.targets for name in ast.walk(target)]
        return any(isinstance(name, ast.Name) and not name.id.isupper() for name in names)
    return not _defines(node)


def _is_style(node: ast.Expr) -> bool:
    call = node.value
    return isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "use_style"
