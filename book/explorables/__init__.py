"""Figures with sliders: as Bokeh in the book, and as cells with ipywidgets in a notebook."""
