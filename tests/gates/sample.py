"""A small page that keeps every rule, for the tests that break one rule at a time."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book.pages import CHAPTERS, Page

TEXT = """\
# A page that keeps the rules

Following {cite:t}`goodfellow2014generative` we double things.

## What you need

A {term}`density`, its {term}`entropy` and one {term}`mode`; then a {term}`mixture` and
{term}`batches <batch>` of it.

*On a GPU.* Doubling takes as long.

:::{prf:theorem} Doubling
:label: thm-sample-doubling

Twice $x$ is $x + x$.
:::

:::{prf:proof}
By the definition of the number two.
:::

*Prediction.* Twice 3 is 6. *Prediction.* It is printed. *Prediction.* The line is straight.
"""

EXERCISES = "## What this chapter gave\n\nSee {prf:ref}`thm-sample-doubling`.\n\n## Exercises\n\n"
EXERCISES += "\n\n".join(
    f"""\
:::{{exercise}}
:label: ex-sample-{word}

Double {word}.
:::

::::{{solution}} ex-sample-{word}
:label: sol-sample-{word}
:class: dropdown

```python
assert double({number}) == {2 * number}
```
::::"""
    for number, word in enumerate(["zero", "one", "two"])
)

REFERENCES = """\
## References

```{bibliography}
:filter: docname in docnames
```"""

DEFINITIONS = '''\
import math

COUNT = 3


def double(x):
    """Twice x."""
    return 2 * x'''

ONE_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)

FIGURE = {
    "image": {"alt": "A straight line through the origin with slope two"},
    "figure": {"caption": "The double of x grows twice as fast.", "name": "fig-sample-double"},
}


def sample() -> Page:
    """A fresh copy, free to be broken."""
    image = new_output("display_data", data={"image/png": ONE_PIXEL, "text/plain": "<Figure>"})
    cells = [
        new_markdown_cell(TEXT),
        new_code_cell(DEFINITIONS, metadata={"tags": ["definitions"]}),
        new_code_cell(
            "print(double(COUNT))", outputs=[new_output("stream", name="stdout", text="6\n")]
        ),
        new_code_cell("plt.show()", metadata={"mystnb": FIGURE}, outputs=[image]),
        new_markdown_cell(EXERCISES),
        new_markdown_cell(REFERENCES),
    ]
    notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    page = Page(CHAPTERS / "probability" / "sample.ipynb", nbformat.from_dict(notebook))
    for number, cell in enumerate(page.code, start=1):
        cell.execution_count = number
    return page
