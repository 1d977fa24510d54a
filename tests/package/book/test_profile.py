"""The speed of the pages: the environment decides, else whether there is a GPU."""

import sys
from types import SimpleNamespace

import pytest

from gan_utils import profile, verbosity


@pytest.mark.parametrize("speed", ["quick", "full"])
def test_the_environment_decides_the_profile(monkeypatch, speed):
    monkeypatch.setenv("GAN_BOOK_PROFILE", speed)
    assert profile() == speed


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("GAN_BOOK_PROFILE", "fast")
    with pytest.raises(
        ValueError, match="GAN_BOOK_PROFILE: expected one of 'quick', 'full', got 'fast'"
    ):
        profile()


@pytest.mark.parametrize(("devices", "speed"), [([], "quick"), (["GPU:0"], "full")])
def test_without_it_a_gpu_decides(monkeypatch, devices, speed):
    monkeypatch.delenv("GAN_BOOK_PROFILE", raising=False)
    config = SimpleNamespace(list_physical_devices=lambda kind: devices if kind == "GPU" else None)
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    assert profile() == speed


@pytest.mark.parametrize(("speed", "verbose"), [("quick", 0), ("full", "auto"), (None, "auto")])
def test_training_is_quiet_only_where_the_quick_profile_is_asked_for(monkeypatch, speed, verbose):
    monkeypatch.delenv("GAN_BOOK_PROFILE")
    if speed is not None:
        monkeypatch.setenv("GAN_BOOK_PROFILE", speed)
    assert verbosity() == verbose
