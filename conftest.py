"""What every pytest process of the book needs: the settings of `tests` and the notebooks' clock."""

import tests  # noqa: F401 (sets the environment before a kernel or TensorFlow starts)

pytest_plugins = ["tests.clock"]
