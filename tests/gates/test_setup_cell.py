"""The setup cell of exported notebooks, and the address from which it may install."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest
import yaml

from book import address, colab, setup_cell

URL = "https://github.com/someone/gans"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of _config.yml without an address."""
    path = tmp_path / "_config.yml"
    text = address.CONFIG.read_text(encoding="utf-8")
    path.write_text(text.replace(address.stored(), address.PLACEHOLDER), encoding="utf-8")
    monkeypatch.setattr(address, "CONFIG", path)
    return path


def test_the_address_stands_in_one_place(config: Path):
    before = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert address.known() is None
    address.store(f"{URL}.git", config)
    assert address.known() == URL
    after = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert after["repository"].pop("url") == URL
    before["repository"].pop("url")
    assert after == before
    with pytest.raises(ValueError, match="https://host/owner/repository"):
        address.store("someone/gans", config)


def test_colab_opens_what_is_published_on_github():
    opened = address.in_colab(URL, "tensorflow/first_gan")
    assert opened == (
        "https://colab.research.google.com/github/someone/gans/blob/notebooks/"
        "tensorflow/first_gan.ipynb"
    )
    assert address.in_colab("https://codeberg.org/someone/gans", "a/b") is None


def test_without_an_address_the_cell_holds_the_wheel(config: Path, wheel: Path):
    assert colab.setup_source(wheel) == setup_cell.from_wheel(wheel)
    address.store(URL, config)
    assert colab.setup_source(wheel) == setup_cell.from_address(URL)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What a setup cell runs where gan_utils seems to be missing."""
    importlib.import_module("tensorflow")  # which runs programs while it is loaded
    found, find = [], importlib.util.find_spec

    def hide(name: str, package: str | None = None):
        return None if name == "gan_utils" else find(name, package)

    monkeypatch.setattr("importlib.util.find_spec", hide)
    monkeypatch.setattr("subprocess.run", lambda command, check: found.append(command))
    return found


def test_the_cell_installs_the_package_and_says_what_there_is(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
):
    exec(setup_cell.from_address(URL), {})
    assert len(commands) == 1
    assert "--no-deps" in commands[0]
    assert commands[0][-1] == f"git+{URL}"
    libraries = ("gan_utils", "tensorflow", "keras", "numpy")
    expected = [f"{name} {importlib.metadata.version(name)}" for name in libraries]
    assert capsys.readouterr().out.splitlines() == [*expected, "device CPU"]


def test_the_cell_names_the_gpus(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    names = {"GPU:0": {"device_name": "Tesla T4"}, "GPU:1": {}}
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: list(names))
    monkeypatch.setattr("tensorflow.config.experimental.get_device_details", names.get)
    exec(setup_cell.from_address(URL), {})
    assert capsys.readouterr().out.splitlines()[-1] == "device Tesla T4, GPU"


@pytest.mark.parametrize("kind", ["address", "wheel"])
def test_where_the_package_is_present_the_cell_does_nothing(
    kind: str, wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    source = setup_cell.from_address(URL) if kind == "address" else setup_cell.from_wheel(wheel)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("it ran something"))
    exec(source, {})
    assert capsys.readouterr().out == ""


def test_the_cell_without_a_wheel_is_short():
    assert len(setup_cell.from_address(URL).splitlines()) <= 25


def until_the_report(source: str) -> str:
    """A setup cell without its last lines, which load TensorFlow."""
    return source[: source.index("    import tensorflow")]


def test_the_cell_holds_the_wheel_and_only_that(wheel: Path, monkeypatch: pytest.MonkeyPatch):
    """Byte for byte, and pip is told not to look at what it depends on."""
    installed = []

    def install(command: list[str], check: bool) -> None:
        installed.append((command, Path(command[-1]).read_bytes()))

    source = setup_cell.from_wheel(wheel)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.run", install)
    exec(until_the_report(source), {})
    [(command, content)] = installed
    assert "--no-deps" in command
    assert Path(command[-1]).name == wheel.name
    assert content == wheel.read_bytes()
    assert max(map(len, source.splitlines())) < setup_cell.CHARACTERS + 10
