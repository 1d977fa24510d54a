"""Sphinx extensions of the book, which `_config.yml` names."""
