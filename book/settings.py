"""Environment variables under which pages, tests and claims give the same numbers everywhere.

Importing a module of the book changes no environment. Who runs tests, claims or benchmarks calls
the functions that set variables; who starts a kernel hands it those of `for_kernel`.
"""

import os

PROCESSOR_ONLY = {"CUDA_VISIBLE_DEVICES": "-1"}

ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""For several processes side by side, which would otherwise get in each other's way."""

SILENT = {"TF_CPP_MIN_LOG_LEVEL": "3"}
"""Without TensorFlow's start-up messages, which describe the machine."""


def quick() -> None:
    """Set the quick profile and hide GPUs, for this process and those that it starts.

    Call it before TensorFlow is imported, which then reads how much to say.
    """
    os.environ["GAN_BOOK_PROFILE"] = "quick"
    processor_only()
    silent()


def processor_only() -> None:
    """Hide GPUs from this process and those that it starts.

    Call it before TensorFlow first looks for devices.
    """
    os.environ.update(PROCESSOR_ONLY)


def silent() -> None:
    """Keep TensorFlow's start-up messages back, unless the environment asks for them."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)


def one_thread() -> None:
    """Let this process and those that it starts compute with one thread each.

    Call it before TensorFlow is imported; NumPy's products follow where it comes before NumPy too.
    """
    os.environ.update(ONE_THREAD)


def for_kernel(profile: str) -> dict[str, str]:
    """Variables of a kernel that runs a page at that profile, on the processor and repeatably."""
    return {"GAN_BOOK_PROFILE": profile, **PROCESSOR_ONLY, **SILENT, "PYTHONHASHSEED": "0"}
