"""The race of the optimisers in a real JupyterLab: every control by mouse and keyboard, in light and dark."""

import os
import re

from playwright.sync_api import expect

from course_pkg import nn, widgets


def press(race, name):
    race.get_by_role("button", name=name, exact=True).click()


def field(race, label):
    return race.get_by_label(label, exact=True)


def text(race):
    return race.get_by_role("status")


def ways(race):
    return race.locator("[data-way]").evaluate_all("lines => lines.map(line => line.dataset.way)")


def picture(race, name):
    """Keep a picture of the widget where COURSE_SHOTS names a folder."""
    if folder := os.environ.get("COURSE_SHOTS"):
        race.screenshot(path=f"{folder}/{name}.png")


def test_the_race_with_the_mouse(show):
    race = show("widgets.OptimiserRace()")
    expect(text(race)).to_have_text(widgets.OptimiserRace().text())
    assert ways(race) == list(nn.OPTIMISERS)
    expect(field(race, "learning rate of Adam")).to_have_value("0.1")
    picture(race, "race_light")

    field(race, "surface").select_option("turned ravine")
    expect(text(race)).to_have_text(widgets.OptimiserRace("turned ravine").text())
    expect(field(race, "learning rate of Adam")).to_have_value("1")

    for name in ("Momentum", "AdaDelta"):
        field(race, name).uncheck()
    kept = [name for name in nn.OPTIMISERS if name not in ("Momentum", "AdaDelta")]
    expect(text(race)).to_have_text(widgets.OptimiserRace("turned ravine", kept).text())
    expect(race.locator("[data-way]")).to_have_count(5)
    assert ways(race) == kept
    for name in ("Momentum", "AdaDelta"):
        field(race, name).check()

    press(race, "SGD's for all")
    rates = dict.fromkeys(nn.OPTIMISERS, 0.05)
    expect(text(race)).to_have_text(widgets.OptimiserRace("turned ravine", rates=rates).text())
    slider = field(race, "all learning rates")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    expect(text(race)).to_contain_text("Gone far away: ")
    expect(race.get_by_role("row").filter(has_text="SGD")).to_contain_text("gone")
    expect(race.get_by_role("row").filter(has_text="SGD")).to_contain_text("never")
    press(race, "best for each")
    expect(text(race)).to_have_text(widgets.OptimiserRace("turned ravine").text())

    step = field(race, "step")
    step.click(position={"x": 2, "y": step.bounding_box()["height"] / 2})
    expect(text(race)).to_contain_text(re.compile("^After [01] of 150 steps"))
    press(race, "Play")
    expect(text(race)).to_contain_text(re.compile("^After ([5-9]|[1-9][0-9]) of 150"))
    press(race, "Pause")
    expect(race.get_by_role("button", name="Play")).to_be_visible()


def test_the_race_with_the_keyboard(show, lab):
    race = show("widgets.OptimiserRace('bowl', step=3)")
    rate = field(race, "learning rate of SGD")
    rate.fill("0.5")
    rate.press("Enter")
    expect(text(race)).to_have_text(widgets.OptimiserRace("bowl", rates={"SGD": 0.5}, step=3).text())
    rate.fill("fast")
    rate.press("Enter")
    expect(race.locator('[role="alert"]')).to_contain_text("lr: expected a number")
    expect(rate).to_have_attribute("aria-invalid", "true")
    rate.fill("0.5")
    rate.press("Enter")
    tick = field(race, "Adam")
    tick.focus()
    tick.press("Space")
    others = [name for name in nn.OPTIMISERS if name != "Adam"]
    expect(text(race)).to_have_text(widgets.OptimiserRace("bowl", others, rates={"SGD": 0.5}, step=3).text())
    step = field(race, "step")
    step.focus()
    step.press("ArrowRight")
    expect(text(race)).to_contain_text("After 4 of 150 steps")
    step.press("End")
    expect(text(race)).to_contain_text("After 150 of 150 steps")
    slider = field(race, "all learning rates")
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "× 0.0316")
    expect(race.get_by_role("img")).to_have_count(2)
    info = "(({content}) => [content.widgets.length, content.activeCellIndex])(window.jupyterapp.shell.currentWidget)"
    assert lab.page.evaluate(info) == [2, 1], "the keys went to the notebook too"


def test_on_a_dark_page_all_lines_lie_on_light_paper(show):
    race = show("widgets.OptimiserRace('many minima')", theme="Dark")
    expect(text(race)).to_have_text(widgets.OptimiserRace("many minima").text())
    fills = race.locator(".cw-paper").evaluate_all("all => all.map(paper => getComputedStyle(paper).fill)")
    assert fills == ["rgb(248, 248, 248)"] * 8, "the curves and seven samples"
    picture(race, "race_dark")
