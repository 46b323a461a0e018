"""A picture and its knobs in a real JupyterLab: choose, slide, and be told what cannot be made."""

import os

from playwright.sync_api import expect

MAKE = """
import numpy as np

def make(colour, rows):
    if rows == 9:
        raise ValueError("rows: expected fewer, got 9")
    picture = np.zeros((8 * rows, 64, 3))
    picture[..., ["red", "green"].index(colour)] = 0.8
    return picture
"""
WIDGET = "widgets.PictureKnobs(make, {'colour': ['red', 'green'], 'rows': (2, 9, 1)}, about='A plain picture')"


def test_the_knobs_make_the_picture(show):
    view = show(MAKE, WIDGET)
    image = view.locator("figure img")
    expect(image).to_have_attribute("alt", "A plain picture: colour red, rows 2")
    view.get_by_label("colour").select_option("green")
    expect(image).to_have_attribute("alt", "A plain picture: colour green, rows 2")
    view.get_by_label("rows", exact=True).fill("5")
    expect(image).to_have_attribute("alt", "A plain picture: colour green, rows 5")
    assert image.evaluate("image => image.naturalHeight") == 40
    if folder := os.environ.get("COURSE_SHOTS"):
        view.screenshot(path=f"{folder}/knobs.png")
    view.get_by_label("rows", exact=True).fill("9")
    expect(view.get_by_role("alert")).to_have_text("rows: expected fewer, got 9")
    expect(view.get_by_label("rows", exact=True)).to_have_value("5")
