"""Unit and property tests of `gan_utils`, one file per module."""
