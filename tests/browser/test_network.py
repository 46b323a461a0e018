"""The network view in a real JupyterLab: every control by mouse and keyboard, in light and dark."""

import os

from playwright.sync_api import expect

LENET = """
from torch import nn

layers = [nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
head = nn.Sequential(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
"""
INCEPTION = """
import torch
from torch import nn

class Inception(nn.Module):
    def __init__(self, maps):
        super().__init__()
        self.one = nn.Conv2d(maps, 64, 1)
        self.three = nn.Sequential(nn.Conv2d(maps, 96, 1), nn.ReLU(), nn.Conv2d(96, 128, 3, padding=1))
        self.five = nn.Sequential(nn.Conv2d(maps, 16, 1), nn.ReLU(), nn.Conv2d(16, 32, 5, padding=2))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(maps, 32, 1))
    def forward(self, x):
        return torch.cat([branch(x) for branch in (self.one, self.three, self.five, self.pool)], 1)
"""
RESNET = """
from torch import nn

class Block(nn.Module):
    def __init__(self, maps):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(maps, maps, 3, padding=1), nn.BatchNorm2d(maps)
        self.conv2, self.bn2, self.relu = nn.Conv2d(maps, maps, 3, padding=1), nn.BatchNorm2d(maps), nn.ReLU()
    def forward(self, x):
        return self.relu(x + self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))

def stage(maps):
    return nn.Sequential(*[Block(maps) for _ in range(7)])

net = nn.Sequential(nn.Conv2d(3, 16, 3), stage(16), nn.Conv2d(16, 32, 3), stage(32))
"""


def boxes(view):
    return view.locator(".cw-layer")


def button(view, name):
    return view.get_by_role("button", name=name, exact=True)


def card(view, label):
    return view.locator(".cw-card div").filter(has=view.page.locator("dt").get_by_text(label, exact=True)).locator("dd")


def picture(view, name):
    """Keep a picture of the widget where COURSE_SHOTS names a folder."""
    if folder := os.environ.get("COURSE_SHOTS"):
        view.screenshot(path=f"{folder}/{name}.png")


def test_a_chain_with_the_mouse(show):
    code = "widgets.NetworkView(nn.Sequential(*layers, nn.Flatten(), head), (1, 1, 32, 32), title='LeNet')"
    view = show(LENET, code)
    expect(boxes(view)).to_have_count(13)
    expect(view.locator(".cw-network-title")).to_contain_text("LeNet: 61,706 parameters")
    expect(card(view, "kind")).to_have_text("input")
    picture(view, "network_light")

    boxes(view).nth(1).click()
    expect(card(view, "parameters")).to_have_text("156")
    expect(card(view, "output")).to_have_text("1×6×28×28")
    expect(view.locator(".cw-way.cw-chosen")).to_have_count(2)
    boxes(view).nth(4).hover()
    expect(card(view, "parameters")).to_have_text("2,416")
    button(view, "Fold a level").hover()
    expect(card(view, "parameters")).to_have_text("156")

    widths = "bars => bars.map(bar => Number(bar.getAttribute('width')))"
    most = view.locator(".cw-amount").evaluate_all(widths)
    assert max(range(13), key=most.__getitem__) == 8, "48,120 of the parameters are in the first dense layer"
    view.get_by_label("bars show").select_option("multiply-adds")
    expect(boxes(view).nth(4)).to_contain_text("240 k")
    most = view.locator(".cw-amount").evaluate_all(widths)
    assert max(range(13), key=most.__getitem__) == 4

    button(view, "Fold a level").click()
    expect(boxes(view)).to_have_count(9)
    boxes(view).nth(8).click()
    expect(card(view, "kind")).to_have_text("module, 5 layers")
    expect(card(view, "parameters")).to_have_text("59,134")
    button(view, "Unfold 7").click()
    expect(boxes(view)).to_have_count(13)
    button(view, "Fold 7").click()
    expect(boxes(view)).to_have_count(9)
    boxes(view).nth(8).dblclick()
    expect(boxes(view)).to_have_count(13)

    view.get_by_text("The boxes as a table").click()
    table = view.locator("details").get_by_role("row")
    expect(table).to_have_count(14)
    expect(table.nth(9)).to_contain_text("48,120")


def test_branches_with_the_keyboard(show, lab):
    view = show(INCEPTION, "widgets.NetworkView(Inception(192), (1, 192, 28, 28))")
    expect(boxes(view)).to_have_count(11)
    graph = view.locator(".cw-network")
    graph.focus()
    name = card(view, "name")
    for key, expected in (
        ("ArrowDown", "three.0"),
        ("ArrowRight", "five.0"),
        ("ArrowLeft", "three.0"),
        ("ArrowLeft", "one"),
        ("ArrowLeft", "one"),
        ("ArrowDown", "cat"),
    ):
        graph.press(key)
        expect(name).to_have_text(expected)
    expect(card(view, "output")).to_have_text("1×256×28×28")
    expect(view.get_by_role("status")).to_contain_text("name cat; kind cat")
    expect(view.get_by_role("img")).to_have_attribute("aria-label", "Graph of 11 boxes")
    picture(view, "network_branches")
    fold = button(view, "Fold a level")
    fold.focus()
    fold.press("Enter")
    expect(boxes(view)).to_have_count(6)
    graph.focus()
    graph.press("ArrowUp")
    graph.press("Enter")
    info = "(({content}) => [content.widgets.length, content.activeCellIndex])(window.jupyterapp.shell.currentWidget)"
    assert lab.page.evaluate(info) == [3, 2], "the keys went to the notebook too"


def test_on_a_dark_page(show):
    view = show(RESNET, "widgets.NetworkView(net, (1, 3, 32, 32), unfold=['1.0'])", theme="Dark")
    expect(boxes(view)).to_have_count(23)
    boxes(view).nth(8).click()
    expect(card(view, "kind")).to_have_text("ReLU")
    picture(view, "network_dark")
    ground = "element => getComputedStyle(element).fill"
    assert boxes(view).nth(0).locator("rect").first.evaluate(ground) != "rgb(255, 255, 255)"
    assert view.locator(".cw-name").first.evaluate(ground) != "rgb(0, 0, 0)"
