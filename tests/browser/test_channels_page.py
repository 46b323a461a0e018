"""The channel browser in a real JupyterLab: every control by mouse and keyboard, in light and dark."""

import os

from playwright.sync_api import expect

NETWORK = """
import numpy as np, torch
from torch import nn
from course_pkg import vision

torch.manual_seed(0)
layers = [nn.Conv2d(3, 5, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(5, 20, 3, padding=1), nn.ReLU()]
names = {"first": "0", "second": "3", "relu1": "1", "relu2": "4"}
network = vision.Network(nn.Sequential(*layers), caption="a tiny network", names=names, device="cpu")
"""
WIDGET = "widgets.ChannelBrowser(network, thumbnails=8, size=32, layer='second', method='naive')"


def picture(view, name):
    """Keep a picture of the widget where COURSE_SHOTS names a folder."""
    if folder := os.environ.get("COURSE_SHOTS"):
        view.screenshot(path=f"{folder}/{name}.png")


def button(view, name):
    return view.get_by_role("button", name=name, exact=True)


def test_the_controls_with_the_mouse(show):
    view = show(NETWORK, WIDGET)
    thumbnails = view.locator(".cw-thumbnails button")
    said = view.get_by_role("status")
    large = view.locator(".cw-panel > img")
    expect(thumbnails).to_have_count(8)
    expect(view.locator(".cw-patches img")).to_have_count(4)
    expect(view).to_contain_text("Made with a tiny network.")
    picture(view, "channels_light")

    before = large.get_attribute("src")
    button(view, "second, channel 3").click()
    expect(said).to_contain_text("second, channel 3, of 0 to 19: the mean response goes from")
    expect(large).not_to_have_attribute("src", before)
    expect(large).to_have_attribute("alt", "The picture that excites second, channel 3")
    expect(button(view, "second, channel 3")).to_have_attribute("aria-pressed", "true")
    expect(view.locator("[aria-pressed=true]")).to_have_count(1)
    assert large.evaluate("image => image.naturalWidth") == 96

    button(view, "Further channels").click()
    expect(button(view, "second, channel 8")).to_have_attribute("aria-pressed", "true")
    view.get_by_label("channel", exact=True).fill("17")
    view.get_by_label("channel", exact=True).press("Enter")
    expect(thumbnails).to_have_count(4)
    expect(button(view, "Further channels")).to_have_attribute("aria-disabled", "true")
    view.get_by_label("mixed with").fill("2")
    view.get_by_label("mixed with").press("Enter")
    expect(view.locator("figcaption")).to_have_text("channel 17 with 2")
    view.get_by_label("its share").fill("0.25")
    expect(said).to_contain_text("channel 17 mixed with 2 (25%)")
    view.get_by_label("steps", exact=True).fill("7")
    expect(said).to_contain_text("in 7 steps")
    button(view, "Earlier channels").click()
    expect(thumbnails).to_have_count(8)

    view.get_by_label("mixed with").fill("many")
    view.get_by_label("mixed with").press("Enter")
    expect(view.get_by_role("alert")).to_contain_text("mixed: expected an integer, got 'many'")
    view.get_by_label("method").select_option("fourier")
    expect(said).to_contain_text("in 60 steps")
    expect(view.locator(".cw-error")).to_be_hidden()
    view.get_by_label("layer").select_option("first (5 channels)")
    expect(thumbnails).to_have_count(5)
    expect(said).to_contain_text("first, channel 0, of 0 to 4")


def test_the_sheet_with_the_keyboard_on_a_dark_page(show, lab):
    view = show(NETWORK, WIDGET, theme="Dark")
    first = button(view, "second, channel 0")
    first.focus()
    columns = view.locator(".cw-thumbnails").evaluate(
        "sheet => getComputedStyle(sheet).gridTemplateColumns.split(' ').length"
    )
    assert 2 <= columns < 8
    for key, channel in (("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)):
        lab.page.keyboard.press(key)
        expect(button(view, f"second, channel {channel}")).to_be_focused()
    lab.page.keyboard.press("ArrowUp")
    expect(first).to_be_focused()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    expect(view.get_by_role("status")).to_contain_text("second, channel 1,")
    expect(button(view, "second, channel 1")).to_be_focused()
    assert view.locator(".cw-thumbnails [tabindex='0']").count() == 1
    picture(view, "channels_dark")
    colour = "element => getComputedStyle(element).backgroundColor"
    assert button(view, "second, channel 0").evaluate(colour) != "rgb(255, 255, 255)"
    info = "(({content}) => [content.widgets.length, content.activeCellIndex])(window.jupyterapp.shell.currentWidget)"
    assert lab.page.evaluate(info) == [3, 2], "the keys went to the notebook too"
