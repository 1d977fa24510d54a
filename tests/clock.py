"""A pytest plugin: say what every notebook took that nbval ran. Time is never a verdict."""

from collections import defaultdict

import pytest


class Clock:
    """Adds up the phases of all cells: start of the kernel, cells, end."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.split("::")[0]
        if name.endswith(".ipynb"):
            self.seconds[name] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List what each notebook took."""
        if self.seconds:
            terminalreporter.section("notebooks")
        for name, taken in self.seconds.items():
            terminalreporter.line(f"{taken:6.1f} s  {name}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Clock())
