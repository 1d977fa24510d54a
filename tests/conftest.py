"""Figures drawn inside a test go nowhere."""

import matplotlib as mpl

mpl.use("Agg")
