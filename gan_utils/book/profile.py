"""The speed at which the book's pages run."""

import os


def profile() -> str:
    """Profile of the book, the speed of its pages: "quick" for two CPU cores, "full" with a GPU.

    The environment variable GAN_BOOK_PROFILE decides where it is set, else whether TensorFlow
    sees a GPU.

    Raises
    ------
    ValueError
        If GAN_BOOK_PROFILE is neither "quick" nor "full".

    Examples
    --------
    >>> profile() in ("quick", "full")
    True
    """
    chosen = os.environ.get("GAN_BOOK_PROFILE")
    if chosen:
        if chosen not in ("quick", "full"):
            raise ValueError(f"GAN_BOOK_PROFILE: expected one of 'quick', 'full', got {chosen!r}")
        return chosen
    import tensorflow as tf

    return "full" if tf.config.list_physical_devices("GPU") else "quick"


def verbosity() -> int | str:
    """How much training says while it runs, as `fit` takes it: "auto" where a person may watch.

    The environment variable GAN_BOOK_PROFILE=quick, which the checks and the stored outputs of
    the book run under, makes it 0: progress bars carry times, which no two runs share.

    Examples
    --------
    >>> verbosity() in (0, "auto")
    True
    """
    return 0 if os.environ.get("GAN_BOOK_PROFILE") == "quick" else "auto"
