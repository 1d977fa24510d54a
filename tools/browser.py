"""The browser of this machine."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def path() -> str | None:
    """Where it is; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
