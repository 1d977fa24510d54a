"""Unit and property tests of gan_utils."""
