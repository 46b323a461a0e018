"""A surface as a map: bands of equal area, dark where the surface is low."""

from functools import cache

import numpy as np

from course_pkg.surfaces import SURFACES

BANDS = 14
GRID = 48


def band_colours():
    """One colour for each band: dark where the surface is low."""
    low, high = np.array([0x1F, 0x6F, 0xA8]), np.array([0xEE, 0xF5, 0xFA])
    mixed = low + (high - low) * np.linspace(0, 1, BANDS)[:, None] ** 0.8
    return ["#" + "".join(f"{round(c):02x}" for c in colour) for colour in mixed]


@cache
def heights(name):
    """The surface on a grid, and the heights that cut it into ``BANDS`` bands of equal area."""
    surface = SURFACES[name]
    x, y = (np.linspace(low, high, GRID) for low, high in surface.bounds)
    z = surface.f(*np.meshgrid(x, y))
    return x, y, z, np.quantile(z, np.linspace(0, 1, BANDS + 1))


@cache
def band_paths(name):
    """What lies below each band's upper edge, as SVG paths in the surface's coordinates, to be painted one by one."""
    from contourpy import FillType, contour_generator
    from matplotlib.path import Path

    x, y, z, levels = heights(name)
    generator = contour_generator(x, y, z, fill_type=FillType.OuterCode)
    letter = {Path.MOVETO: "M", Path.LINETO: "L"}
    layers = []
    for level, colour in zip(levels[1:], band_colours(), strict=True):
        path = ""
        for points, codes in zip(*generator.filled(levels[0] - 1, level), strict=True):
            for (px, py), code in zip(points, codes, strict=True):
                path += f"{letter[code]}{px:.4g} {py:.4g}" if code in letter else "Z"
        layers.append({"path": path, "colour": colour})
    return layers[::-1]
