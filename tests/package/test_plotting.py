"""The roles are told apart without colour, and the mosaic puts every pixel in its place."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from gan_utils import plotting

ROLES = (plotting.P_DATA, plotting.P_G, plotting.DISCRIMINATOR, plotting.THEORY, *plotting.SERIES)


def test_roles_differ_in_more_than_colour():
    for a, b in itertools.combinations(ROLES, 2):
        assert a["color"] != b["color"]
        assert (a["linestyle"], a.get("linewidth")) != (b["linestyle"], b.get("linewidth"))


def test_roles_draw_lines():
    ax = Figure().subplots()
    for role in ROLES:
        (line,) = ax.plot([0, 1], [0, 1], **role)
        assert line.get_color() == role["color"]


def test_style_fits_the_text_column():
    with plt.rc_context():
        plotting.use_style()
        assert plt.rcParams["figure.figsize"][0] == 7.0
        assert not plt.rcParams["axes.spines.top"]


def test_mosaic_reads_like_a_page():
    images = np.linspace(-1, 1, 5)[:, None, None, None] * np.ones([5, 2, 3, 1])
    ax = plotting.image_grid(images, Figure().subplots(), columns=3)
    mosaic = ax.images[0].get_array()
    expected = np.kron([[-1, -0.5, 0], [0.5, 1, -1]], np.ones([2, 3]))
    np.testing.assert_allclose(mosaic, expected)
    assert ax.images[0].get_clim() == (-1, 1)


def test_colours_are_drawn_as_such():
    images = np.random.default_rng(0).uniform(-1, 1, [4, 2, 3, 3])
    ax = plotting.image_grid(images, Figure().subplots(), columns=2)
    mosaic = ax.images[0].get_array()
    assert mosaic.shape == (4, 6, 3)
    np.testing.assert_allclose(mosaic[2:, :3], (images[2] + 1) / 2)


def test_rounding_in_float32_is_clipped():
    largest = np.float32(1) + np.float32(2e-7)
    assert largest > 1
    images = np.full([1, 2, 2, 1], [largest], np.float32)
    ax = plotting.image_grid(images, Figure().subplots(), columns=1)
    assert ax.images[0].get_array().max() == 1


@pytest.mark.parametrize(
    ("images", "columns", "message"),
    [
        (np.zeros([4, 28, 28]), 2, r"images: expected shape \(n, height, width, 1\) or"),
        (np.zeros([4, 28, 28, 2]), 2, r"images: expected shape .* got \(4, 28, 28, 2\)"),
        (np.zeros([0, 28, 28, 1]), 2, "images: expected shape"),
        (np.zeros([4, 0, 28, 1]), 2, "images: expected shape"),
        (np.zeros([4, 28, 0, 1]), 2, "images: expected shape"),
        (
            np.full([1, 2, 2, 1], 255.0),
            2,
            r"images: expected pixels in \[-1, 1\], got values from 255 to 255",
        ),
        (np.full([1, 2, 2, 1], 1 + 2e-6), 2, "got values from 1.000002 to 1.000002"),
        (np.full([1, 2, 2, 1], np.nan), 2, "images: expected numbers, got NaN"),
        (np.zeros([1, 2, 2, 1]), 0, "columns: expected a whole number of at least 1, got 0"),
        (np.zeros([1, 2, 2, 1]), 2.0, "columns: expected a whole number of at least 1, got 2.0"),
    ],
)
def test_what_is_not_a_list_of_images_is_an_error(images, columns, message):
    with pytest.raises(ValueError, match=message):
        plotting.image_grid(images, Figure().subplots(), columns=columns)
