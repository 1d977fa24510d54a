"""The reader of pages finds what Sphinx finds."""

import traceback

import pytest

from book import pages
from tests.gates.sample import sample

TEXT = """\
Before.

::::{solution} ex-a
:label: sol-a
:class: dropdown

First
```python
x = {"a": 1}
```
:::{note}
inside
:::
::::

```{math}
:label: eq-a

y = x
```

    :::{prf:theorem} not a fence but indented code
"""


def test_fences_nest_and_carry_options():
    solution, formula = pages.parse_blocks(TEXT)
    assert (solution.name, solution.argument, solution.label) == ("solution", "ex-a", "sol-a")
    assert solution.options["class"] == "dropdown"
    assert [block.name for block in solution.blocks()] == ["python", "note"]
    assert solution.python() == ['x = {"a": 1}']
    assert (formula.name, formula.label, formula.body) == ("math", "eq-a", "y = x")


def test_the_text_around_blocks_is_kept_in_its_place():
    text = "Before.\n```python\nx = 1\n```\n:::{note}\na\n:::\nAfter,\nat the end."
    parts = [part if isinstance(part, str) else part.name for part in pages.parse_parts(text)]
    assert parts == ["Before.", "python", "note", "After,\nat the end."]


def test_directives_inside_directives_are_found():
    assert [block.name for block in pages.walk(pages.parse_blocks(TEXT))] == [
        "solution",
        "python",
        "note",
        "math",
    ]


def test_a_fence_inside_code_opens_nothing():
    text = "```text\n:::{prf:theorem} T\n:::\n```"
    assert [block.name for block in pages.walk(pages.parse_blocks(text))] == ["text"]


def test_a_block_keeps_its_source():
    solution, formula = pages.parse_blocks(TEXT)
    assert solution.source.startswith("::::{solution} ex-a\n:label: sol-a\n")
    assert solution.source.endswith("inside\n:::\n::::")
    assert formula.source in TEXT


def test_roles_say_what_they_point_to():
    text = "A {term}`batch`, {doc}`the\nledger </chapters/back/ledger>`, `{a}` and {eq}`eq-a`."
    assert pages.roles(text) == [
        pages.Role("term", "batch"),
        pages.Role("doc", "/chapters/back/ledger", "the ledger"),
        pages.Role("eq", "eq-a"),
    ]
    assert pages.terms(text) == {"batch"}
    assert pages.replace_roles(text, lambda role: role.name) == "A term, doc, `{a}` and eq."


def test_a_comment_in_code_is_no_heading():
    text = "# Title\n\nFirst.\n\n## One\n\n```python\n## none\n```\n\n### Deeper\n\n## Two\nEnd."
    assert pages.heading(text) == "Title"
    assert pages.headings(text, 2) == ["One", "Two"]
    assert pages.sections(text) == {
        "One": "\n```python\n## none\n```\n\n### Deeper\n",
        "Two": "End.",
    }


def test_definitions_are_those_of_the_page_only():
    namespace = pages.execute_definitions(sample())
    assert namespace["double"](namespace["COUNT"]) == 6
    assert namespace["double"].__module__ == "chapters.probability.sample"


def test_a_page_without_definitions_is_refused():
    page = sample()
    page.code[0].metadata.tags = []
    with pytest.raises(LookupError, match="no cell tagged 'definitions'"):
        pages.execute_definitions(page)


def test_a_traceback_shows_the_line_of_the_page():
    namespace = pages.execute_definitions(sample())
    with pytest.raises(TypeError) as caught:
        namespace["double"](None)
    text = "".join(traceback.format_exception(caught.value))
    assert "<probability/sample, code cell 0>" in text
    assert "return 2 * x" in text


def test_a_book_without_notebooks_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "CHAPTERS", tmp_path)
    with pytest.raises(FileNotFoundError, match="no notebooks"):
        pages.paths()
