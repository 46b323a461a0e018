import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.backprop import PHASES, RULES, LogisticUnit, Network222, _number, _Term

numbers = st.floats(-4, 4, allow_nan=False)
networks = st.builds(
    Network222,
    x=st.tuples(numbers, numbers),
    y=st.tuples(numbers, numbers),
    w=st.tuples(*[numbers] * 8),
    lr=st.floats(0, 5),
)
units = st.builds(LogisticUnit, w=st.tuples(numbers, numbers, numbers), x=st.tuples(numbers, numbers))


def calculate(text):
    """The value of a formula with numbers in it, by Python's own arithmetic."""
    for sign, code in (("−", "-"), ("·", "*"), ("²", "**2"), ("½", "0.5"), ("e^", "math.e**")):
        text = text.replace(sign, code)
    return eval(text, {"math": math, "sigmoid": lambda z: 1 / (1 + math.exp(-z))})


def put_in(formula, values, write):
    """The formula with ``write(value)`` for every name, the longest names first: ∂h1/∂In_h1 before h1."""
    names = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))
    return re.sub(rf"(?<![\w∂])(?:{names})(?![A-Za-z0-9_/'])", lambda match: f"({write(values[match[0]])})", formula)


def check_texts(steps, values):
    """Every formula, with the values of earlier steps in it, gives the step's value, and so does its printed form."""
    values = dict(values)
    for step in steps:
        assert calculate(put_in(step.formula, values, repr)) == pytest.approx(step.value, rel=1e-12, abs=1e-300), step
        assert calculate(put_in(step.formula, values, _number)) == calculate(step.substituted), step
        values[step.name] = step.value
    return values


def given_of(net):
    names = {"η": net.lr}
    for letter in "xyw":
        names |= {f"{letter}{i}": value for i, value in enumerate(getattr(net, letter), 1)}
    return names


def torch_network(net):
    """Values and gradients of the same network in matrix form, by torch.autograd."""
    x, y, w = (torch.tensor(values, dtype=torch.float64) for values in (net.x, net.y, net.w))
    w.requires_grad_()
    h = torch.sigmoid(x @ w[:4].reshape(2, 2))
    o = torch.sigmoid(h @ w[4:].reshape(2, 2))
    error = ((o - y) ** 2).sum() / 2
    error.backward()
    return h.detach().numpy(), o.detach().numpy(), error.item(), w.grad.numpy()


# ---- the 2-2-2 network


def test_network_reproduces_the_slides_forward_pass():
    values = Network222().forward()
    printed = {"h1": 0.56, "h2": 0.50, "o1": 0.48, "o2": 0.53, "Error": 0.21}
    assert {name: round(values[name], 2) for name in printed} == printed


def test_network_reproduces_the_slides_output_gradients():
    values = {step.name: step.value for step in Network222().steps()}
    printed = {"∂Error/∂o1": 0.25, "∂Error/∂o2": 0.60, "δ5": 0.03, "δ6": 0.08, "δ7": 0.03, "δ8": 0.07}
    assert {name: round(values[name], 2) for name in printed} == printed


def test_network_has_the_right_hidden_gradients_where_the_slide_is_wrong():
    net = Network222()
    right, slide = net.gradients(), net.slide_gradients()
    printed = {"δ1": -0.0084, "δ2": 0.0126, "δ3": -0.0051, "δ4": 0.0076}
    assert {name: round(right[name], 4) for name in printed} == printed
    assert {name: round(slide[name], 2) for name in printed} == dict.fromkeys(printed, 0.01)
    assert slide["δ1"] > 0 > right["δ1"]
    assert slide["δ3"] > 0 > right["δ3"]


def test_slide_steps_carry_the_slides_formulas():
    texts = [f"{step.name} = {step.formula}" for step in Network222().slide_steps()]
    assert texts == [
        "δ1 = (δ5 + δ6)·h1·(1 − h1)·x1",
        "δ2 = (δ7 + δ8)·h2·(1 − h2)·x1",
        "δ3 = (δ5 + δ6)·h1·(1 − h1)·x2",
        "δ4 = (δ7 + δ8)·h2·(1 − h2)·x2",
    ]


def test_steps_are_written_in_the_slides_letters():
    steps = {step.name: step for step in Network222().steps()}
    assert str(steps["In_h1"]) == "In_h1 = w1·x1 + w3·x2 = 0.2·0.5 + 0.5·0.3 = 0.25"
    assert steps["In_h2"].substituted == "(−0.4)·0.5 + 0.6·0.3"
    assert steps["Error"].formula == "½·(o1 − y1)² + ½·(o2 − y2)²"
    assert steps["δ5"].formula == "∂Error/∂o1 · ∂o1/∂In_o1 · ∂In_o1/∂w5"
    assert steps["∂Error/∂h1"].formula.count("∂In_o") == 4
    assert steps["w6'"].formula == "w6 − η·δ6"


@given(numbers, numbers, numbers)
def test_parentheses_keep_the_order_of_operations(a, b, c):
    a, b, c = (_Term(value, name) for value, name in ((a, "a"), (b, "b"), (c, "c")))
    for term in (a - (b + c), a - (b - c), (a + b) * c, a * (b - c), -(a + b), (a + b).squared(), -(a * b) + c):
        values = {"a": a.value, "b": b.value, "c": c.value}
        assert calculate(put_in(term.formula, values, repr)) == pytest.approx(term.value, rel=1e-12, abs=1e-12)


@given(networks)
def test_network_agrees_with_torch(net):
    h, o, error, gradient = torch_network(net)
    values = net.forward()
    np.testing.assert_allclose([values["h1"], values["h2"]], h, rtol=1e-12)
    np.testing.assert_allclose([values["o1"], values["o2"]], o, rtol=1e-12)
    assert values["Error"] == pytest.approx(error, rel=1e-12)
    np.testing.assert_allclose(list(net.gradients().values()), gradient, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(net.updated().w, np.array(net.w) - net.lr * gradient, rtol=1e-9, atol=1e-15)


@given(networks)
def test_every_network_formula_gives_its_value(net):
    steps = net.steps()
    values = check_texts(steps, given_of(net))
    check_texts(net.slide_steps(), values)


@given(networks)
def test_network_steps_are_ordered_and_placed_in_the_drawing(net):
    steps = net.steps()
    assert [step.phase for step in steps] == sorted((step.phase for step in steps), key=PHASES.index)
    drawing = {"h1", "h2", "o1", "o2", "Error"} | {f"w{i}" for i in range(1, 9)}
    assert {step.where for step in steps} == drawing
    assert len({step.name for step in steps}) == len(steps)


@given(networks)
def test_a_small_step_lowers_the_error(net):
    steepness = sum(g * g for g in net.gradients().values())
    small = Network222(net.x, net.y, net.w, lr=1e-4)
    before, after = net.forward()["Error"], small.updated().forward()["Error"]
    # First-order Taylor: the error falls by lr·‖∇‖², up to terms of second order and rounding.
    assert after <= before - 0.5e-4 * steepness + 1e-14


def test_repeated_updates_approach_a_target_within_reach():
    net = Network222(y=(0.23, 0.9))
    for _ in range(2000):
        net = net.updated()
    values = net.forward()
    assert values["o1"] == pytest.approx(0.23, abs=0.01)
    assert values["o2"] == pytest.approx(0.9, abs=0.01)


def test_sigmoid_stays_finite_for_huge_weights():
    values = Network222(w=(1e6, -1e6, 1e6, -1e6, 1e6, -1e6, 1e6, -1e6)).forward()
    assert (values["h1"], values["h2"]) == (1.0, 0.0)
    assert (values["o1"], values["o2"]) == (1.0, 0.0)


# ---- the logistic unit


def test_unit_reproduces_the_well_known_numbers():
    unit = LogisticUnit()
    assert round(unit.value, 2) == 0.73
    printed = {"w0": -0.20, "w1": -0.39, "w2": 0.20, "x0": 0.39, "x1": -0.59}
    assert {name: round(value, 2) for name, value in unit.gradients.items()} == printed


@given(units)
def test_unit_agrees_with_torch(unit):
    w, x = (torch.tensor(values, dtype=torch.float64, requires_grad=True) for values in (unit.w, unit.x))
    f = torch.sigmoid(w[0] * x[0] + w[1] * x[1] + w[2])
    f.backward()
    assert unit.value == pytest.approx(f.item(), rel=1e-12)
    gradients = unit.gradients
    # Near f = 1 torch's f·(1 − f) loses digits that the walk through the gates keeps.
    np.testing.assert_allclose([gradients[f"w{i}"] for i in range(3)], w.grad, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose([gradients[f"x{i}"] for i in range(2)], x.grad, rtol=1e-9, atol=1e-14)


@given(units)
def test_every_unit_formula_gives_its_value(unit):
    names = {f"w{i}": value for i, value in enumerate(unit.w)} | {f"x{i}": value for i, value in enumerate(unit.x)}
    steps = unit.steps()
    check_texts(steps, names)
    for step in steps:
        if step.upstream is not None:
            assert step.value == step.upstream * step.local


def test_unit_visits_the_gates_in_the_slides_order():
    steps = LogisticUnit().steps()
    forward = [step.rule for step in steps if step.phase == "forward"]
    assert forward == [RULES[i] for i in (5, 5, 4, 4, 3, 2, 1, 0)]
    backward = [step.rule for step in steps if step.phase == "backward" and step.rule]
    slide = ["1/x → −1/x²", "c+x → 1", "e^x → e^x", "ax → a"] + ["x+x' → 1"] * 4 + ["x·x' → x'"] * 4
    assert backward == slide


# ---- wrong arguments

not_numbers = st.sampled_from([None, "0.5", {}, b"1", object(), 1j])
wrong_values = st.sampled_from([math.nan, math.inf, -math.inf])


@pytest.mark.parametrize(
    ("build", "name", "count"),
    [
        (Network222, "x", 2),
        (Network222, "y", 2),
        (Network222, "w", 8),
        (LogisticUnit, "w", 3),
        (LogisticUnit, "x", 2),
    ],
)
@given(data=st.data())
def test_wrong_vectors_are_named(build, name, count, data):
    with pytest.raises(TypeError, match=rf"^{name}: expected"):
        build(**{name: data.draw(not_numbers)})
    length = data.draw(st.integers(0, 12).filter(lambda n: n != count))
    with pytest.raises(ValueError, match=rf"^{name}: expected shape"):
        build(**{name: [0.5] * length})
    values = [0.5] * count
    values[data.draw(st.integers(0, count - 1))] = data.draw(wrong_values)
    with pytest.raises(ValueError, match=rf"^{name}: expected finite"):
        build(**{name: values})


@given(st.one_of(not_numbers, wrong_values, st.floats(max_value=-1e-9), st.lists(numbers, min_size=1)))
def test_wrong_learning_rates_are_named(lr):
    with pytest.raises((TypeError, ValueError), match=r"^lr: expected"):
        Network222(lr=lr)


def test_unit_refuses_sums_that_overflow():
    with pytest.raises(ValueError, match=r"^w, x: expected .* got -2000"):
        LogisticUnit(w=(-1000, -1000, 0), x=(1, 1))
