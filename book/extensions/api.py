"""What the book needs from Sphinx to describe `gan_utils` by its docstrings.

The package is the one of this repository, also where another copy is installed. A word in single
backticks in a docstring becomes a link where it is a public name and stays code where it is not.
"""

import re
import sys

from docutils import nodes
from docutils.parsers.rst import roles
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.environment import BuildEnvironment

from book import settings
from book.pages import ROOT

ROLE = "word"

ELSEWHERE = (
    "collections.abc.Callable",
    "collections.abc.Iterable",
    "collections.abc.Sequence",
    "numpy.ndarray",
    "pathlib.Path",
)
"""The classes in signatures that are described in other documentation than this."""


class Word(PyXRefRole):
    """A link to the public name, found wherever it stands in the package."""

    def process_link(self, env, refnode, has_explicit_title, title, target):
        """The title and the target of the link."""
        refnode["word"] = refnode["refspecific"] = True
        refnode["reftype"] = "obj"
        super().process_link(env, refnode, has_explicit_title, title, target)
        return title, f".{target}"


def as_code(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """What a word becomes that is no public name."""
    return content if node.get("word") else None


def number_alone(app: Sphinx, document: nodes.document, name: str) -> None:
    """Undo what makes numpydoc's references unique: [R0123456789ab-1] is read as [1]."""
    for reference in document.findall(nodes.reference):
        for text in list(reference.findall(nodes.Text)):
            short = re.sub(r"^\[R[0-9a-f]{12}-(\w+)\]$", r"[\1]", text)
            text.parent.replace(text, nodes.Text(short))


def without_fields(
    app: Sphinx, kind: str, name: str, member: object, skip: bool, options: dict
) -> bool | None:
    """Leave out the fields of a NamedTuple, of which Python says no more than their number."""
    return True if (member.__doc__ or "").startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Make autodoc and numpydoc describe the package of this repository."""
    sys.path.insert(0, str(ROOT))
    # Before autodoc imports TensorFlow.
    settings.silent()
    for extension in ("sphinx.ext.autodoc", "numpydoc"):
        app.setup_extension(extension)
    roles.register_local_role(ROLE, Word())
    app.config.nitpick_ignore = [("py:class", name) for name in ELSEWHERE]
    app.connect("autodoc-skip-member", without_fields)
    app.connect("missing-reference", as_code)
    app.connect("doctree-resolved", number_alone)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
