"""The ledger tells what the code does: nothing in it is stale, and runs of it come again.

A claim whose code, its own and that of the package, is the code that was measured runs again on
one seed; one whose package has changed since, on two.
"""

import ast
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from book import claims, machine, records
from book.pages import definitions
from gan_utils.book.claims import Claim, Statistic, from_record, read_all
from tests.gates.sample import sample as sample_page

CLAIMS = claims.registered()
LEDGER = read_all()


def faults(stated: Claim, digest: str, measured: Claim | None) -> list[str]:
    """How what was measured fails to be true evidence of the claim as its code states it."""
    if measured is None:
        return ["the ledger does not have it"]
    found = []
    if stated != measured.stated():
        found.append("its statement, page, bounds or holds_on differ from the code")
    if measured.seeds != claims.SEEDS:
        found.append(f"it was measured on the seeds {measured.seeds}")
    for name, statistic in measured.statistics.items():
        if len(statistic.values) != len(measured.seeds):
            found.append(f"{name} has {len(statistic.values)} values")
    if measured.digest != digest:
        found.append("the code that measures it has changed since")
    if not found and len(measured.holding) < stated.holds_on:
        found.append(f"it holds on seeds {measured.holding} only, {stated.holds_on} are claimed")
    return found


def outside(measured: Claim, values: dict[str, float]) -> list[str]:
    """The statistics of a new run that fall outside the interval that the ledger expects."""
    statistics = measured.statistics
    return [
        f"{name} = {value:.6g} outside [{statistics[name].low:.6g}, {statistics[name].high:.6g}]"
        for name, value in values.items()
        if not statistics[name].low <= value <= statistics[name].high
    ]


def seeds(package: str, measured: Claim | None) -> tuple[int, ...]:
    """The seeds on which to run a claim again, with the package that has this digest."""
    if measured is None:
        return ()
    same = package and package == measured.package
    return claims.RERUN_SEEDS[: 1 if same else None]


def reruns() -> list[tuple[str, int]]:
    """What is run again: pairs of a claim's name and a seed."""
    return [
        (name, seed)
        for name in CLAIMS
        for seed in seeds(claims.digests(name)["package"], LEDGER.get(name))
    ]


def test_there_are_claims_and_the_ledger_has_no_others():
    assert CLAIMS
    assert list(LEDGER) == list(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_ledger_is_what_the_code_says(name: str):
    digest = claims.digests(name)["digest"]
    assert faults(CLAIMS[name], digest, LEDGER.get(name)) == [], f"run `make claims CLAIM={name}`"


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    """A process of one thread, in which nothing but claims is run."""
    with claims.workers(1) as pool:
        yield pool


@pytest.mark.recorded
@pytest.mark.parametrize(("name", "seed"), reruns())
def test_claim_comes_again(name: str, seed: int, process: ProcessPoolExecutor):
    values, _ = process.submit(claims.measure_in_process, name, seed).result()
    assert outside(LEDGER[name], values) == []


@pytest.mark.recorded
@pytest.mark.parametrize("name", CLAIMS)
def test_the_record_is_of_the_libraries_that_are_installed(name: str):
    """After `make lock` has brought others: `make claims`."""
    recorded, installed = LEDGER[name].versions, machine.versions()
    assert {each: recorded[each] for each in machine.PACKAGES} == {
        each: installed[each] for each in machine.PACKAGES
    }


# The same checks against a ledger that has been tampered with.


def sample(seed: int) -> dict[str, float]:
    return {"score": 0.9 + 0.01 * (seed % 3), "steps": 7.0}


DIGESTS = {"digest": "0123456789abcdef", "package": "0011223344556677"}


@pytest.fixture
def stated(monkeypatch: pytest.MonkeyPatch) -> Claim:
    """A claim that is quick to measure, in a registry of its own."""
    monkeypatch.setattr(claims, "_claims", {})
    monkeypatch.setattr(claims, "_measures", {})
    monkeypatch.setattr(claims, "digests", lambda name: DIGESTS)
    statistics = (Statistic("score", at_least=0.9), Statistic("steps", unit="steps"))
    page = "probability/sample"
    claims.claim("sample", page=page, statement="It scores.", statistics=statistics, holds_on=10)(
        sample
    )
    return claims._claims["sample"]


@pytest.fixture
def measured(stated: Claim) -> Claim:
    """What was measured of it."""
    return claims.with_runs(stated.name, map(sample, claims.SEEDS), 0.5)


def faults_of(stated: Claim, measured: Claim | None) -> str:
    return "\n".join(faults(stated, DIGESTS["digest"], measured))


def with_statistic(claim: Claim, **changes: object) -> Claim:
    """The claim with something else in its first statistic."""
    first = replace(claim.statistics["score"], **changes)
    return replace(claim, statistics={**claim.statistics, "score": first})


def test_a_true_record_passes(stated: Claim, measured: Claim):
    assert faults_of(stated, measured) == ""
    assert outside(measured, claims.measure("sample", seed=1)) == []


@pytest.mark.parametrize(
    ("tampered", "complaint"),
    [
        (lambda claim: with_statistic(claim, at_least=0.5), "bounds"),
        (lambda claim: with_statistic(claim, unit="points"), "bounds"),
        (lambda claim: with_statistic(claim, values=(0.9,)), "score has 1 values"),
        (lambda claim: replace(claim, statement="It wins."), "statement"),
        (lambda claim: replace(claim, page="probability/other"), "page"),
        (lambda claim: replace(claim, holds_on=9), "holds_on"),
        (lambda claim: replace(claim, seeds=claim.seeds[:5]), "measured on the seeds"),
        (lambda claim: replace(claim, digest="fedcba9876543210"), "has changed since"),
        (lambda claim: replace(claim, statistics={}), "bounds"),
        (lambda claim: None, "the ledger does not have it"),
    ],
)
def test_a_false_record_is_noticed(
    stated: Claim, measured: Claim, tampered: Callable, complaint: str
):
    assert complaint in faults_of(stated, tampered(measured))


def test_a_claim_that_fails_too_often_is_noticed(stated: Claim, measured: Claim):
    strict, found = (with_statistic(claim, at_least=0.905) for claim in (stated, measured))
    assert "10 are claimed" in faults_of(strict, found)


def test_a_run_outside_the_interval_is_noticed(measured: Claim):
    assert outside(measured, {"score": 0.5, "steps": 7.0})[0].startswith("score = 0.5 outside")
    assert outside(measured, {"score": 0.91, "steps": 7.1})[0].startswith("steps = 7.1")


def test_a_package_that_has_changed_costs_a_second_seed(measured: Claim):
    assert seeds(DIGESTS["package"], measured) == (0,)
    assert seeds("another", measured) == (0, 1)
    assert seeds("", replace(measured, package="")) == (0, 1)
    assert seeds("another", None) == ()


@pytest.mark.usefixtures("stated")
@pytest.mark.parametrize(
    ("result", "message"),
    [({"score": 1.0}, "must return"), ({"score": float("nan"), "steps": 1.0}, "not finite")],
)
def test_a_bad_measurement_is_refused(result: dict, message: str):
    claims._measures["sample"] = lambda seed: result
    with pytest.raises(ValueError, match=message):
        claims.measure("sample", seed=0)


@pytest.mark.usefixtures("stated")
def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="'sample' is registered twice"):
        claims.claim("sample", page="", statement="", statistics=(), holds_on=1)(sample)
    with pytest.raises(ValueError, match="holds_on must be between 0 and 10, got 11"):
        claims.claim("other", page="", statement="", statistics=(), holds_on=11)(sample)


def test_storing_a_claim_keeps_the_others_of_its_page(
    measured: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    monkeypatch.setattr(claims, "registered", lambda: {"sample": measured, "older": measured})
    gone = {"older": replace(measured, name="older").record(), "gone": measured.record()}
    records.update(measured.page, claims=gone, cost={"seconds": 1.0})
    claims.store(measured)
    stored = records.read(measured.page)
    assert list(stored) == ["page", "cost", "claims"]
    assert list(stored["claims"]) == ["older", "sample"]
    assert from_record("sample", stored["claims"]["sample"]) == measured


def test_all_processors_measure_and_a_claim_is_whole(monkeypatch: pytest.MonkeyPatch):
    """The quickest claim there is, on two seeds, each in a process of one thread."""
    monkeypatch.setattr(claims, "SEEDS", claims.RERUN_SEEDS)
    name = min(LEDGER, key=lambda name: LEDGER[name].seconds)
    (again,) = claims.measure_all([name])
    assert again.stated() == CLAIMS[name]
    assert again.seeds == claims.RERUN_SEEDS
    assert {"digest": again.digest, "package": again.package} == claims.digests(name)
    for seed in claims.SEEDS:
        values = {key: each.values[seed] for key, each in again.statistics.items()}
        assert outside(LEDGER[name], values) == []


# The digest.


def digest(source: str) -> str:
    return claims.code_digest([ast.parse(source)])


def test_comments_docstrings_and_layout_do_not_count():
    bare = digest("def f(x):\n    return x + 1")
    assert digest('def f(x):\n    """Add one."""\n    return (x\n  + 1)  # one') == bare


@pytest.mark.parametrize("changed", ["x + 2", "x - 1", "y + 1", "x + 1.0", "x"])
def test_code_counts(changed: str):
    assert digest(f"def f(x):\n    return {changed}") != digest("def f(x):\n    return x + 1")


def test_the_digest_does_not_depend_on_the_python():
    """The value that 3.11, 3.12 and 3.13 all give, whose own dumps of this tree differ."""
    source = 'class A:\n    def f(self, x=None):\n        return f"{x:.3f} and {self!r}"'
    assert digest(source) == "9fe69261104f3249"


LIMIT = 1
UNUSED = 2


def clipped(x: float) -> float:
    return min(x, LIMIT)


def measured_on_page(seed: int) -> dict[str, float]:
    return {"score": clipped(definitions("sample")["double"](seed))}


def names_of(nodes: list[ast.stmt]) -> list[str]:
    return [name for node in nodes for name in claims._bound_names(node)]


def test_what_a_measurement_uses_counts_and_nothing_else():
    """Its helpers and their constants, and of the page what it names: not COUNT, not math."""
    used = claims.measuring_code(measured_on_page, sample_page())
    assert names_of(used) == ["LIMIT", "clipped", "definitions", "measured_on_page", "double"]


def test_of_an_import_the_names_that_are_used_count():
    first, second = (
        claims._by_name(ast.parse(source).body)["b"]
        for source in ("from a import b", "from a import (\n    a,\n    b,\n    c,\n)")
    )
    assert claims.code_digest([first]) == claims.code_digest([second])
    other = claims._by_name(ast.parse("from a import c as b").body)["b"]
    assert claims.code_digest([other]) != claims.code_digest([first])


def test_a_change_of_the_page_counts_where_it_is_used():
    def digest_with(old: str, new: str) -> str:
        page = sample_page()
        page.notebook.cells[1].source = page.notebook.cells[1].source.replace(old, new)
        return claims.code_digest(claims.measuring_code(measured_on_page, page))

    assert digest_with("2 * x", "3 * x") != digest_with("", "")
    assert digest_with("COUNT = 3", "COUNT = 4") == digest_with("", "")
    assert digest_with("Twice x.", "Two times x.") == digest_with("", "")


def package_digest(source: str) -> str:
    return claims.package_digest(ast.parse(source).body)


def test_the_package_counts_as_far_as_it_is_used(monkeypatch: pytest.MonkeyPatch):
    """A loss rests on no metric, but the class that trains does on the losses."""
    used = {name: package_digest(f"from gan_utils import {name}") for name in ("MINIMAX", "GAN")}
    parsed = claims._parsed

    def with_change(module: str) -> dict[str, str]:
        def changed(name: str) -> ast.Module:
            tree = parsed(name)
            extra = ast.parse("x = 1").body if name == module else []
            return ast.Module([*tree.body, *extra], tree.type_ignores)

        skeleton = claims._skeleton
        monkeypatch.setattr(claims, "_module_skeleton", lambda name: skeleton(changed(name)))
        return {name: package_digest(f"from gan_utils import {name}") for name in used}

    assert with_change("gan_utils.metrics")["MINIMAX"] == used["MINIMAX"]
    after = with_change("gan_utils.losses")
    assert all(after[name] != used[name] for name in used)


def test_a_module_counts_whichever_way_it_is_imported():
    sources = ("from gan_utils import KL", "from gan_utils.divergences import KL")
    assert len(set(map(package_digest, sources))) == 1
    assert package_digest("from gan_utils import divergences") == package_digest(sources[0])
    assert package_digest("import math\nfrom json import loads") == claims.code_digest([])


def test_a_name_that_is_passed_on_counts_as_far_as_its_own_module():
    """So `verbosity` does not change with the picture of a claim, which stands beside it."""
    own = package_digest("from gan_utils.book.profile import verbosity")
    assert package_digest("from gan_utils import verbosity") == own
    assert package_digest("from gan_utils.book import verbosity") == own
    assert package_digest("from gan_utils.book import claims") != own
