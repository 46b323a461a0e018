"""What the problem sets say to students: the fault, never the case where the test is hidden."""

import math
import sys

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special
from scipy.special import expit

from course_pkg import checks

RIGHT = np.array([[1.0, 2.0, 4.0], [5.0, -6.0, 7.5]])
SQUARE = np.array([[1.0, 2.0], [3.0, 5.0]])


def message(got, expected=RIGHT, **more):
    with pytest.raises(checks.CheckFailed) as failure:
        checks.close(got, expected, call="f(x)", **more)
    return str(failure.value)


def title(*arguments, **more):
    return message(*arguments, **more).splitlines()[0]


@pytest.mark.parametrize(
    ("got", "expected", "fault"),
    [
        (None, RIGHT, "returned nothing (None): is the return missing?"),
        (RIGHT.tolist(), RIGHT, "is a list, expected a NumPy array"),
        ("text", 1.0, "is a str, expected a number"),
        (np.array([1.0]), 1.0, "is an array, expected a number"),
        (RIGHT.T, RIGHT, "the axes are in another order (is it transposed?)"),
        (RIGHT.ravel(), RIGHT, "has 1 dimension, expected 2"),
        (RIGHT[:, :2], RIGHT, "axis 1 is too short"),
        (np.vstack([RIGHT, RIGHT]), RIGHT, "axis 0 is too long"),
        (RIGHT > 0, RIGHT, "has dtype bool, expected real numbers"),
        (RIGHT.astype(int), RIGHT, "has dtype int64, expected real numbers"),
        (RIGHT + 0j, RIGHT, "has dtype complex128"),
        (np.array([0.0, 1.0]), np.array([0, 1]), "has dtype float64, expected integers"),
        (np.where(RIGHT == 4, np.nan, RIGHT), RIGHT, "contains NaN"),
        (np.where(RIGHT == 4, np.inf, RIGHT), RIGHT, "contains infinity"),
        (np.zeros((2, 3)), RIGHT, "is 0 everywhere"),
        (-RIGHT, RIGHT, "has the wrong sign"),
        (5 * RIGHT, RIGHT, "is 5 times too large (is a division by 5 missing?)"),
        (RIGHT / 32, RIGHT, "is 32 times too small (one division by 32 too many?)"),
        (1.7159 * RIGHT, RIGHT, "is a constant times the right result"),
        (RIGHT + 0.5, RIGHT, "is off by the same amount everywhere"),
        (SQUARE.T, SQUARE, "with two axes swapped"),
        (SQUARE[::-1, ::-1], SQUARE, "turned by 180°"),
        (np.abs(RIGHT), RIGHT, "has the wrong sign in some places"),
        (np.where(RIGHT > 5, 0, RIGHT), RIGHT, "is 0 in places where it should not be"),
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0]), "is not 0 in places where it should be"),
        (RIGHT + 1e-5 * RIGHT**2, RIGHT, "is close, but not close enough"),
        (RIGHT**2, RIGHT, "has wrong values"),
        (2.5, 1.1, "has a wrong value"),
        (3.3, 1.1, "is 3 times too large"),
    ],
)
def test_the_title_names_the_kind_of_fault(got, expected, fault):
    assert fault in title(got, expected)
    assert fault in title(got, expected, hidden=True)


def test_a_visible_message_says_everything():
    text = message(
        RIGHT + np.array([[0, 0, 0.25], [0, 0, 0]]),
        given={"x": np.array([1.0, 2.0]), "stride": 2},
        hint="Mind the corner.",
        see="Lecture 6",
    )
    assert text.startswith("✗ f(x): has wrong values\n")
    for line in [
        "given     x = [1., 2.]",
        "stride = 2",
        "expected  [[ 1. ,  2. ,  4. ],",
        "got       [[ 1.  ,  2.  ,  4.25],",
        "differs   first at [0, 2]: expected 4, got 4.25 (1 of 6 numbers differ)",
        "hint      Mind the corner.",
        "read      Lecture 6",
    ]:
        assert line in text


def test_large_inputs_are_shown_as_their_shape():
    text = message(np.ones((4, 5, 6)), np.zeros((4, 5, 6)), given={"x": np.zeros((8, 3, 32, 32))})
    assert "x = array of shape (8, 3, 32, 32), dtype float64" in text
    assert len(text) < 500


@given(
    hnp.arrays(float, hnp.array_shapes(max_dims=4, max_side=4), elements=st.integers(1001, 9999)),
    st.integers(0, 10**6),
    st.sampled_from(
        [lambda a: -a, lambda a: a * 7, lambda a: a + 1, lambda a: a[..., 0], lambda a: a**2, lambda a: None]
    ),
)
def test_a_hidden_message_gives_no_number_of_the_case(expected, secret, spoil):
    text = message(spoil(expected), expected, given={"x": secret + 10**7}, hint="Think.", see="L1", hidden=True)
    assert str(secret + 10**7) not in text
    assert not any(f"{value:g}" in text for value in expected.flat)
    assert "Think." in text
    assert "L1" in text


@given(hnp.arrays(float, hnp.array_shapes(), elements=st.floats(-1e6, 1e6)))
def test_what_is_equal_passes(values):
    checks.close(values.copy(), values, call="f(x)")
    checks.close((values.copy(), 1), (values, 1.0), call="f(x)", names=("a", "b"))
    checks.same_form(values + 1, values, call="f(x)")


def test_a_number_may_be_an_int_and_an_array_may_be_float32():
    checks.close(0, 0.0, call="f(x)")
    checks.close(np.float32(0.5), 0.5, call="f(x)")
    checks.close(np.array([0.5], np.float32), np.array([0.5]), call="f(x)")


def test_members_of_a_tuple_are_named():
    names = ("loss", "dscores")
    assert "dscores has the wrong sign" in title((1.0, -RIGHT), (1.0, RIGHT), names=names)
    assert "expected  dscores = " in message((1.0, -RIGHT), (1.0, RIGHT), names=names)
    assert "returned a float, expected a tuple of 2: (loss, dscores)" in title(1.0, (1.0, RIGHT), names=names)
    assert "returned a tuple of 1, expected a tuple of 2" in title((1.0,), (1.0, RIGHT), names=names)
    assert "is the return missing?" in title(None, (1.0, RIGHT), names=names)


def test_members_of_a_list_are_named():
    checks.close([RIGHT.copy()], [RIGHT], call="f(x)")
    assert "returned a tuple, expected a list of 1: (result[0])" in title((RIGHT,), [RIGHT])
    assert "returned a list of 2, expected a list of 1" in title([RIGHT, RIGHT], [RIGHT])
    assert "result[0] has the wrong sign" in title([-RIGHT], [RIGHT])


@pytest.mark.parametrize(
    ("got", "expected", "fault"),
    [
        (None, (3, 5), "returned nothing (None): is the return missing?"),
        ([3, 5], (3, 5), "is a list, expected a tuple"),
        ((3,), (3, 5), "has 1 item, expected 2"),
        ((3, 4), (3, 5), "is wrong at place 1"),
        ((3, None), (3, 5), "is wrong at place 1"),
        ((3, 5.0), (3, 5), "is wrong at place 1"),
        ((True, 5), (1, 5), "is wrong at place 0"),
        ((3, np.ones(2)), (3, 5), "is wrong at place 1"),
        (["the", ["cat"]], ["the", ["dog"]], "is wrong at place 1"),
        ("cats", "cat", "has a wrong value"),
        (3, None, "is an int, expected a NoneType"),
    ],
)
def test_same_names_the_fault(got, expected, fault):
    for hidden in (False, True):
        with pytest.raises(checks.CheckFailed) as failure:
            checks.same(got, expected, call="f(x)", hidden=hidden)
        assert str(failure.value).splitlines()[0] == f"✗ f(x): {fault}"


def test_same_shows_the_place_and_hides_it_in_a_hidden_test():
    for hidden in (False, True):
        with pytest.raises(checks.CheckFailed) as failure:
            checks.same((None, 4), (None, 57), call="f(x)", hidden=hidden)
        assert ("differs   first at [1]: expected 57, got 4" in str(failure.value)) != hidden
        assert ("57" in str(failure.value)) != hidden


def test_same_passes_what_is_equal():
    for value in (None, 3, "cat", (3, None), ["the", ("cat", 1)], ()):
        checks.same(value, value, call="f(x)")
    checks.same((np.int64(3), 5), (3, 5), call="f(x)")


def test_objects_that_claim_to_be_equal_do_not_pass():
    class Everything(np.ndarray):
        def __eq__(self, other):
            return np.ones(self.shape, bool)

        def __sub__(self, other):
            return np.zeros(self.shape)

    assert "is 0 everywhere" in title(np.zeros((2, 3)).view(Everything))


def test_at_least():
    checks.at_least(0.95, 0.95, call="the accuracy")
    for value, text in [(0.9, "gave 0.9, at least 0.95"), (np.nan, "gave nan"), (None, "nothing"), ("1", "is a str")]:
        with pytest.raises(checks.CheckFailed, match=text):
            checks.at_least(value, 0.95, call="the accuracy")


def test_raises():
    checks.raises(ValueError, int, "x", call="int('x')")
    with pytest.raises(checks.CheckFailed, match="did not raise ValueError"):
        checks.raises(ValueError, int, "3", call="int('3')")
    with pytest.raises(checks.CheckFailed, match="raised TypeError, expected ValueError"):
        checks.raises(ValueError, int, None, call="int(None)")

    def unfinished():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        checks.raises(Exception, unfinished, call="unfinished()")


def test_unchanged():
    x, y = np.array([1.0, np.nan]), np.array([1.0])
    with checks.unchanged({"x": x, "y": y}, call="f(x, y)"):
        _ = x + y
    with (
        pytest.raises(checks.CheckFailed, match=r"f\(x, y\): changed its input y"),
        checks.unchanged({"x": x, "y": y}, call="f(x, y)"),
    ):
        y += 1


def loop(x):
    total = 0.0
    for value in x:
        total += value
    return total


def sneaky(x):
    try:
        return loop(x)
    except Exception:
        return x.sum()


@pytest.mark.parametrize("function", [loop, sneaky, lambda x: [v for v in x], lambda x: list(map(lambda v: v, x))])
def test_vectorised_finds_loops(function):
    before = sys.gettrace()
    with pytest.raises(checks.CheckFailed, match="a loop grows with the data"):
        checks.vectorised(function, [np.ones(2)], [np.ones(10**7)], call="f(x)")  # long, if it were not ended early
    assert sys.gettrace() is before


def test_vectorised_accepts_numpy_and_loops_that_do_not_grow():
    def windows(x):
        padded = np.pad(x, 1)
        return sum(np.einsum("i,i->", padded[i : i + len(x)], x) for i in range(3))

    checks.vectorised(windows, [np.ones(3)], [np.ones(10_000)], call="windows(x)")


def test_by_hand_names_the_library():
    import torch
    from scipy.special import softmax

    from course_pkg import nn

    x = np.ones((2, 3))
    checks.by_hand(lambda x: np.exp(x) @ x.T, x, call="f(x)")
    for function, name in [
        (lambda x: nn.activation("relu", x), "course_pkg.nn.activations.activation"),
        (softmax, "scipy"),
        (lambda x: torch.from_numpy(x), "torch"),
    ]:
        with pytest.raises(checks.CheckFailed, match=f"calls the ready-made {name}"):
            checks.by_hand(function, x, call="f(x)")
    checks.by_hand(softmax, x, call="f(x)", libraries=("torch",))


def with_a_local_import(x):
    from scipy.special import log_expit as f

    return f(x)


def with_a_default(x, f=expit):
    return f(x)


class WithAMethod:
    def __call__(self, x):
        return [special.entr(value) for value in x]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (special.expit, "expit"),
        (lambda x: 1 / (1 + special.exprel(-x)), "exprel"),
        (lambda x: scipy.special.expit(x), "expit"),
        (lambda x: list(map(special.expit, x)), "expit"),
        (lambda x, f=special.logit: f(1 / (1 + np.exp(x))), "logit"),
        (lambda x: special.xlogy.outer(x, x), "xlogy"),
        (with_a_local_import, "log_expit"),
        (with_a_default, "expit"),
        (lambda x: expit(x), "expit"),
        (WithAMethod(), "entr"),
        (lambda x: with_a_default(x), "expit"),
    ],
)
def test_by_hand_sees_ufuncs_whose_calls_python_does_not_report(function, name):
    x = np.ones(3)
    before = sys.getprofile()
    with pytest.raises(checks.CheckFailed, match=f"f: calls the ready-made scipy.special.{name}\n"):
        checks.by_hand(function, x, call="f", hint="", hidden=False)
    assert sys.getprofile() is before
    checks.by_hand(function, x, call="f", libraries=("torch",))


def test_by_hand_accepts_numpys_ufuncs_and_ones_own():
    own = np.frompyfunc(lambda a, b: a + b, 2, 1)

    def expit(x):  # the name alone is no fault
        return np.reciprocal(1 + np.exp(-x))

    for function in (np.tanh, np.abs, own.reduce, expit, lambda x: np.add.outer(expit(x), own(x, x)) ** np.pi):
        checks.by_hand(function, np.ones(3), call="f")


def test_a_part_ends_in_a_green_line(capsys):
    with checks.part("1a"):
        checks.close(1.0, 1.0, call="f(x)")
        checks.at_least(2.0, 1.0, call="f(x)")
    with checks.part("1b", hidden=True):
        checks.close(1.0, 1.0, call="f(x)")
    assert capsys.readouterr().out == "✓ Task 1a: 2 visible checks passed\n✓ Task 1b: 1 hidden check passed\n"


def test_a_part_gives_its_name_and_lecture_to_the_message():
    with pytest.raises(checks.CheckFailed) as failure, checks.part("1a", see="Lecture 1"):
        checks.close(2.5, 1.1, call="f(x)")
    assert str(failure.value).startswith("✗ Task 1a: f(x): has a wrong value\n")
    assert str(failure.value).endswith("read      Lecture 1")


def test_an_error_in_a_hidden_part_becomes_a_message():
    text = "✗ Task 2, hidden test: your code stopped with ZeroDivisionError"
    with pytest.raises(checks.CheckFailed, match=text), checks.part("2", hidden=True):
        math.sqrt(1 / 0)
    with pytest.raises(ZeroDivisionError), checks.part("2"):
        math.sqrt(1 / 0)


def shell(code):
    """Run a cell in IPython as a notebook does; return (what the error output shows, stdout, stderr)."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    with capture_output() as output:
        InteractiveShell.instance().run_cell(code)
    return output.stdout, output.stderr


def test_a_notebook_shows_the_message_and_no_stack():
    shown, _ = shell("from course_pkg import checks\nwith checks.part('1a'):\n    checks.close(2.5, 1.1, call='f(x)')")
    assert "✗ Task 1a: f(x): has a wrong value" in shown
    assert "Traceback" not in shown
    assert "checks.py" not in shown
    unfinished = "def f(x):\n    raise NotImplementedError\nwith checks.part('1b'):\n    f(1)"
    assert shell(unfinished)[0] == "○ Task 1b is not done yet: f raises NotImplementedError.\n"


def test_nothing_reaches_stderr_inside_a_part(capsys):
    with checks.part("1a"):
        sys.stderr.write("RuntimeWarning: overflow")
    said = capsys.readouterr()
    assert said.err == ""
    assert "RuntimeWarning: overflow" in said.out


def test_a_warning_costs_no_points_in_a_real_kernel():
    import nbclient
    import nbformat
    from nbgrader.utils import determine_grade

    code = "from course_pkg import checks\nimport numpy as np\nwith checks.part('1a'):\n    np.exp(np.array([1000.0]))"
    cell = nbformat.v4.new_code_cell(code)
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 4}
    nbclient.NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute()
    assert "overflow encountered" in "".join(output.get("text", "") for output in cell.outputs)
    assert determine_grade(cell) == (4, 4)
