"""The 2-2-2 network drawn with its numbers, forward, backward and through the update, one gate at a time."""

from course_pkg._validate import as_bool, as_int, as_number
from course_pkg.backprop import Network222
from course_pkg.show import COLOURS, new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, shown, typed_number

WIDTH, HEIGHT, RADIUS = 740, 440, 36
NODES = {
    "x1": (50, 130),
    "x2": (50, 310),
    "h1": (285, 130),
    "h2": (285, 310),
    "o1": (520, 130),
    "o2": (520, 310),
    "Error": (690, 220),
}
# Edge: (from, to, how far along it the label stands). The labels of edges that cross stand near the edge's beginning.
EDGES = {
    "w1": ("x1", "h1", 0.5),
    "w2": ("x1", "h2", 0.3),
    "w3": ("x2", "h1", 0.3),
    "w4": ("x2", "h2", 0.5),
    "w5": ("h1", "o1", 0.5),
    "w6": ("h1", "o2", 0.3),
    "w7": ("h2", "o1", 0.3),
    "w8": ("h2", "o2", 0.5),
}
PHASE_COLOURS = {"forward": "blue", "backward": "red", "update": "green"}


def _network(name, value):
    if not isinstance(value, Network222):
        raise TypeError(f"{name}: expected a Network222, got {type(value).__name__}")
    return value


def _label_place(edge):
    """Where the label of an edge stands: (x, y, the side of the edge: −1 above, 0 on it, 1 below)."""
    source, target, t = EDGES[edge]
    (x0, y0), (x1, y1) = NODES[source], NODES[target]
    side = 0 if y0 != y1 else -1 if y0 < HEIGHT / 2 else 1
    return x0 + t * (x1 - x0), y0 + t * (y1 - y0), side


class Backprop222(CourseWidget):
    """The 2-2-2 network of ``course_pkg.backprop.Network222``, drawn, with every step of backpropagation on it.

    The keyword arguments are those of ``Network222``: ``x``, ``y``, ``w`` and ``lr``; they raise what it raises.
    ``network`` is the network of the current iteration, ``at`` the number of steps done, and ``slide`` says whether
    the slide's wrong δ1 … δ4 stand beside the right ones. Source: deck 001, 误差反向传播：前馈神经网络.
    """

    _esm = module("backprop222.js")

    network = Setting(_network, Network222())
    at = Setting(lambda name, value: as_int(name, value, minimum=0), 0)
    slide = Setting(as_bool, False)

    def __init__(self, *, slide=False, **network):
        self._first = Network222(**network)
        self._errors = []  # of the iterations before this one
        super().__init__(network=self._first, slide=slide)

    @property
    def steps(self):
        """All steps of this iteration, a list of ``course_pkg.backprop.Step``."""
        return self.network.steps()

    @property
    def errors(self):
        """The Error of each iteration as far as it is known."""
        known = [step.value for step in self.steps[: self.at] if step.name == "Error"]
        return self._errors + known

    def _lit(self, step):
        """The node or edge of a step and, where values flow in from edges, these edges."""
        if step.name.startswith("In_"):
            return [step.where, *(edge for edge, (_, target, _) in EDGES.items() if target == step.where)]
        if step.name.startswith("∂Error/∂h"):
            return [step.where, *(edge for edge, (source, _, _) in EDGES.items() if source == step.where)]
        return [step.where]

    def _drawing(self, at):
        """What stands in and beside the nodes and on the edges after ``at`` steps."""
        net = self.network
        given = {f"x{i}": v for i, v in enumerate(net.x, 1)}
        done = {step.name: step.value for step in self.steps[:at]}
        nodes, edges = {}, {}
        for node in NODES:
            value = given.get(node, done.get(node))
            notes = [(f"In_{node}", "forward"), (f"∂Error/∂{node}", "backward")]
            lines = [{"text": f"{name} = {shown(done[name])}", "phase": phase} for name, phase in notes if name in done]
            if node.startswith("o"):
                lines.append({"text": f"target y{node[1]} = {shown(net.y[int(node[1]) - 1])}", "phase": ""})
            nodes[node] = {"value": "?" if value is None else shown(value), "notes": lines}
        for i, (edge, weight) in enumerate(zip(EDGES, net.w, strict=True), 1):
            lines = [{"text": f"{edge} = {shown(weight)}", "phase": ""}]
            for name, phase in ((f"δ{i}", "backward"), (f"w{i}'", "update")):
                if name in done:
                    lines.append({"text": f"{name} = {shown(done[name])}", "phase": phase})
            edges[edge] = lines
        return {"nodes": nodes, "edges": edges}

    def _comparison(self):
        """δ1 … δ4 by the chain rule and as the slide calculates them (erratum E-1)."""
        right = self.network.gradients()
        return [
            {
                "name": step.name,
                "right": shown(right[step.name]),
                "slide": shown(step.value),
                "formula": f"{step.formula} = {step.substituted}",
                "flips": step.value * right[step.name] < 0,
            }
            for step in self.network.slide_steps()
        ]

    def backdrop(self):
        return {
            "size": [WIDTH, HEIGHT],
            "radius": RADIUS,
            "places": {node: list(place) for node, place in NODES.items()},
            "ends": {edge: [source, target] for edge, (source, target, _) in EDGES.items()},
            "labels": {edge: list(_label_place(edge)) for edge in EDGES},
        }

    def picture(self):
        steps, at = self.steps, min(self.at, len(self.steps))
        current, text = None, "Nothing is calculated yet: press Next."
        if at:
            step = steps[at - 1]
            current = {
                "phase": step.phase,
                "name": step.name,
                "formula": step.formula,
                "substituted": step.substituted,
                "value": shown(step.value),
                "lit": self._lit(step),
            }
            text = f"{step.phase}: {step}"
        return {
            **self._drawing(at),
            "at": at,
            "count": len(steps),
            "current": current,
            "iteration": len(self._errors) + 1,
            "errors": [shown(error) for error in self.errors],
            "lr": self.network.lr,
            "slide": self.slide,
            "comparison": self._comparison() if self.slide else [],
            "text": text,
        }

    def react(self, control, value):
        match control:
            case "next":
                self.at = min(self.at + 1, len(self.steps))
            case "back":
                self.at = max(self.at - 1, 0)
            case "end":
                self.at = len(self.steps)
            case "at":
                self.at = min(as_int("at", value, minimum=0), len(self.steps))
            case "restart":
                self._go_on(self._first, [])
            case "iterate":
                self._go_on(self.network.updated(), [*self._errors, self.network.forward()["Error"]])
            case "lr":
                net = self.network
                self.network = Network222(net.x, net.y, net.w, as_number("lr", typed_number("lr", value), minimum=0))
            case "slide":
                self.slide = value
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def _go_on(self, network, errors):
        """Begin an iteration with ``network``; ``errors`` are those of the iterations before it."""
        self._errors = errors
        self.network, self.at = network, 0

    def static_figure(self):
        drawing = self._drawing(len(self.steps))
        fig, ax = new_figure(size=(8.6, 4.8))
        ax.set(xlim=(0, WIDTH), ylim=(HEIGHT - 25, 25), aspect="equal")
        ax.axis("off")
        colour = {phase: COLOURS[name] for phase, name in PHASE_COLOURS.items()} | {"": "black"}
        lines = [(EDGES[edge][:2], edge) for edge in EDGES] + [(("o1", "Error"), None), (("o2", "Error"), None)]
        for ends, _ in lines:
            ax.plot(*zip(*(NODES[end] for end in ends), strict=True), color="0.6", lw=1.3, zorder=1)
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        for edge, notes in drawing["edges"].items():
            x, y, side = _label_place(edge)
            top = y + {-1: -14 * len(notes), 0: -7 * (len(notes) - 1), 1: 14}[side]
            for i, note in enumerate(notes):
                ax.text(
                    x,
                    top + 15 * i,
                    note["text"],
                    color=colour[note["phase"]],
                    fontsize=8.5,
                    ha="center",
                    va="center",
                    bbox=white,
                )
        for node, (x, y) in NODES.items():
            ax.plot(x, y, "o", ms=43, mfc="white", mec="black", mew=1.5, zorder=2)
            ax.text(x, y - 10, node, fontsize=10, fontweight="bold", ha="center", va="center")
            ax.text(x, y + 11, drawing["nodes"][node]["value"], fontsize=9, ha="center", va="center")
            notes = drawing["nodes"][node]["notes"]
            if node == "Error":
                continue
            top = y - RADIUS - 12 - 16 * len(notes) if y < HEIGHT / 2 else y + RADIUS + 28
            for i, note in enumerate(notes):
                ax.text(
                    x, top + 15 * i, note["text"], color=colour[note["phase"]], fontsize=8.5, ha="center", va="center"
                )
        return fig

    def alt(self):
        gradients = ", ".join(f"{name} = {shown(value, 3)}" for name, value in self.network.gradients().items())
        before, after = (net.forward()["Error"] for net in (self.network, self.network.updated()))
        return (
            "The 2-2-2 network after one whole iteration, with the values of all units in the nodes and the weights, "
            f"their gradients and the new weights on the edges. Error = {shown(before)}; {gradients}; "
            f"with the new weights the Error is {shown(after)}."
        )
