"""What the theme's pages lack for a reader without a network, or with a screen reader.

A Sphinx extension that mends each page before it is written.
"""

from sphinx.application import Sphinx

# Docutils calls a bibliography a list, although its entries have the role doc-biblioentry.
_NOT_A_LIST = '<div role="list" class="citation-list">'


def complete_page(app: Sphinx, name: str, template: str, context: dict, doctree: object) -> None:
    """Leave out the scripts of Thebe, which is not offered and would come from elsewhere."""
    scripts = context.get("script_files", [])
    context["script_files"] = [script for script in scripts if not _is_of_thebe(script)]
    if "body" in context:
        context["body"] = context["body"].replace(_NOT_A_LIST, '<div class="citation-list">')


def _is_of_thebe(script: object) -> bool:
    attributes = getattr(script, "attributes", {})
    return "thebe" in f"{script.filename} {attributes.get('body', '')}".lower()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is changed on each page."""
    # After the theme, whose own functions add scripts.
    app.connect("html-page-context", complete_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
