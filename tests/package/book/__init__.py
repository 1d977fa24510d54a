"""Tests of what the package holds for the book alone."""
