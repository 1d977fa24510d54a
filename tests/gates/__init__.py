"""The standing rules of the book, as tests, each shown to bite."""
