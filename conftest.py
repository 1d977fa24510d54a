"""What every pytest process of the book needs: its settings, the clock, the sharing of work."""

import os

from book import settings

# Before a kernel starts or a test imports TensorFlow.
settings.quick()
if "PYTEST_XDIST_WORKER" in os.environ:
    settings.one_thread()

pytest_plugins = ["tests.clock", "tests.workers"]
