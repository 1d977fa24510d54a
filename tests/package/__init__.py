"""Unit and property tests of `gan_utils`, one file per module."""

from hypothesis import settings

# The same examples in every run: a failure is a fault of the code, not of the draw.
settings.register_profile("book", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("book")
