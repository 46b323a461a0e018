"""The visualiser of word2vec in a real JupyterLab: every control by mouse and keyboard, in light and dark."""

import json
import os
import re

import pytest
from matplotlib.image import imread
from playwright.sync_api import expect

from course_pkg import widgets, words


@pytest.fixture(autouse=True)
def tall(lab):
    """Make the page so high that the whole visualiser is in view."""
    lab.page.set_viewport_size({"width": 1280, "height": 1700})


def button(widget, name):
    return widget.get_by_role("button", name=name, exact=True)


def text(widget):
    return widget.get_by_role("status")


def error(widget):
    return widget.locator('[role="alert"]')


def picture(widget, name):
    """Keep a picture of the widget where COURSE_SHOTS names a folder."""
    if folder := os.environ.get("COURSE_SHOTS"):
        widget.screenshot(path=f"{folder}/{name}.png")


def said(**options):
    """What the visualiser says in words, after things are done to it in Python."""
    todo = options.pop("todo", ())
    widget = widgets.WordVectors(**options)
    for control, value in todo:
        widget.react(control, value)
    return widget.text()


def spots(widget):
    return widget.locator(".cw-spot")


def test_training_with_the_mouse(show):
    widget = show("widgets.WordVectors()")
    expect(text(widget)).to_have_text(said())
    expect(button(widget, "Back")).to_have_attribute("aria-disabled", "true")
    button(widget, "Next").click()
    expect(text(widget)).to_have_text(said(todo=[("next", None)]))
    expect(widget.locator("[data-moves]")).to_have_count(5 + 12 * 5)
    button(widget, "Next").click()
    expect(text(widget)).to_have_text(said(steps=1))
    expect(widget.locator("[data-moves]")).to_have_count(0)
    expect(widget.locator(".cw-arrow")).to_have_count(2)
    for count, total in ((20, 21), (100, 121), (500, 621)):
        button(widget, f"{count} iterations").click()
        expect(text(widget)).to_have_text(said(steps=total))
    button(widget, "Back").click()
    expect(text(widget)).to_have_text(said(steps=620))
    picture(widget, "vectors_light")

    widget.get_by_label("animate").check()
    button(widget, "500 iterations").click()
    expect(text(widget)).to_contain_text(re.compile("^6[3-9]0|^[78].0 iterations"))
    button(widget, "Pause").click()
    expect(button(widget, "Go on")).to_be_visible()
    widget.page.wait_for_timeout(300)
    stopped = text(widget).text_content()
    assert int(stopped.split()[0]) < 1120
    widget.page.wait_for_timeout(300)
    expect(text(widget)).to_have_text(stopped)
    button(widget, "Go on").click()
    expect(text(widget)).to_have_text(said(steps=1120))
    expect(button(widget, "Pause")).to_have_attribute("aria-disabled", "true")
    button(widget, "Restart").click()
    expect(text(widget)).to_have_text(said())


def test_what_is_typed(show, lab):
    widget = show("widgets.WordVectors()")
    config, pairs = widget.get_by_label("config"), widget.get_by_label("training data")
    pairs.fill("drink^juice|apple, milk")
    button(widget, "Update and restart").click()
    expect(error(widget)).to_contain_text("text: pair 2: expected context|target")
    expect(pairs).to_have_attribute("aria-invalid", "true")
    expect(pairs).to_have_value("drink^juice|apple, milk")
    expect(text(widget)).to_have_text(said())
    pairs.fill("drink^juice|apple, eat|apple^rice")
    button(widget, "Update and restart").click()
    expect(text(widget)).to_have_text(said(text="drink^juice|apple, eat|apple^rice"))
    expect(pairs).to_have_attribute("aria-invalid", "false")
    expect(widget.get_by_label("preset")).to_have_value("your own")
    config.fill('{"hidden_size": 6}')
    button(widget, "Update and restart").click()
    expect(error(widget)).to_contain_text("hidden_size: expected at most 5")
    expect(config).to_have_attribute("aria-invalid", "true")
    config.fill('{"hidden_size": 2')
    button(widget, "Update learning rate").click()
    expect(error(widget)).to_contain_text("config: expected JSON such as")
    config.fill('{"learning_rate": 0.05}')
    button(widget, "Update learning rate").click()
    expect(error(widget)).to_be_empty()
    expect(config).to_have_value(re.compile('"hidden_size": 5, .*"learning_rate": 0.05'))
    button(widget, "20 iterations").click()
    expect(text(widget)).to_have_text(said(text="drink^juice|apple, eat|apple^rice", learning_rate=0.05, steps=20))

    for name in words.PRESETS:
        widget.get_by_label("preset").select_option(name)
        expect(pairs).to_have_value(words.PRESETS[name]["text"])
    expect(widget.get_by_label("output", exact=True)).to_have_value("negative sampling")
    button(widget, "Next").click()
    expect(text(widget)).to_contain_text("The gradients of ")
    marks = widget.locator("[data-row] text").all_text_contents()
    assert marks.count("+1") == 1
    assert 1 <= marks.count("−1") <= 3
    picture(widget, "vectors_negative")
    widget.get_by_label("output", exact=True).select_option("hierarchical softmax")
    expect(widget.locator("[data-row]")).to_have_count(11)
    expect(widget.get_by_text("Huffman tree")).to_be_visible()
    expect(widget.locator(".cw-path")).not_to_have_count(0)
    widget.get_by_label("output", exact=True).select_option("softmax as in the original")
    expect(widget.get_by_text("Huffman tree")).to_be_hidden()
    expect(widget.locator("[data-row]")).to_have_count(12)
    info = "(({content}) => [content.widgets.length, content.activeCellIndex])(window.jupyterapp.shell.currentWidget)"
    assert lab.page.evaluate(info) == [2, 1], "the keys went to the notebook too"


def test_queries_heat_maps_and_the_plane(show):
    widget = show("widgets.WordVectors(steps=500)")
    expect(text(widget)).to_have_text(said(steps=500))
    button(widget, "excite woman").click()
    expect(text(widget)).to_have_text(said(steps=500, todo=[("excite", "woman")]))
    queen = button(widget, "excite queen")
    queen.focus()
    queen.press("Enter")
    expect(text(widget)).to_have_text(said(steps=500, todo=[("excite", "woman"), ("excite", "queen")]))
    expect(queen).to_be_focused()
    expect(queen).to_have_attribute("aria-pressed", "true")
    button(widget, "100 iterations").click()
    expect(text(widget)).to_contain_text("600 iterations")
    expect(text(widget)).to_contain_text("woman + queen →")
    button(widget, "Clear query").click()
    expect(text(widget)).to_have_text(said(steps=600))

    trainer = widgets.WordVectors(steps=600).trainer
    reading = widget.locator(".cw-reading")
    widget.locator('[data-cell="1 10 2"]').hover()
    expect(reading).to_contain_text("W'[royal, 3] = ")
    shown = float(reading.text_content().split(" = ")[1].replace("−", "-"))
    assert shown == pytest.approx(trainer.output_weights[10, 2], rel=1e-3)
    heat = widget.get_by_role("group", name=re.compile("^Heat map of W:"))
    heat.focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight"):
        heat.press(key)
    expect(reading).to_contain_text("W[royal, 3] = ")

    expect(spots(widget)).to_have_count(16)
    boxes = spots(widget).evaluate_all(
        "all => all.map(spot => spot.getBBox()).map(b => [b.x, b.x + b.width, b.y, b.y + b.height])"
    )
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[0] >= b[1] or b[0] >= a[1] or a[2] >= b[3] - 2 or b[2] >= a[3] - 2, "two labels overlap"
    widget.get_by_label("vectors that no pair trains").check()
    expect(spots(widget)).to_have_count(24)
    widget.get_by_label("vectors that no pair trains").uncheck()
    widget.get_by_label("output vectors").uncheck()
    expect(spots(widget)).to_have_count(4)
    widget.get_by_label("input vectors").uncheck()
    expect(spots(widget)).to_have_count(0)
    for label in ("output vectors", "input vectors", "hold the plane"):
        widget.get_by_label(label, exact=True).check()
    expect(spots(widget)).to_have_count(16)

    where = "all => all.map(spot => [spot.textContent, spot.getAttribute('x')].join()).sort().join()"
    before = spots(widget).evaluate_all(where)
    plane = widget.locator(".cw-drag")
    box = plane.locator("svg").bounding_box()
    mouse = widget.page.mouse
    mouse.move(box["x"] + 200, box["y"] + 150)
    mouse.down()
    mouse.move(box["x"] + 240, box["y"] + 190)
    mouse.up()
    moved = spots(widget).evaluate_all(where)
    assert moved != before
    button(widget, "Show all").click()
    assert spots(widget).evaluate_all(where) == before
    plane.focus()
    for key in ("ArrowLeft", "+", "+", "-", "0"):
        plane.press(key)
        assert (spots(widget).evaluate_all(where) == before) == (key == "0")
    for name in ("Zoom in", "Zoom out"):
        button(widget, name).click()
    plane.focus()
    mouse.move(box["x"] + 100, box["y"] + 100)
    mouse.wheel(0, -100)
    plane.press("0")
    assert spots(widget).evaluate_all(where) == before


def test_files(show, tmp_path):
    widget = show("widgets.WordVectors(steps=40)")
    with widget.page.expect_download() as waiting:
        button(widget, "Save state (JSON)").click()
    waiting.value.save_as(tmp_path / "state.json")
    state = json.loads((tmp_path / "state.json").read_text())
    again = words.PairTrainer(state["text"], **state["config"])
    again.step(state["steps"])
    assert state == {name: value for name, value in again.state().items() if name != "losses"}
    with widget.page.expect_download() as waiting:
        button(widget, "Save picture (PNG)").click()
    waiting.value.save_as(tmp_path / "picture.png")
    pixels = imread(tmp_path / "picture.png")
    assert pixels.shape[0] > 1800
    assert pixels.shape[1] == 1480
    assert len({tuple(pixel) for pixel in (pixels[::7, ::7, :3] * 255).astype(int).reshape(-1, 3)}) > 50
    if folder := os.environ.get("COURSE_SHOTS"):
        (tmp_path / "picture.png").rename(f"{folder}/vectors_saved.png")


def test_on_a_dark_page(show):
    widget = show('widgets.WordVectors("king and queen, hierarchical softmax", steps=500)', theme="Dark")
    expect(text(widget)).to_have_text(said(preset="king and queen, hierarchical softmax", steps=500))
    picture(widget, "vectors_dark")
    colour = "element => getComputedStyle(element).fill"
    assert spots(widget).first.evaluate(colour) != "rgb(0, 0, 0)"
    ground = "element => getComputedStyle(element).backgroundColor"
    assert widget.get_by_label("config").evaluate(ground) != "rgb(255, 255, 255)"
