"""Commands that `make` runs; `book` does their work."""
