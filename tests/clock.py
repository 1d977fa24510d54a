"""A pytest plugin: time every notebook that nbval runs and fail the cell that exceeds the limit."""

import pytest

SECONDS = pytest.StashKey[dict[str, float]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("notebook_seconds", "the longest that a notebook may take", default="90")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SECONDS] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Add the phase to the notebook's time: start of the kernel, cells, end."""
    report = yield
    if item.path.suffix == ".ipynb":
        seconds = item.config.stash[SECONDS]
        name = item.nodeid.split("::")[0]
        before = seconds.get(name, 0.0)
        seconds[name] = before + call.duration
        limit = float(item.config.getini("notebook_seconds"))
        if before <= limit < seconds[name]:
            message = f"{name} has taken {seconds[name]:.0f} s; the limit is {limit:g} s"
            report.longrepr = f"{report.longrepr}\n{message}" if report.failed else message
            report.outcome = "failed"
    return report


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """List what each notebook took."""
    seconds = config.stash[SECONDS]
    if seconds:
        terminalreporter.section(f"notebooks (limit {config.getini('notebook_seconds')} s each)")
        for name, taken in seconds.items():
            terminalreporter.line(f"{taken:6.1f} s  {name}")
