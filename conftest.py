"""What every pytest process of the book needs: its settings and the notebooks' clock."""

from book import settings

# Before a kernel starts or a test imports TensorFlow.
settings.quick()

pytest_plugins = ["tests.clock"]
