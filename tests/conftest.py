"""Settings of the libraries that the tests use."""

import hypothesis
import matplotlib as mpl

# Figures drawn inside a test go nowhere.
mpl.use("Agg")

# The same examples in every run: a failure is a fault of the code, not of the draw.
hypothesis.settings.register_profile("book", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("book")
