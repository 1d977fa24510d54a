"""The exported notebooks of the built book, and the buttons that lead to them.

A Sphinx extension. A page's download is its exported notebook, which runs wherever it is opened,
and not its source, which is written in MyST. Where the book has an address the rocket opens the
same notebook in Colab, and there are buttons to the repository; without one nothing leads nowhere.
"""

import tempfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from book import address, colab, wheel

FOLDER = "notebooks"
"""Where they lie in the built book."""

TO_SOURCES = ("download-notebook-button", "download-source-button")
TO_REPOSITORY = ("source-buttons", "source-repository-button", "source-issues-button")

Button = dict[str, Any]


def change_buttons(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Let the buttons above a page lead to its exported notebook."""
    exported, url = exported_from(name, context), address.known()
    buttons = [
        with_download(button, exported, context)
        for button in context.get("header_buttons", [])
        if url or button.get("label") not in TO_REPOSITORY
    ]
    context["header_buttons"] = [*launch(exported, url), *buttons]


def exported_from(name: str, context: dict[str, Any]) -> str | None:
    """The name of a page's notebook, behind its folder; None if it has none."""
    page = name.removeprefix("chapters/")
    is_notebook = context.get("page_source_suffix") == ".ipynb"
    return page if is_notebook or page == colab.EXPLORABLES else None


def with_download(button: Button, exported: str | None, context: dict[str, Any]) -> Button:
    """A button, that of the downloads with the exported notebook in place of the sources."""
    if button.get("label") != "download-buttons":
        return button
    others = [each for each in button["buttons"] if each["label"] not in TO_SOURCES]
    notebook = {
        "type": "link",
        "url": context["pathto"](f"{FOLDER}/{exported}.ipynb", 1),
        "text": ".ipynb",
        "tooltip": "Download this page as a notebook that runs anywhere",
        "icon": "fas fa-code",
        "label": "download-notebook-button",
    }
    return {**button, "buttons": [*([notebook] if exported else []), *others]}


def launch(exported: str | None, url: str | None) -> list[Button]:
    """The rocket, where there is a notebook and Colab can open it."""
    target = address.in_colab(url, exported) if url and exported else None
    if target is None:
        return []
    return [
        {
            "type": "link",
            "url": target,
            "text": "",
            "tooltip": "Open this page in Colab",
            "icon": "fas fa-rocket",
            "label": "launch-buttons",
        }
    ]


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the notebooks once the pages are there."""
    if error is None and app.builder.format == "html":
        with tempfile.TemporaryDirectory() as folder:
            setup = colab.setup_source(wheel.build(Path(folder)))
        colab.write(Path(app.outdir, FOLDER), setup)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what is done with each page, and in the end."""
    # After the theme, which makes the buttons.
    app.connect("html-page-context", change_buttons, priority=900)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
