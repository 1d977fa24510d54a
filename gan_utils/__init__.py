"""Helpers for the book *Generative Adversarial Networks, Probabilistically*."""

__version__ = "0.1.0"
