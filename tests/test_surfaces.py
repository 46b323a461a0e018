import math
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad, rosen, rosen_der

from course_pkg import nn
from course_pkg.surfaces import (
    RADIUS,
    RATES,
    SURFACES,
    VERDICTS,
    Path,
    arrival,
    best_rate,
    gradient_descent,
    race,
    taylor_decrease,
    verdict,
)

surfaces = st.sampled_from(list(SURFACES.values()))
coordinates = st.floats(-6, 6)
points = st.tuples(coordinates, coordinates)
QUADRATIC = {"bowl": 1, "ravine": 25}  # λmax, the largest eigenvalue of the second derivative


@given(surfaces, points)
def test_gradient_agrees_with_finite_differences(surface, point):
    error = check_grad(lambda p: surface.f(*p), lambda p: np.array(surface.gradient(*p)), np.array(point))
    assert error < 1e-4 * (1 + np.hypot(*surface.gradient(*point)))


@given(points)
def test_rosenbrock_is_scipys(point):
    surface = SURFACES["rosenbrock"]
    assert surface.f(*point) == pytest.approx(rosen(point))
    np.testing.assert_allclose(surface.gradient(*point), rosen_der(np.array(point)), rtol=1e-9, atol=1e-9)


@given(surfaces, points)
def test_no_point_lies_below_the_minima(surface, point):
    for minimum in surface.minima:
        assert surface.f(*minimum) == pytest.approx(surface.lowest, abs=1e-12)
        assert np.hypot(*surface.gradient(*minimum)) < 1e-6
    assert surface.f(*point) >= surface.lowest - 1e-12


@pytest.mark.parametrize("surface", SURFACES.values(), ids=str)
def test_surfaces_take_arrays_and_show_what_matters(surface):
    (left, right), (bottom, top) = surface.bounds
    x, y = np.meshgrid(np.linspace(left, right, 7), np.linspace(bottom, top, 5))
    assert surface.f(x, y).shape == (5, 7)
    assert all(np.shape(part) == (5, 7) for part in surface.gradient(x, y))
    for px, py in (surface.start, *surface.minima):
        assert left < px < right
        assert bottom < py < top


@pytest.mark.parametrize("surface", SURFACES.values(), ids=str)
def test_suggested_learning_rates_show_their_verdicts(surface):
    got = {name: verdict(gradient_descent(surface, lr=lr)) for name, lr in surface.learning_rates.items()}
    assert got["too small"] == "too small"
    assert got["right"] == "converges"
    assert got["too large"] in ("oscillates", "diverges")


# ---- theory: on a quadratic, gradient descent converges for lr < 2/λmax and diverges above


@given(st.sampled_from(list(QUADRATIC)), points.filter(lambda p: abs(p[1]) > 1e-3), st.floats(0.05, 0.98))
def test_below_the_critical_learning_rate_a_quadratic_converges(name, start, share):
    path = gradient_descent(name, start, share * 2 / QUADRATIC[name], 3000)
    assert verdict(path) == "converges"
    assert np.hypot(*path.points[-1]) < 1e-2


@given(st.sampled_from(list(QUADRATIC)), points.filter(lambda p: abs(p[1]) > 1e-3), st.floats(1.02, 50))
def test_above_the_critical_learning_rate_a_quadratic_diverges(name, start, share):
    path = gradient_descent(name, start, share * 2 / QUADRATIC[name], 3000)
    assert verdict(path) == "diverges"
    assert path.diverged


@given(points, st.floats(0, 0.1), st.integers(0, 50))
def test_path_on_the_ravine_follows_the_closed_form(start, lr, steps):
    path = gradient_descent("ravine", start, lr, steps)
    n = np.arange(len(path.points))
    expected = np.stack([start[0] * (1 - lr) ** n, start[1] * (1 - 25 * lr) ** n], axis=1)
    inside = np.hypot(*expected.T) < RADIUS
    np.testing.assert_allclose(path.points[inside], expected[inside], rtol=1e-9, atol=1e-9)


def test_exactly_at_the_critical_learning_rate_the_ravine_oscillates():
    path = gradient_descent("ravine", (0.0, 1.0), 2 / 25, 100)
    np.testing.assert_allclose(path.points[:, 1], (-1.0) ** np.arange(101))
    assert verdict(path) == "oscillates"


def test_on_the_ridge_a_descent_ends_in_the_saddle_point_and_beside_it_in_a_minimum():
    on, beside = (gradient_descent("saddle", (-1.8, y), 0.3, 200) for y in (0.0, 1e-6))
    np.testing.assert_allclose(on.points[-1], (0, 0), atol=1e-9)
    np.testing.assert_allclose(beside.points[-1], (0, 1), atol=1e-9)
    assert verdict(on) == verdict(beside) == "converges"


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ((3, 2.8, 2.6, 2.4, 2.2, 2.0, 1.8), "too small"),
        ((3, 2.9, 2.8, 2.7, 2.6, 2.5, 2.4, 2.3, 2.2, 2.3, 2.2, 2.1), "oscillates"),  # one step up
        ((3, 2.5, 2.2, 1.8, -1.5, 1.2, -0.9), "oscillates"),  # always down, from side to side
        ((3, -2.8, 2.6, -2.4, 2.2, 2.0, 1.8), "too small"),  # only at first from side to side
        ((3, 2.8, 2.6, 2.4, 2.2, 2.0, 0.29), "converges"),
        ((3, 2.8, 2.6, 2.4, 2.2, 2.0, 3.1), "diverges"),
    ],
)
def test_each_rule_of_the_verdict(x, expected):
    points = np.stack([np.array(x, float), np.zeros(len(x))], axis=1)
    assert verdict(Path(SURFACES["bowl"], 0.1, points, diverged=False)) == expected


def test_from_different_starts_different_minima_are_found():
    surface = SURFACES["many minima"]
    starts = [(3, 3), (-3, 3), (-3, -3), (3, -3)]
    ends = [gradient_descent(surface, start).points[-1] for start in starts]
    np.testing.assert_allclose(ends, surface.minima, atol=1e-6)


def test_the_cliff_throws_a_descent_far_away():
    path = gradient_descent("cliff", lr=3.0)
    jumps = np.hypot(*np.diff(path.points, axis=0).T)
    assert jumps.max() > 20 * np.median(jumps)


@given(surfaces, points, st.floats(0, 1e300), st.integers(0, 60))
def test_a_descent_is_always_finite_and_says_when_it_left(surface, start, lr, steps):
    path = gradient_descent(surface, start, lr, steps)
    distance = np.hypot(*path.points.T)
    assert np.isfinite(path.points).all()
    assert np.isfinite(path.heights).all()
    assert (distance[:-1] <= RADIUS).all()
    assert path.diverged == (distance[-1] > RADIUS)
    assert path.diverged or len(path.points) == steps + 1
    assert tuple(path.points[0]) == start
    assert verdict(path) in VERDICTS


# ---- Taylor's expansion: why −∇f


@given(surfaces, points, st.floats(0, 2 * math.pi))
def test_prediction_is_exact_to_first_order(surface, point, angle):
    direction = np.array([math.cos(angle), math.sin(angle)])
    lengths = np.array([1e-3, 1e-4])
    result = taylor_decrease(surface, point, lengths[:, None] * direction)
    error = np.abs(result.predicted - result.actual)
    # The error shrinks with the square of the length: 100 times for a step 10 times shorter, up to rounding.
    scale = 1 + abs(surface.f(*point))
    assert error[1] <= error[0] / 50 + 1e-13 * scale + 1e-9 * abs(result.predicted[1])


@given(surfaces, points.filter(lambda p: min(map(abs, p)) > 1e-3))
def test_among_all_directions_the_negative_gradient_descends_fastest(surface, point):
    gradient = np.array(surface.gradient(*point))
    norm = np.hypot(*gradient)
    if norm < 1e-3:
        return
    angles = np.linspace(0, 2 * math.pi, 720, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    around = taylor_decrease(surface, point, 1e-6 * directions)
    steepest = taylor_decrease(surface, point, -1e-6 * gradient / norm)
    assert steepest.cosine == pytest.approx(-1)
    assert (around.predicted <= steepest.predicted * (1 + 1e-9)).all()
    np.testing.assert_allclose(around.cosine, directions @ gradient / norm, atol=1e-9)
    best = directions[around.actual.argmax()]
    assert best @ gradient / norm < -0.99


def test_at_a_minimum_there_is_no_direction():
    result = taylor_decrease("bowl", (0, 0), [[0.1, 0], [0, -0.2]])
    assert result.predicted.tolist() == [0, 0]
    assert result.cosine.tolist() == [0, 0]
    np.testing.assert_allclose(result.actual, [-0.005, -0.02])


# ---- wrong arguments

not_numbers = st.sampled_from([None, "1", {}, b"1", object(), 1j])
not_finite = st.sampled_from([math.nan, math.inf, -math.inf])
too_far = st.floats(1.0001e4, 1e300)


@given(st.one_of(not_numbers, st.text().filter(lambda text: text not in SURFACES), st.integers()))
def test_unknown_surfaces_are_named(surface):
    with pytest.raises(ValueError, match=r"^surface: expected a Surface or one of 'bowl'"):
        gradient_descent(surface)
    with pytest.raises(ValueError, match=r"^surface: expected"):
        taylor_decrease(surface, (0, 1), (1, 0))


bad_points = st.one_of(
    not_numbers,
    st.lists(coordinates, max_size=5).filter(lambda p: len(p) != 2),
    st.tuples(st.one_of(not_finite, too_far), coordinates),
    coordinates,
)


@given(bad_points)
def test_wrong_points_are_named(point):
    if point is not None:
        with pytest.raises((TypeError, ValueError), match=r"^start: expected"):
            gradient_descent("bowl", point)
    with pytest.raises((TypeError, ValueError), match=r"^point: expected"):
        taylor_decrease("bowl", point, (1, 0))


@given(st.one_of(bad_points, st.just((0, 0)), st.just([[1, 0], [0, 0]])))
def test_wrong_steps_of_the_expansion_are_named(step):
    with pytest.raises((TypeError, ValueError), match=r"^step: expected"):
        taylor_decrease("bowl", (1, 1), step)


@given(st.one_of(not_numbers, not_finite, st.floats(max_value=-1e-9)).filter(lambda lr: lr is not None))
def test_wrong_learning_rates_are_named(lr):
    with pytest.raises((TypeError, ValueError), match=r"^lr: expected"):
        gradient_descent("bowl", lr=lr)


@given(st.one_of(not_numbers, not_finite, st.integers(max_value=-1), st.just(2.5)).filter(lambda n: n is not None))
def test_wrong_step_counts_are_named(steps):
    with pytest.raises((TypeError, ValueError), match=r"^steps: expected"):
        gradient_descent("bowl", steps=steps)


@given(st.one_of(not_numbers, st.lists(points)))
def test_verdict_wants_a_path(path):
    with pytest.raises(TypeError, match=r"^path: expected the Path"):
        verdict(path)


# ---- the race

TORCHS = {
    "SGD": torch.optim.SGD,
    "Momentum": partial(torch.optim.SGD, momentum=0.9),
    "Nesterov": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "AdaGrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "AdaDelta": torch.optim.Adadelta,
    "Adam": torch.optim.Adam,
}


def rosenbrock_by_torch(optimiser, lr, steps):
    point = torch.tensor(SURFACES["rosenbrock"].start, dtype=torch.float64, requires_grad=True)
    theirs, points = optimiser([point], lr=lr), [point.tolist()]
    for _ in range(steps):
        theirs.zero_grad()
        ((1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2).backward()
        theirs.step()
        points.append(point.tolist())
    return points


@pytest.mark.parametrize("lr", [0.0005, 0.001])
def test_everyone_goes_the_way_of_torchs_optimiser(lr):
    paths = race("rosenbrock", rates=dict.fromkeys(TORCHS, lr), steps=60)
    assert list(paths) == list(TORCHS)
    for name, path in paths.items():
        assert path.lr == lr
        np.testing.assert_allclose(path.points, rosenbrock_by_torch(TORCHS[name], lr, 60), rtol=1e-6, atol=1e-9)


@given(surfaces, st.sampled_from(["too small", "right", "too large"]))
def test_in_the_race_sgd_is_gradient_descent(surface, rate):
    lr = surface.learning_rates[rate]
    alone, path = gradient_descent(surface, lr=lr), race(surface, {"a": nn.SGD}, {"a": lr})["a"]
    assert path.diverged == alone.diverged
    inside = np.hypot(*alone.points.T) <= RADIUS
    np.testing.assert_allclose(path.points[inside], alone.points[inside], rtol=1e-9, atol=1e-9)


@given(surfaces, st.sampled_from(list(nn.OPTIMISERS)), st.floats(-3, 300).map(lambda power: 10.0**power))
def test_whatever_the_rate_a_path_is_finite_and_ends_where_it_leaves(surface, name, lr):
    path = race(surface, {name: nn.OPTIMISERS[name]}, {name: lr}, steps=60)[name]
    outside = np.hypot(*path.points.T) > RADIUS
    assert not outside[:-1].any()
    assert outside[-1] == path.diverged
    assert path.diverged or len(path.points) == 61
    assert np.isfinite(path.heights).all()
    assert verdict(path) in VERDICTS


def test_the_turned_ravine_is_the_ravine_to_those_who_know_no_axes():
    """SGD and momentum go the same way, turned by 45°; rules for each coordinate do not."""
    rates = dict.fromkeys(nn.OPTIMISERS, 0.02)
    c = math.sqrt(0.5)
    turned = race("turned ravine", rates=rates, start=(c * (-2.5 - 1.0), c * (-2.5 + 1.0)))
    for name, path in race("ravine", rates=rates).items():
        back = turned[name].points @ [[c, -c], [c, c]]
        same = np.abs(back - path.points).max() < 1e-9
        assert same == (name in ("SGD", "Momentum", "Nesterov")), name


def test_momentum_is_faster_than_sgd_in_the_ravine_and_slower_in_the_bowl():
    """Theory (Polyak, 1964): of 1 − 1/κ a step it makes 1 − 1/√κ, but its own memory of 0.9 is a limit too."""
    both = {"SGD": nn.SGD, "Nesterov": nn.Nesterov, "Momentum": nn.Momentum}
    steps = {
        name: {key: arrival(path) for key, path in race(name, both, steps=400).items()} for name in ("bowl", "ravine")
    }
    assert steps["ravine"]["Nesterov"] < steps["ravine"]["SGD"]
    assert steps["bowl"]["SGD"] < steps["bowl"]["Momentum"]


@given(surfaces, st.sampled_from(list(nn.OPTIMISERS)))
def test_no_rate_of_the_grid_is_better_than_the_best(surface, name):
    kind = nn.OPTIMISERS[name]
    best = race(surface, {name: kind}, steps=50)[name]
    assert best.lr in RATES
    low, high = np.transpose(surface.bounds)
    for lr in RATES[::2]:
        other = race(surface, {name: kind}, {name: lr}, steps=50)[name]
        if arrival(other) is not None and ((low <= other.points) & (other.points <= high)).all():
            assert arrival(best) is not None
            assert arrival(best) <= arrival(other)


def test_best_rate_on_the_bowl_is_the_one_that_theory_gives():
    assert best_rate("bowl", nn.SGD) == 1  # 1/λ: one step leads to the lowest point
    assert best_rate("bowl", nn.SGD, [0.3, 0.7, 1.9]) == 0.7


@pytest.mark.parametrize(
    ("x", "expected"), [((1, 0.5, 0.09, 0.05), 2), ((1, 0.05, 0.5, 0.05), 3), ((1, 0.5, 0.2), None), ((0, 0), 0)]
)
def test_arrival_is_for_good(x, expected):
    points = np.stack([np.array(x, float), np.zeros(len(x))], axis=1)
    assert arrival(Path(SURFACES["bowl"], 0.1, points, diverged=False)) == expected


def test_a_function_can_be_raced():
    paths = race(
        "bowl", {"light": partial(nn.Momentum, momentum=0.1), "heavy": nn.Momentum}, {"light": 0.1, "heavy": 0.1}
    )
    assert arrival(paths["light"]) < arrival(paths["heavy"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"surface": "hill"}, "surface: expected a Surface or one of"),
        ({"rates": {"Adam": 0}}, r"rates\['Adam'\]: expected a number > 0, got 0.0"),
        ({"rates": {"adam": 1}}, "rates: expected names of the optimisers, SGD, .*, got 'adam'"),
        ({"start": (1, 2, 3)}, "start: expected shape"),
        ({"steps": -1}, "steps: expected an integer ≥ 0, got -1"),
    ],
)
def test_the_race_checks_its_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        race(**{"surface": "bowl", **arguments})


def test_best_rate_checks_its_rates():
    with pytest.raises(ValueError, match="rates: expected at least one learning rate, got none"):
        best_rate("bowl", nn.Adam, [])
    with pytest.raises(ValueError, match=r"rates\[1\]: expected a number > 0"):
        best_rate("bowl", nn.Adam, [1, 0])
    with pytest.raises(TypeError, match="path: expected the Path"):
        arrival([1, 2])
