"""The measurements behind the book's statements about training, one module per chapter."""
