"""What publishes the book asks for what exists, and the built pages stand in any folder."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from book import pages

WORKFLOWS = pages.ROOT / ".github" / "workflows"

JOBS = {
    "test.yml": ["test"],
    "weekly.yml": ["test-newest", "test-full"],
    "book.yml": ["test-accessibility", "book"],
    "release.yml": ["wheel", "colab"],
}
"""What each workflow makes."""


def steps(workflow: dict) -> list[dict]:
    """Every step of every job."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def made(workflow: dict) -> list[str]:
    """The targets that a workflow makes."""
    runs = "\n".join(step.get("run", "") for step in steps(workflow))
    return re.findall(r"\bmake +([\w-]+)", runs)


def pythons(workflow: dict) -> set[str]:
    """The versions of Python that a workflow runs, those of a matrix one by one."""
    found = set()
    for job in workflow["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {}).get("python", [])
        named = [step.get("with", {}).get("python-version") for step in job["steps"]]
        found |= {*matrix, *(version for version in named if version and "{" not in version)}
    return found


def supported(project: dict) -> set[str]:
    """The versions of Python that `requires-python` allows."""
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    return {f"3.{minor}" for minor in range(int(low), int(high))}


def faults(workflow: dict, targets: set[str], versions: set[str]) -> list[str]:
    """What a workflow asks for that is not there, and what it may do beyond reading."""
    writes = [name for name, right in workflow.get("permissions", {}).items() if right != "read"]
    return [
        *(f"make {name} does not exist" for name in made(workflow) if name not in targets),
        *(f"Python {version} is not supported" for version in sorted(pythons(workflow) - versions)),
        *(f"every job may write {name}" for name in writes),
        *(f"no {key}" for key in ("permissions", "concurrency") if key not in workflow),
        *(f"{job} may run for hours" for job, it in workflow["jobs"].items() if not limited(it)),
    ]


def limited(job: dict) -> bool:
    """Whether a job ends by itself within the hour."""
    return job.get("timeout-minutes", 360) <= 60


def read(name: str) -> dict:
    """One workflow."""
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def project() -> dict:
    """The package's own description."""
    text = (pages.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def targets() -> set[str]:
    """What `make` can make."""
    text = (pages.ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def test_every_workflow_is_known():
    assert {path.name for path in WORKFLOWS.iterdir()} == set(JOBS)


@pytest.mark.parametrize("name", JOBS)
def test_workflows_ask_for_what_exists(name: str):
    workflow = read(name)
    assert made(workflow) == JOBS[name]
    assert faults(workflow, targets(), supported(project())) == []


def publishing_faults(workflow: dict) -> list[str]:
    """What keeps a release from being published as it was built, without a secret."""
    jobs = workflow["jobs"]
    found = []
    for name, right in (("release", "contents"), ("publish", "id-token")):
        if jobs[name].get("needs") != "wheel":
            found.append(f"{name} does not wait for the wheel")
        if jobs[name].get("permissions") != {right: "write"}:
            found.append(f"{name} may do something else than write {right}")
    if "environment" not in jobs["publish"]:
        found.append("publish has no environment that the index can trust")
    if "secrets." in str(workflow):
        found.append("a secret is used")
    return found


def test_a_release_publishes_the_wheel_that_was_built():
    assert publishing_faults(read("release.yml")) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("    needs: wheel\n", "", "release does not wait for the wheel"),
        ("id-token: write", "contents: write", "publish may do something else"),
        ("environment: package-index", "name: publish", "publish has no environment"),
        ("github.token", "secrets.TOKEN", "a secret is used"),
    ],
)
def test_a_careless_release_is_noticed(old: str, new: str, complaint: str):
    text = (WORKFLOWS / "release.yml").read_text(encoding="utf-8")
    found = publishing_faults(yaml.safe_load(text.replace(old, new, 1)))
    assert complaint in "\n".join(found)


def test_every_supported_python_is_tested():
    assert pythons(read("test.yml")) == supported(project())
    named = {f"Programming Language :: Python :: {version}" for version in supported(project())}
    assert named <= set(project()["classifiers"])


SOUND = """
permissions: {contents: read}
concurrency: {group: a}
jobs: {a: {timeout-minutes: 5, steps: [{run: make book}, {with: {python-version: "3.12"}}]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("make book", "make books", "make books does not exist"),
        ("3.12", "3.10", "Python 3.10 is not supported"),
        ("contents: read", "contents: write", "every job may write contents"),
        ("concurrency", "concurrent", "no concurrency"),
        ("timeout-minutes: 5, ", "", "a may run for hours"),
    ],
)
def test_a_wrong_workflow_is_noticed(old: str, new: str, complaint: str):
    def found(text: str) -> list[str]:
        return faults(yaml.safe_load(text), {"book"}, {"3.11", "3.12"})

    assert found(SOUND) == []
    assert found(SOUND.replace(old, new)) == [complaint]


def rooted(html: str) -> list[str]:
    """Addresses in a page that begin at the root of the host, where the book need not stand."""
    named = BeautifulSoup(html, "html.parser").select("[href], [src], [action], [data]")
    values = [
        tag[key] for tag in named for key in ("href", "src", "action", "data") if key in tag.attrs
    ]
    return [value for value in values if value.startswith("/")]


def test_the_book_works_in_any_folder(html: Path):
    built = sorted(html.rglob("*.html"))
    assert len(built) > len(pages.contents())
    found = {path.name: rooted(path.read_text(encoding="utf-8")) for path in built}
    assert {name: values for name, values in found.items() if values} == {}


@pytest.mark.parametrize(
    "page", ['<a href="/a.html">', '<img src="/a.png">', '<link href="//a.b">']
)
def test_an_address_from_the_root_is_noticed(page: str):
    assert rooted(page)
    assert rooted(page.replace('"/', '"../').replace("..//", "https://")) == []
