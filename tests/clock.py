"""A pytest plugin: say what every notebook took that nbval ran. Time is never a verdict."""

import pytest

SECONDS = pytest.StashKey[dict[str, float]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SECONDS] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Add the phase to the notebook's time: start of the kernel, cells, end."""
    if item.path.suffix == ".ipynb":
        seconds = item.config.stash[SECONDS]
        name = item.nodeid.split("::")[0]
        seconds[name] = seconds.get(name, 0.0) + call.duration
    return (yield)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """List what each notebook took."""
    seconds = config.stash[SECONDS]
    if seconds:
        terminalreporter.section("notebooks")
        for name, taken in seconds.items():
            terminalreporter.line(f"{taken:6.1f} s  {name}")
