"""The rules that hold for one page at a time.

A rule takes a page and yields a sentence for every place where the page breaks it. The
tests beside this file ask every rule about every page, and about a page that is broken on purpose.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import nbformat

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

APPROXIMATE = "≈"
"""The sign before a number that differs between machines."""

_BOUND = r"(?:(?:less|more|fewer) than|below|above|within|at least|at most)"
VERDICT = re.compile(
    r"(?<![=\w])(?:True|False)\b|^(?:[Yy]es|[Nn]o|as predicted)$"
    r"|\bbetween -?[\d.]+ and -?[\d.]+"
    rf"|^(?:{_BOUND}|[<>≤≥]=?) ?-?\d|\b{_BOUND} -?\d[-\d.e]*(?: \S+)?$"
)
"""What in an entry of printed text answers yes or no, or is a bound in place of a number."""

_ENTRY = re.compile(r"\n| {2,}|[;,] ")
_LABEL = re.compile(r"^.*:(?: |$)")

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


def approximate_numbers_are_bounded(page: Page) -> Iterator[str]:
    """What a cell prints after ≈, where the comparison is blind, it bounds by an assert.

    ≈ stands in an f-string, right before a value. The value and the condition of an assert in the
    same cell must speak of the same thing (`_subjects`). A loop's variable stands for what the
    loop runs over. A function that prints ≈ leaves the duty to the cells that call it, and there
    its arguments are what is printed.
    """
    imported = {
        alias.asname or alias.name.split(".")[0]
        for cell in page.code
        for node in _nodes(_statements(cell.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    printers = {
        function.name
        for cell in page.code
        for function in _statements(cell.source)
        if isinstance(function, ast.FunctionDef) and _signs(ast.walk(function))
    }
    for number, cell in enumerate(page.code):
        nodes = list(_nodes(_statements(cell.source)))
        values = [value for node in nodes for value in _after_sign(node)]
        if _signs(nodes) > len(values):
            yield f"code cell {number} has a ≈ that is not right before a value of an f-string"
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        values += [call for call in calls if ast.unparse(call.func) in printers]
        if APPROXIMATE in _printed(cell) and not values:
            yield f"code cell {number} prints ≈, and nothing in it says of what"
        runs_over = _runs_over(nodes, imported)
        bounded = {
            subject
            for node in nodes
            if isinstance(node, ast.Assert)
            for subject in _subjects(node.test, imported)
        }
        for value in values:
            told = _subjects(value, imported)
            told |= {over for subject in told for over in runs_over.get(subject, ())}
            if not any(_same_thing(a, b) for a in told for b in bounded):
                yield f"code cell {number} prints ≈ {ast.unparse(value)} and bounds it by no assert"


def verdicts(page: Page) -> Iterator[str]:
    """Every yes or no, and every bound in place of a number; the book's budget is a test.

    The tables of claims give bounds beside the numbers, and are left out.
    """
    ledger = claims.read_all()
    for number, cell in enumerate(page.code):
        text = _printed(cell)
        for name in claims_read([cell]):
            text = text.replace(str(ledger.get(name)), "")
        reason = cell.metadata.get("verdict_reason", "no verdict_reason given")
        for entry in _ENTRY.split(text):
            if VERDICT.search(_LABEL.sub("", entry.strip())):
                yield f"code cell {number} prints {entry.strip()!r}: {reason}"


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
    for name in sorted(claims_read(page.code) - set(claims.read_all())):
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
    approximate_numbers_are_bounded,
    verdicts,
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


BUDGETED = (unchecked_cells, verdicts)
"""Rules of which the whole book may break a few, each with a reason."""


def findings(page: Page) -> list[str]:
    """Everything that the page breaks, rule by rule, but for those that have a budget."""
    return [
        f"{rule.__name__}: {complaint}"
        for rule in RULES
        if rule not in BUDGETED
        for complaint in rule(page)
    ]


def looks_like_a_path(text: str) -> bool:
    """Whether an alt text is what Sphinx falls back to: the name of a file."""
    return bool(re.search(r"\.(png|svg|jpe?g)\b", text)) or (" " not in text and "/" in text)


def has_assert(solution: Block) -> bool:
    """Whether the code of a solution checks anything."""
    statements = [node for code in solution.python() for node in _statements(code)]
    return any(isinstance(node, ast.Assert) for tree in statements for node in ast.walk(tree))


def claims_read(cells: Iterable[nbformat.NotebookNode]) -> set[str]:
    """The names that these cells pass to `claims.read`."""
    return {
        node.args[0].value
        for cell in cells
        for statement in _statements(cell.source)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("claims.read", "gan_utils.book.claims.read")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def claims_not_shown(homes: dict[str, str], pages: list[Page]) -> list[str]:
    """Of claims and the pages they belong to, those that their page does not print."""
    shown = {(name, page.name) for page in pages for name in claims_read(page.code)}
    return [f"{page}: {name}" for name, page in homes.items() if (name, page) not in shown]


def repeated(labels: list[str]) -> list[str]:
    """The labels that stand more than once."""
    return sorted({label for label in labels if labels.count(label) > 1})


def _printed(cell: nbformat.NotebookNode) -> str:
    """The text that a cell stores: what it printed, and what it ended on."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs
    ]
    return "\n".join(filter(None, texts))


def _nodes(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Everything in these statements but functions and classes, which do nothing by themselves."""
    for node in statements:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
            yield from _nodes(ast.iter_child_nodes(node))


def _signs(nodes: Iterable[ast.AST]) -> int:
    """How often ≈ stands in the strings among these nodes."""
    strings = (node.value for node in nodes if isinstance(node, ast.Constant))
    return sum(string.count(APPROXIMATE) for string in strings if isinstance(string, str))


def _after_sign(node: ast.AST) -> list[ast.expr]:
    """The values of an f-string that follow ≈."""
    return [
        value.value
        for before, value in pairwise(getattr(node, "values", []))
        if isinstance(before, ast.Constant)
        and isinstance(value, ast.FormattedValue)
        and str(before.value).rstrip(" ").endswith(APPROXIMATE)
    ]


def _subjects(node: ast.AST, imported: set[str]) -> set[str]:
    """What an expression speaks of: `a`, `a.b` or `a['b']`.

    What is called or imported, or a constant in capitals, is not spoken of.
    """
    root = node
    while isinstance(root, ast.Attribute) or (
        isinstance(root, ast.Subscript) and isinstance(root.slice, ast.Constant)
    ):
        root = root.value
    if isinstance(root, ast.Name):
        return set() if root.id in imported or root.id.isupper() else {ast.unparse(node)}
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        parts.remove(node.func)
        parts += [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return {subject for part in parts for subject in _subjects(part, imported)}


def _runs_over(nodes: Iterable[ast.AST], imported: set[str]) -> dict[str, set[str]]:
    """For each variable of a loop or a comprehension, what that runs over."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.For | ast.comprehension):
            for name in _subjects(node.target, imported):
                found.setdefault(name, set()).update(_subjects(node.iter, imported))
    return found


def _same_thing(one: str, other: str) -> bool:
    """Whether two subjects are one, or one is a part of the other."""
    return one == other or any(
        longer.startswith((f"{shorter}.", f"{shorter}["))
        for shorter, longer in ((one, other), (other, one))
    )


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
