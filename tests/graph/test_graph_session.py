"""Building and running: shapes, laziness, variables, and errors that name the place."""

import inspect

import numpy as np
import pytest

from course_pkg import graph

HERE = __file__


def line():
    return inspect.currentframe().f_back.f_lineno


@pytest.fixture
def counter():
    """An operation that counts how often it is calculated."""
    runs = []
    kind = graph.operation("counter", lambda x: x, lambda x: runs.append(1) or x, lambda dy, y, x: (dy,))
    kind.runs = runs
    return kind


# --- Building. ---


def test_a_tensor_says_name_shape_and_dtype_but_no_value():
    x = graph.placeholder((None, 3), "x")
    assert repr(x + 1) == "Tensor('add', shape=(None, 3), dtype=float64)"
    assert repr(graph.Variable([1.0], "w")) == "Variable('w', shape=(1,), dtype=float64)"
    with pytest.raises(TypeError, match="has no value while the graph is being built"):
        bool(x)
    with pytest.raises(TypeError):
        iter(x)


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda x: x + np.ones(3), (None, 3)),
        (lambda x: x + np.ones((5, 1)), (5, 3)),
        (lambda x: x[:, 1:], (None, 2)),
        (lambda x: x[0], (3,)),
        (lambda x: x[:2], (None, 3)),
        (lambda x: x @ np.ones((3, 7)), (None, 7)),
        (lambda x: graph.transpose(x), (3, None)),
        (lambda x: graph.reshape(x, (-1, 3, 1)), (None, 3, 1)),
        (lambda x: graph.reduce_sum(x, 1), (None,)),
        (lambda x: graph.reduce_mean(x, 0, keepdims=True), (1, 3)),
        (lambda x: graph.concat([x, x], 1), (None, 6)),
        (lambda x: graph.conv2d(graph.reshape(x, (-1, 1, 3, 3)), np.ones((2, 1, 2, 2))), (None, 2, 2, 2)),
        (lambda x: graph.softmax(x), (None, 3)),
        (lambda x: graph.gradients(graph.exp(x), x), (None, 3)),
    ],
)
def test_shapes_are_known_before_anything_runs(build, shape):
    x = graph.placeholder((None, 3))
    y = build(x)
    assert y.shape == shape
    value = graph.Session().run(y, {x: np.ones((5 if shape[0] == 5 else 9, 3))})
    assert graph.core.fits(value.shape, shape)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda a, b: a + b, r"add of shapes \(2, 3\) and \(4, 2\): expected equal lengths or 1, got 2 and 4"),
        (lambda a, b: a @ b, r"matmul of shapes \(2, 3\) and \(4, 2\): expected two matrices"),
        (lambda a, b: graph.reshape(a, (4, 2)), r"reshape of shapes \(2, 3\): .* got \(4, 2\)"),
        (lambda a, b: graph.reshape(a, (4, -1)), r"reshape of shapes \(2, 3\)"),
        (lambda a, b: graph.reduce_sum(a, 2), r"reduce_sum of shapes \(2, 3\): expected axes below 2, got 2"),
        (lambda a, b: graph.concat([a, b]), r"concat of shapes \(2, 3\) and \(4, 2\)"),
        (lambda a, b: graph.concat([a, a], 2), r"concat of shapes"),
        (lambda a, b: a[2], r"slice of shapes \(2, 3\): expected an index below 2, got 2"),
        (lambda a, b: a[0, 0, 0], r"slice of shapes \(2, 3\): expected at most 2 indices, got 3"),
        (lambda a, b: graph.conv2d(a, b), r"conv2d of shapes \(2, 3\) and \(4, 2\): expected images"),
        (lambda a, b: graph.conv2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))), "conv2d of shapes .* kernel"),
        (lambda a, b: graph.softmax_cross_entropy(a, graph.placeholder((3,), dtype="int64")), "one_hot of shapes"),
        (lambda a, b: graph.softmax(a[0, 0]), r"log_sum_exp of shapes \(\)"),
        (lambda a, b: graph.assign(graph.Variable([1.0]), a), r"assign of shapes \(2, 3\) and \(1,\)"),
    ],
)
def test_a_shape_error_names_operation_and_shapes(build, message):
    a, b = graph.placeholder((2, 3)), graph.placeholder((4, 2))
    with pytest.raises(graph.ShapeError, match=message):
        build(a, b)


def test_a_shape_error_names_the_users_line(fresh_graph):
    x, w = graph.placeholder((None, 3), "x"), graph.Variable(np.ones((4, 2)), "w")
    built = len(fresh_graph.operations)
    with pytest.raises(graph.ShapeError) as caught:
        x @ w
    assert f"built at {HERE}:{line() - 1}: x @ w" in str(caught.value)
    assert len(fresh_graph.operations) == built


def test_a_shape_error_inside_a_composite_operation_names_the_users_line():
    scores, labels = graph.placeholder((None, 3)), graph.placeholder((None, 1), dtype="int64")
    with pytest.raises(graph.ShapeError) as caught:
        graph.softmax_cross_entropy(scores, labels)
    assert f"{HERE}:{line() - 1}: graph.softmax_cross_entropy(scores, labels)" in str(caught.value)


def test_a_line_of_a_notebook_cell_is_quoted():
    import linecache

    source = "x = graph.placeholder((2,))\ny = x @ x\n"
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    with pytest.raises(graph.ShapeError, match="built at line 2 of its cell: y = x @ x"):
        exec(compile(source, "<cell>", "exec"), {"graph": graph})


def test_names_are_unique():
    names = [graph.placeholder((), name).name for name in ("a", "a", "a_1", "a")]
    assert names[:2] == ["a", "a_1"]
    assert len(set(names)) == 4


def test_default_graphs_nest():
    with graph.Graph() as outer:
        with graph.Graph() as inner:
            x = graph.placeholder(())
        y = graph.placeholder(())
        assert graph.default_graph() is outer
    assert (x.graph, y.graph) == (inner, outer)
    with pytest.raises(ZeroDivisionError), graph.Graph():
        1 / 0  # noqa: B018
    assert graph.default_graph() not in (inner, outer)


def test_tensors_of_two_graphs_do_not_mix():
    with graph.Graph():
        x = graph.placeholder((), "x")
    y = graph.placeholder((), "y")
    with pytest.raises(ValueError, match=r"add: expected tensors of one graph, .*'y'"):
        x + y
    with pytest.raises(ValueError, match="expected tensors of one graph"):
        graph.assign(graph.Variable(1.0), x)


def test_labels_and_real_numbers_do_not_mix():
    labels, x = graph.placeholder((2,), "labels", dtype="int64"), graph.placeholder((2, 3))
    with pytest.raises(TypeError, match=r"mul: expected real numbers, got Tensor\('labels'"):
        labels * 2
    with pytest.raises(TypeError, match="one_hot: expected integer labels"):
        graph.softmax_cross_entropy(x, x[:, 0])


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: graph.placeholder(3), TypeError, "shape: expected a tuple"),
        (lambda: graph.placeholder((-1,)), ValueError, r"shape\[0\]: expected an integer ≥ 0"),
        (lambda: graph.placeholder((), dtype="float16"), ValueError, "dtype: expected one of 'float64', 'int64'"),
        (lambda: graph.constant("a"), TypeError, "value: expected an array of real numbers"),
        (lambda: graph.constant([0.5], dtype="int64"), TypeError, "value: expected an array of integers"),
        (lambda: graph.Variable([[1], [2, 3]]), ValueError, "value: expected a rectangular array"),
        (lambda: graph.placeholder(()) + "a", TypeError, "value: expected an array of real numbers"),
        (lambda: graph.placeholder(()) ** graph.placeholder(()), TypeError, "p: expected a number"),
        (lambda: graph.placeholder((3,))[0.5], TypeError, "index: expected an integer"),
        (lambda: graph.assign(graph.constant(1.0), 2.0), TypeError, "variable: expected a Variable"),
        (lambda: graph.max_pool2d(graph.placeholder((1, 1, 4, 4)), 0), ValueError, "kernel_size: expected"),
    ],
)
def test_wrong_arguments_are_named_when_building(build, error, message):
    with pytest.raises(error, match=message):
        build()


# --- Running. ---


def test_only_what_is_needed_is_calculated_and_only_once(counter):
    x = graph.placeholder(())
    once = counter(x)
    y = once * once + once
    counter(x)
    never_fed = counter(graph.placeholder(()))
    assert graph.Session().run(y, {x: 3.0}) == 12
    assert counter.runs == [1]
    with pytest.raises(ValueError, match="expected a value for placeholder"):
        graph.Session().run(never_fed, {x: 3.0})


def test_a_fed_value_takes_the_place_of_the_calculation(counter):
    x = graph.placeholder((), "x")
    h = counter(x)
    assert graph.Session().run(h * 2, {h: 5.0}) == 10
    assert counter.runs == []


def test_fetches_keep_their_structure():
    x = graph.placeholder((2,))
    session = graph.Session()
    got = session.run([x, [x * 2, [x[0]]], []], {x: [1, 2]})
    assert [got[0].tolist(), got[1][0].tolist(), got[1][1], got[2]] == [[1, 2], [2, 4], [1.0], []]
    assert isinstance(session.run(x[0], {x: [1, 2]}), float)


def test_every_operation_of_a_run_sees_the_old_values():
    a, b = graph.Variable(1.0), graph.Variable(2.0)
    swap = [graph.assign(a, b), graph.assign(b, a)]
    session = graph.Session()
    assert session.run([a, b, swap]) == [1, 2, [2, 1]]
    assert session.run([a, b]) == [2, 1]
    assert session.run(swap) == [1, 2]


def test_sessions_keep_values_apart():
    w = graph.Variable(0.0)
    up = graph.assign(w, w + 1)
    one, two = graph.Session(), graph.Session()
    assert [one.run(up) for _ in range(3)] == [1, 2, 3]
    assert two.run(w) == 0
    assert one.run(w) == 3


def test_a_run_that_fails_changes_nothing():
    w, x = graph.Variable([1.0]), graph.placeholder((None,))
    up = graph.assign(w, w + 1)
    fails = x + graph.placeholder((None,))
    session = graph.Session()
    with pytest.raises(ValueError, match="expected a value for placeholder"):
        session.run([up, fails], {x: [1.0, 2.0]})
    assert session.run(w).tolist() == [1]


def test_two_new_values_for_one_variable_are_refused():
    w = graph.Variable(0.0, "w")
    with pytest.raises(ValueError, match=r"assign_1: expected one new value for Variable\('w'"):
        graph.Session().run([graph.assign(w, 1.0), graph.assign(w, 2.0)])


def test_values_are_copies():
    start, fed = np.zeros(2), np.ones(2)
    w, x = graph.Variable(start), graph.placeholder((2,))
    session = graph.Session()
    start[:] = 9
    session.run(w)[:] = 9
    assert session.run(w).tolist() == [0, 0]
    session.run(graph.assign(w, x), {x: fed})[:] = 9
    fed[:] = 9
    assert session.run(w).tolist() == [1, 1]
    session.run(x, {x: fed})[:] = 5
    assert fed.tolist() == [9, 9]


def test_a_missing_feed_names_the_placeholder_and_its_line():
    x = graph.placeholder((None, 2), "points")
    with pytest.raises(ValueError, match="expected a value for placeholder 'points'") as caught:
        graph.Session().run(x * 2)
    assert f"{HERE}:{line() - 3}" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1.0, 2.0], ValueError, r"placeholder 'x': expected shape \(None, 2\), got \(2,\)"),
        (np.ones((4, 3)), ValueError, r"placeholder 'x': expected shape \(None, 2\), got \(4, 3\)"),
        ([["a", "b"]], TypeError, "placeholder 'x': expected an array of real numbers"),
        ([[1j, 2]], TypeError, "placeholder 'x': expected an array of real numbers"),
        (None, TypeError, "placeholder 'x': expected an array of real numbers"),
    ],
)
def test_a_wrong_feed_names_the_placeholder(value, error, message):
    x = graph.placeholder((None, 2), "x")
    with pytest.raises(error, match=message):
        graph.Session().run(x, {x: value})


@pytest.mark.parametrize("value", [[0.0, 1.0], [True, False], ["a", "b"]])
def test_labels_that_are_no_integers_name_the_placeholder(value):
    y = graph.placeholder((None,), "y", dtype="int64")
    with pytest.raises(TypeError, match="placeholder 'y': expected an array of integers"):
        graph.Session().run(y, {y: value})


def test_feeds_are_converted():
    x = graph.placeholder((2,))
    for value in ([1, 2], np.array([1, 2], np.float32), np.array([1, 2], np.int8)):
        got = graph.Session().run(x, {x: value})
        assert (got.dtype, got.tolist()) == (np.float64, [1, 2])


def test_an_error_while_running_names_operation_shapes_and_line():
    a, b = graph.placeholder((None,)), graph.placeholder((None,))
    y = a * b
    with pytest.raises(ValueError, match=r"mul of shapes \(2,\) and \(3,\)") as caught:
        graph.Session().run(graph.exp(y), {a: np.ones(2), b: np.ones(3)})
    assert f"{HERE}:{line() - 3}: y = a * b" in str(caught.value)


def test_a_label_that_is_no_class_is_named():
    s, y = graph.placeholder((None, 3)), graph.placeholder((None,), dtype="int64")
    loss = graph.softmax_cross_entropy(s, y)
    with pytest.raises(ValueError, match="labels: expected labels from 0 to 2, got 3 at index 1"):
        graph.Session().run(loss, {s: np.zeros((2, 3)), y: [0, 3]})


def test_an_operation_that_breaks_its_own_shape_rule_is_named():
    wrong = graph.operation("wrong", lambda x: x, np.sum, lambda dy, y, x: (dy,))
    x = graph.placeholder((2,))
    with pytest.raises(ValueError, match=r"wrong: expected shape \(2,\), got \(\)"):
        graph.Session().run(wrong(x), {x: [1, 2]})


def test_wrong_arguments_are_named_when_running():
    x = graph.placeholder((), "x")
    with graph.Graph():
        foreign = graph.placeholder(())
    with pytest.raises(TypeError, match="graph: expected a Graph"):
        graph.Session([x])
    session = graph.Session()
    for fetches in ("x", [x, None], foreign):
        with pytest.raises(TypeError, match="fetches: expected tensors of this session's graph"):
            session.run(fetches, {x: 1.0})
    for key in ("x", foreign):
        with pytest.raises(TypeError, match="feed_dict: expected tensors of this session's graph"):
            session.run(x, {key: 1.0})


def test_the_example_of_the_package_runs():
    example = inspect.cleandoc(graph.__doc__).split("::\n\n")[1]
    names = {name: getattr(graph, name) for name in graph.__all__}
    exec(inspect.cleandoc(example).replace("session.run", "loss, w = session.run"), names)
    assert 0 < names["loss"] < 1
    assert names["w"].shape == (2, 1)
