"""The book's machinery: it reads the pages, runs them, measures the claims and extends Sphinx.

It stands on `gan_utils`. The commands in `tools` and the tests stand on it, and it knows neither.
"""
