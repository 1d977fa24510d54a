"""The built book, looked at in a browser."""
