"""What a measurement of time was made on."""

import os


def threads() -> int:
    """Processors that this process may use."""
    ask = getattr(os, "sched_getaffinity", None)
    return len(ask(0)) if ask else os.cpu_count() or 1
