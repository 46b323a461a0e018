"""Each widget in a real JupyterLab: every control is used by mouse and keyboard, and the page must show it."""

import re

import pytest
from playwright.sync_api import expect

from course_pkg import nn, widgets
from course_pkg.backprop import Network222
from course_pkg.surfaces import gradient_descent, verdict
from course_pkg.widgets.base import shown


def press(widget, name, times=1):
    for _ in range(times):
        widget.get_by_role("button", name=name, exact=True).click()


def field(widget, label):
    return widget.get_by_label(label, exact=True)


def type_in(widget, label, text):
    field(widget, label).fill(text)
    field(widget, label).press("Enter")


def text(widget):
    return widget.get_by_role("status")


def error(widget):
    return widget.locator('[role="alert"]')  # while it is empty it is not there for get_by_role


def cells(lab):
    """How many cells the notebook has and which one is active."""
    return lab.page.evaluate(
        "(({content}) => [content.widgets.length, content.activeCellIndex])(window.jupyterapp.shell.currentWidget)"
    )


# Activations


def test_activations_with_the_mouse(show):
    widget = show("widgets.Activations()")
    expect(text(widget)).to_contain_text("f(0.5) = 0.6225 and f'(0.5) = 0.235")
    field(widget, "activation").select_option("tanh")
    wanted = widgets.Activations("tanh").text()
    expect(text(widget)).to_have_text(wanted)
    slider = field(widget, "x")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    expect(text(widget)).to_have_text(widgets.Activations("tanh", 6).text())
    expect(field(widget, "x =")).to_have_value("6")
    widget.page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    widget.page.mouse.down()
    for part in range(10, -1, -1):
        widget.page.mouse.move(box["x"] + 8 + part * (box["width"] - 16) / 10, box["y"] + box["height"] / 2)
    widget.page.mouse.up()
    expect(text(widget)).to_have_text(widgets.Activations("tanh", -6).text())
    expect(slider).to_have_value("-6")
    expect(widget.get_by_role("img")).to_have_count(2)


def test_activations_with_the_keyboard(show, lab):
    widget = show("widgets.Activations('relu', 1)")
    slider = field(widget, "x")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft")
    expect(text(widget)).to_have_text(widgets.Activations("relu", 0.97).text())
    slider.press("Home")
    expect(text(widget)).to_have_text(widgets.Activations("relu", -6).text())
    type_in(widget, "x =", "0")
    expect(text(widget)).to_contain_text("convention")
    select = field(widget, "activation")
    select.focus()
    select.press("ArrowUp")
    expect(text(widget)).to_have_text(widgets.Activations("tanh", 0).text())
    assert cells(lab) == [2, 1], "the keys went to the notebook too"


def test_what_is_no_number_is_refused_in_place(show):
    widget = show("widgets.Activations()")
    type_in(widget, "x =", "half")
    alert = error(widget)
    expect(alert).to_contain_text("x: expected a number such as 0.5 or 1/9, got 'half'")
    expect(field(widget, "x =")).to_have_attribute("aria-invalid", "true")
    expect(field(widget, "x =")).to_have_value("half")
    expect(text(widget)).to_contain_text("f(0.5) = 0.6225")
    type_in(widget, "x =", "1/2")
    expect(alert).to_be_empty()
    expect(field(widget, "x =")).to_have_value("0.5")
    expect(field(widget, "x =")).to_have_attribute("aria-invalid", "false")


# Descent


def describe(surface, lr=None, start=None):
    path = gradient_descent(surface, start, lr)
    return re.compile(re.escape(f"f(x, y) = {shown(path.heights[-1])}. ")), verdict(path)


def test_descent_with_the_mouse(show):
    widget = show("widgets.Descent()")
    result = widget.locator(".cw-verdict strong")

    def expect_path(surface, lr=None, start=None):
        height, word = describe(surface, lr, start)
        expect(text(widget)).to_contain_text(height)
        expect(result).to_have_text(word)

    expect_path("ravine")
    press(widget, "too large")
    expect_path("ravine", 0.0815)
    press(widget, "too small")
    expect_path("ravine", 0.002)
    press(widget, "right")
    expect_path("ravine", 0.07)
    field(widget, "surface").select_option("bowl")
    expect_path("bowl")
    type_in(widget, "lr =", "1.9")
    expect_path("bowl", 1.9)
    rate = field(widget, "learning rate")
    rate.click(position={"x": 2, "y": rate.bounding_box()["height"] / 2})
    expect(result).to_have_text("too small")
    expect(rate).to_have_attribute("aria-valuetext", re.compile(r"0\.00\d+"))
    press(widget, "right")

    picture = widget.locator(".cw-map svg")
    start = picture.locator(".cw-start")
    before = start.get_attribute("cx")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.3})
    expect(start).not_to_have_attribute("cx", before)
    place = start.bounding_box()
    assert place["x"] + place["width"] / 2 == pytest.approx(box["x"] + box["width"] * 0.75, abs=1.5)
    assert place["y"] + place["height"] / 2 == pytest.approx(box["y"] + box["height"] * 0.3, abs=1.5)
    expect(result).to_have_text("converges")

    step = field(widget, "step")
    step.click(position={"x": 2, "y": step.bounding_box()["height"] / 2})
    expect(text(widget)).to_contain_text(re.compile("^After [01] of 100 steps"))
    press(widget, "Play")
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    expect(text(widget)).to_contain_text(re.compile("^After ([5-9]|[1-9][0-9]) of 100"))
    press(widget, "Pause")
    expect(widget.get_by_role("button", name="Play")).to_be_visible()
    press(widget, "Play")
    expect(text(widget)).to_contain_text("After 100 of 100", timeout=60_000)
    expect(widget.get_by_role("button", name="Play")).to_be_visible()


def test_descent_with_the_keyboard(show, lab):
    widget = show("widgets.Descent('bowl', lr=0.5, start=(1, 1))")
    area = widget.get_by_label("Start of the path: move it with the arrow keys")
    area.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "ArrowDown"):
        area.press(key)
    step = field(widget, "step")
    step.focus()
    step.press("Home")
    expect(text(widget)).to_contain_text("x = 1.15, y = 0.85")
    for _ in range(2):
        step.press("ArrowRight")
    points = gradient_descent("bowl", (1.15, 0.85), 0.5).points
    expect(text(widget)).to_contain_text(f"x = {shown(round(points[2, 0], 4))}, y = {shown(round(points[2, 1], 4))}")
    rate = field(widget, "learning rate")
    rate.focus()
    rate.press("End")
    expect(widget.locator(".cw-verdict strong")).to_have_text("diverges")
    play = widget.get_by_role("button", name="too small")
    play.focus()
    play.press("Enter")
    expect(widget.locator(".cw-verdict strong")).to_have_text("too small")
    type_in(widget, "lr =", "quick")
    expect(error(widget)).to_contain_text("lr: expected a number")
    assert cells(lab) == [2, 1]


# Backprop222


def node(widget, name):
    return widget.locator(f'[data-node="{name}"]')


def label(widget, name):
    return widget.locator(f'[data-label="{name}"]')


def test_backprop_with_the_mouse(show):
    widget = show("widgets.Backprop222()")
    gate = widget.locator(".cw-gate")
    steps = Network222().steps()
    expect(gate).to_contain_text("press Next")
    expect(node(widget, "h1")).to_contain_text("?")
    for i, step in enumerate(steps[:14]):
        press(widget, "Next")
        expect(field(widget, "step")).to_have_value(str(i + 1))
        expect(gate).to_contain_text(f"{step.phase} {step.name} = {step.formula}")
        expect(gate).to_contain_text(f"= {step.substituted}")
        expect(gate.locator(".cw-result")).to_have_text(shown(step.value))
        expect(text(widget)).to_have_text(f"{step.phase}: {step}")
        lit = widget.locator(f'[data-node="{step.where}"], [data-edge="{step.where}"]').first
        expect(lit).to_have_attribute("data-lit", step.phase)
    expect(node(widget, "h1").locator(".cw-value")).to_have_text("0.5622")
    expect(label(widget, "w5")).to_contain_text("δ5 = 0.03463")
    expect(label(widget, "w6")).not_to_contain_text("δ6")
    press(widget, "Back", 3)
    expect(label(widget, "w5")).not_to_contain_text("δ5")
    press(widget, "To the end")
    updated = Network222().updated()
    for i, weight in enumerate(updated.w, 1):
        expect(label(widget, f"w{i}")).to_contain_text(f"w{i}' = {shown(weight)}")
    press(widget, "Next iteration")
    expect(label(widget, "w1")).to_have_text(f"w1 = {shown(updated.w[0])}")
    expect(widget.locator(".cw-history")).to_have_text("Iteration 2. Error by iteration: 0.2097")
    type_in(widget, "η =", "0")
    press(widget, "To the end")
    expect(label(widget, "w1")).to_contain_text(f"w1' = {shown(updated.w[0])}")
    error = shown(updated.forward()["Error"])
    expect(widget.locator(".cw-history")).to_have_text(f"Iteration 2. Error by iteration: 0.2097 → {error}")
    press(widget, "Restart")
    expect(label(widget, "w1")).to_have_text("w1 = 0.2")
    expect(widget.locator(".cw-history")).to_contain_text("Iteration 1.")


def test_the_wrong_deltas_of_the_slide(show):
    widget = show("widgets.Backprop222()")
    table = widget.get_by_role("table")
    expect(table).to_have_count(0)
    field(widget, "show the slide's wrong δ1 … δ4").check()
    right, wrong = Network222().gradients(), Network222().slide_gradients()
    for name in ("δ1", "δ2", "δ3", "δ4"):
        row = table.get_by_role("row").filter(has=widget.page.get_by_role("rowheader", name=name, exact=True))
        expect(row).to_contain_text(shown(right[name]))
        expect(row).to_contain_text(shown(wrong[name]))
    expect(table.get_by_text("wrong sign")).to_have_count(2)
    field(widget, "show the slide's wrong δ1 … δ4").uncheck()
    expect(table).to_have_count(0)


def test_backprop_with_the_keyboard(show, lab):
    widget = show("widgets.Backprop222(lr=0.5)")
    following = widget.get_by_role("button", name="Next", exact=True)
    following.focus()
    for key in ("Enter", "Space", "Enter"):
        following.press(key)
    expect(field(widget, "step")).to_have_value("3")
    step = field(widget, "step")
    step.focus()
    step.press("ArrowLeft")
    expect(widget.locator(".cw-gate")).to_contain_text("h1 = sigmoid(In_h1)")
    step.press("End")
    expect(step).to_have_value("45")
    expect(following).to_be_disabled()
    following.focus()
    following.press("Enter")
    expect(following).to_be_focused()
    type_in(widget, "η =", "-3")
    expect(error(widget)).to_contain_text("lr: expected a number ≥ 0")
    tick = field(widget, "show the slide's wrong δ1 … δ4")
    tick.focus()
    tick.press("Space")
    expect(widget.get_by_role("table")).to_be_visible()
    assert cells(lab) == [2, 1]


# ConvStepper


def cell(widget, picture, row, column):
    return widget.locator(f'.cw-panel:has-text("{picture}") [data-cell="{row},{column}"]')


def test_convolution_with_the_mouse(show):
    widget = show("widgets.ConvStepper()")
    model = widgets.ConvStepper()
    result = widget.locator(".cw-sum .cw-result")
    output = model.output()
    for index in range(7):
        row, column = divmod(index, 5)
        expect(widget.locator(".cw-sum")).to_contain_text(f"output[{row}, {column}] =")
        expect(result).to_have_text(shown(output[row, column]))
        expect(cell(widget, "output", row, column)).to_have_text(shown(output[row, column], 3))
        model.at = index
        expect(text(widget)).to_have_text(model.state["text"])
        for line in model.products():
            expect(widget.locator(".cw-sum")).to_contain_text(line)
        press(widget, "Next")
    expect(cell(widget, "output", 1, 3)).to_have_text("")
    press(widget, "Back")
    expect(widget.locator(".cw-sum")).to_contain_text("output[1, 1] =")
    cell(widget, "output", 4, 2).click()
    expect(result).to_have_text(shown(output[4, 2]))
    window = widget.locator('.cw-panel:has-text("image") .cw-window').bounding_box()
    for row, column, inside in ((4, 2, True), (6, 4, True), (3, 2, False), (4, 5, False)):
        place = cell(widget, "image", row, column).locator("rect").bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        covered = window["x"] < x < window["x"] + window["width"] and window["y"] < y < window["y"] + window["height"]
        assert covered is inside, (row, column)
    press(widget, "Restart")
    expect(widget.locator(".cw-sum")).to_contain_text("output[0, 0] =")
    for preset in ("identity", "blur", "sharpen", "edge"):
        field(widget, "kernel").select_option(preset)
        model.react("preset", preset)
        cell(widget, "output", 1, 2).click()
        expect(result).to_have_text(shown(model.output()[1, 2]))
    press(widget, "Play")
    expect(cell(widget, "output", 2, 0)).not_to_be_empty()
    expect(cell(widget, "output", 2, 0)).to_have_text(shown(output[2, 0], 3))
    press(widget, "Pause")


def test_stride_and_padding_change_the_output_size(show):
    widget = show("widgets.ConvStepper()")
    size = widget.locator(".cw-size")
    for stride in (1, 2, 3):
        for padding in (0, 1, 2):
            type_in(widget, "stride", str(stride))
            type_in(widget, "padding", str(padding))
            out = nn.output_size(7, 3, stride, padding)
            expect(size).to_have_text(f"output size: ⌊(7 + 2·{padding} − 3)/{stride}⌋ + 1 = {out}, so {out} × {out}")
            expect(widget.locator('.cw-panel:has-text("output") [data-cell]')).to_have_count(out * out)
            expect(widget.locator('.cw-panel:has-text("image") [data-cell]')).to_have_count((7 + 2 * padding) ** 2)


def test_convolution_with_the_keyboard(show, lab):
    widget = show("widgets.ConvStepper()")
    area = widget.get_by_label("Output: go to another place with the arrow keys")
    area.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        area.press(key)
    expect(widget.locator(".cw-sum")).to_contain_text("output[1, 1] =")
    stride = field(widget, "stride")
    stride.focus()
    stride.press("ArrowUp")
    expect(widget.locator(".cw-size")).to_contain_text("so 3 × 3")
    type_in(widget, "kernel row 1, column 1", "1/2")
    expect(field(widget, "kernel row 1, column 1")).to_have_value("0.5")
    expect(field(widget, "kernel row 1, column 1")).to_be_focused()
    expect(field(widget, "kernel")).to_have_value("own")
    model = widgets.ConvStepper(kernel=[[-1, -1, -1], [-1, 0.5, -1], [-1, -1, -1]], stride=2)
    area.focus()
    for key in ("ArrowRight", "ArrowDown"):
        area.press(key)
    expect(widget.locator(".cw-sum .cw-result")).to_have_text(shown(model.output()[1, 1]))
    type_in(widget, "kernel row 0, column 0", "x")
    expect(error(widget)).to_contain_text("kernel: expected a number")
    assert cells(lab) == [2, 1]


def test_a_kernel_larger_than_the_image_says_so_and_can_be_cured(show):
    widget = show("widgets.ConvStepper(image=[[1, 2], [3, 4]])")
    alert = error(widget)
    expect(alert).to_contain_text("kernel: expected at most 2 pixels")
    expect(widget.get_by_role("group", name="Output")).to_be_hidden()
    type_in(widget, "padding", "1")
    expect(alert).to_be_empty()
    expect(widget.locator(".cw-size")).to_contain_text("so 2 × 2")
    expect(cell(widget, "output", 0, 0)).to_have_text(
        shown(widgets.ConvStepper([[1, 2], [3, 4]], padding=1).output()[0, 0])
    )


# All


def luminance(colour):
    """Relative luminance of "rgb(r, g, b)" (WCAG 2)."""
    parts = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_text_is_readable_and_nothing_is_cut_off(show, lab, theme):
    code = "import ipywidgets\nipywidgets.VBox([widgets.Activations(), widgets.Descent(), b, widgets.ConvStepper()])"
    lab.write("all.ipynb", "from course_pkg import widgets\nb = widgets.Backprop222(slide=True)\nb.at = 45", code)
    lab.open("all.ipynb")
    lab.command("apputils:change-theme", {"theme": theme})
    lab.run()
    expect(lab.page.locator(".course-widget")).to_have_count(4)
    dark = lab.page.evaluate("document.body.dataset.jpThemeLight") == "false"
    assert dark == (theme == "JupyterLab Dark")
    texts = lab.page.evaluate(
        """() => {
          const found = [];
          for (const widget of document.querySelectorAll(".course-widget")) {
            const frame = widget.getBoundingClientRect();
            const readable = "text, p, th, td, button, label, figcaption, strong, select, input:not([type=range])";
            for (const element of widget.querySelectorAll(readable)) {
              if (!element.checkVisibility() || element.classList.contains("cw-unseen")) continue;
              const style = getComputedStyle(element);
              let behind = element;
              while (["rgba(0, 0, 0, 0)", "transparent"].includes(getComputedStyle(behind).backgroundColor)
                     || getComputedStyle(behind).backgroundColor.includes("/")) behind = behind.parentElement;
              const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
              const rgb = (colour) => {
                probe.fillStyle = colour;
                probe.fillRect(0, 0, 1, 1);
                return `rgb(${[...probe.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
              };
              const box = element.getBoundingClientRect();
              found.push({
                text: element.textContent || element.value,
                colour: rgb(element.tagName === "text" ? style.fill : style.color),
                behind: rgb(getComputedStyle(behind).backgroundColor),
                size: parseFloat(style.fontSize),
                inside: box.left >= frame.left - 1 && box.right <= frame.right + 1,
              });
            }
          }
          return found;
        }"""
    )
    assert len(texts) > 150
    for found in texts:
        light, dark = sorted((luminance(found["colour"]), luminance(found["behind"])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, found
        assert found["inside"], found
        assert found["size"] >= 7, found


def test_one_widget_shown_twice_stays_one_widget(lab):
    lab.write("twice.ipynb", "from course_pkg import widgets\nw = widgets.Activations()", "w", "w")
    lab.open("twice.ipynb")
    lab.run()
    both = lab.page.locator(".course-widget")
    expect(both).to_have_count(2)
    first, second = both.all()
    type_in(first, "x =", "-2")
    expect(text(second)).to_have_text(widgets.Activations(x=-2).text())


def test_python_moves_the_widget_too(show, lab):
    widget = show("w = widgets.Descent()\nw")
    lab.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute(
             {code: "w.surface, w.lr = 'bowl', 0.25"}).done"""
    )
    expect(field(widget, "surface")).to_have_value("bowl")
    expect(field(widget, "lr =")).to_have_value("0.25")
