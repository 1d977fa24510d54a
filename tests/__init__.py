"""The tests. All of them run at the quick profile, without a GPU: conftest.py sets that."""
