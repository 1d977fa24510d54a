"""Which part of the repository may import which: downwards only."""

MAY_IMPORT = {
    "gan_utils": set(),
    "book": {"gan_utils"},
    "claims": {"gan_utils", "book"},
    "tools": {"gan_utils", "book"},
    "conftest": {"book"},
    "tests": {"gan_utils", "book", "tools"},
}
"""For each part of the repository, the others that its modules may import."""
