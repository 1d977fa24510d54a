"""What the commands that store outputs say where they cannot."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book import outputs
from tools import outputs as command


def test_a_notebook_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["outputs", "chapters/nowhere.ipynb"])
    monkeypatch.setattr(outputs, "store", lambda path: pytest.fail(f"stored {path}"))
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no chapters/nowhere.ipynb; a page is named" in capsys.readouterr().err


def test_a_cell_that_fails_is_shown_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("assert 1 == 2, 'not equal'")]), path)
    before = path.read_bytes()
    monkeypatch.setattr(sys, "argv", ["outputs", str(path)])
    with pytest.raises(
        SystemExit, match=r"(?s)not equal.*page\.ipynb: this cell failed; nothing is"
    ):
        command.main()
    assert path.read_bytes() == before
