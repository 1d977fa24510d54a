"""Programs that `book.bench` times, each in a process of its own and some by another Python."""
