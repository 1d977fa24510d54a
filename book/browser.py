"""The browser of this machine."""

import shutil

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def path() -> str | None:
    """Where it is; None if there is none."""
    return next(filter(None, map(shutil.which, (*NAMES, MACOS))), None)
