"""The ledger tells what the code does: nothing in it is stale, and two runs of ten come again."""

import ast
import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from book import claims, machine
from book.claims import Bound, Registered
from book.pages import definitions
from gan_utils.claims import from_record
from tests.gates.sample import sample as sample_page

CLAIMS = claims.registered()
LEDGER = claims.read_ledger()


def faults(claim: Registered, record: dict | None) -> list[str]:
    """How a record of the ledger fails to be a true record of the claim."""
    if record is None:
        return ["the ledger does not have it"]
    found = []
    stated = (claim.statement, claim.page, claim.holds_on, list(claims.SEEDS))
    if stated != tuple(record[key] for key in ("statement", "page", "holds_on", "seeds")):
        found.append("statement, page, seeds or holds_on differ from the code")
    if list(record["statistics"]) != [bound.name for bound in claim.bounds]:
        return [*found, "its statistics are not those of the code"]
    for bound in claim.bounds:
        entry = record["statistics"][bound.name]
        if len(entry["values"]) != len(claims.SEEDS):
            found.append(f"{bound.name} has {len(entry['values'])} values")
        elif entry != claims.statistic_record(bound, entry["values"]):
            found.append(f"{bound.name} has another bound, or a summary not of its values")
    if record["digest"] != claim.digest():
        found.append("the code that measures it has changed since")
    if not found and len(from_record(claim.name, record).holding) < claim.holds_on:
        holding = from_record(claim.name, record).holding
        found.append(f"it holds on seeds {holding} only, {claim.holds_on} are claimed")
    return found


def outside(claim: Registered, record: dict, values: dict[str, float]) -> list[str]:
    """The statistics of a new run that fall outside the interval that the ledger expects."""
    statistics = from_record(claim.name, record).statistics
    return [
        f"{name} = {value:.6g} outside [{statistics[name].low:.6g}, {statistics[name].high:.6g}]"
        for name, value in values.items()
        if not statistics[name].low <= value <= statistics[name].high
    ]


def test_there_are_claims_and_the_ledger_has_no_others():
    assert CLAIMS
    assert list(LEDGER) == list(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_ledger_is_what_the_code_says(name: str):
    assert faults(CLAIMS[name], LEDGER.get(name)) == [], f"run `make claims CLAIM={name}`"


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    """A process of one thread, in which nothing but claims is run."""
    with claims.workers(1) as pool:
        yield pool


@pytest.mark.recorded
@pytest.mark.parametrize("seed", claims.RERUN_SEEDS)
@pytest.mark.parametrize("name", CLAIMS)
def test_claim_comes_again(name: str, seed: int, process: ProcessPoolExecutor):
    values = process.submit(claims.measure_named, name, seed).result()
    assert outside(CLAIMS[name], LEDGER[name], values) == []


@pytest.mark.recorded
@pytest.mark.parametrize("name", CLAIMS)
def test_the_record_is_of_the_libraries_that_are_installed(name: str):
    """After `make lock` has brought others: `make claims`."""
    recorded, installed = LEDGER[name]["versions"], machine.versions()
    assert {each: recorded[each] for each in machine.PACKAGES} == {
        each: installed[each] for each in machine.PACKAGES
    }


# The same checks against a ledger that has been tampered with.


def sample(seed: int) -> dict[str, float]:
    return {"score": 0.9 + 0.01 * (seed % 3), "steps": 7.0}


@pytest.fixture
def claim(monkeypatch: pytest.MonkeyPatch) -> Registered:
    """A claim that is quick to measure."""
    monkeypatch.setattr(Registered, "digest", lambda self: "0123456789abcdef")
    bounds = (Bound("score", at_least=0.9), Bound("steps", unit="steps"))
    return Registered("sample", "probability/sample", "It scores.", bounds, 10, sample)


def set_value(record: dict) -> None:
    record["statistics"]["score"]["values"][3] = 0.95


def widen(record: dict) -> None:
    record["statistics"]["score"]["low"] = 0.0


def loosen(record: dict) -> None:
    record["statistics"]["score"]["at_least"] = 0.5


def test_a_true_record_passes(claim: Registered):
    record = claims.record(claim)
    assert faults(claim, record) == []
    assert outside(claim, record, claims.measure(claim, seed=1)) == []


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (set_value, "not of its values"),
        (widen, "not of its values"),
        (loosen, "another bound"),
        (lambda record: record.update(statement="It wins."), "statement"),
        (lambda record: record.update(holds_on=9), "holds_on"),
        (lambda record: record.update(digest="fedcba9876543210"), "has changed since"),
        (lambda record: record["statistics"].pop("steps"), "statistics are not those"),
    ],
)
def test_a_false_record_is_noticed(claim: Registered, tamper: Callable, complaint: str):
    record = copy.deepcopy(claims.record(claim))
    tamper(record)
    assert complaint in "\n".join(faults(claim, record))


def test_a_claim_without_record_is_noticed(claim: Registered):
    assert faults(claim, None) == ["the ledger does not have it"]


def test_a_claim_that_fails_too_often_is_noticed(claim: Registered):
    strict = Registered(
        claim.name,
        claim.page,
        claim.statement,
        (Bound("score", at_least=0.905), claim.bounds[1]),
        10,
        sample,
    )
    assert "10 are claimed" in "\n".join(faults(strict, claims.record(strict)))


def test_a_run_outside_the_interval_is_noticed(claim: Registered):
    record = claims.record(claim)
    assert outside(claim, record, {"score": 0.5, "steps": 7.0})[0].startswith("score = 0.5 outside")
    assert outside(claim, record, {"score": 0.91, "steps": 7.1})[0].startswith("steps = 7.1")


@pytest.mark.parametrize(
    ("result", "message"),
    [({"score": 1.0}, "must return"), ({"score": float("nan"), "steps": 1.0}, "not finite")],
)
def test_a_bad_measurement_is_refused(claim: Registered, result: dict, message: str):
    bad = Registered(claim.name, claim.page, "", claim.bounds, 10, lambda seed: result)
    with pytest.raises(ValueError, match=message):
        claims.measure(bad, seed=0)


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


def test_a_module_that_has_moved_is_no_change():
    def digest_of(module: str) -> str:
        (node,) = ast.parse(f"from {module} import definitions").body
        return claims.code_digest([claims._as_recorded(node)])

    for now, before in claims.RECORDED_AS.items():
        assert digest_of(now) == digest_of(before) != digest_of("elsewhere")


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


def test_a_change_of_the_page_counts_where_it_is_used():
    def digest_with(old: str, new: str) -> str:
        page = sample_page()
        page.notebook.cells[2].source = page.notebook.cells[2].source.replace(old, new)
        return claims.code_digest(claims.measuring_code(measured_on_page, page))

    assert digest_with("2 * x", "3 * x") != digest_with("", "")
    assert digest_with("COUNT = 3", "COUNT = 4") == digest_with("", "")
    assert digest_with("Twice x.", "Two times x.") == digest_with("", "")
