import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_pkg import _validate as validate

SMALL = st.floats(-9, 9, width=32)
few = settings(max_examples=50, derandomize=True, deadline=None)


@few
@given(hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(min_dims=0), elements=SMALL))
def test_float_arrays_come_back_as_they_are(array):
    assert validate.as_array("x", array) is array


@pytest.mark.parametrize(
    "value", [3, True, [1, 2], ((1, 2), (3, 4)), np.int8([1]), np.array([True]), np.float16([1.5])]
)
def test_other_numbers_become_float64(value):
    got = validate.as_array("x", value)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, value)


@pytest.mark.parametrize(
    "value", [None, "1", b"1", {}, {1}, object(), 1j, [None], ["1"], [10**400], np.array("2020", "M8")]
)
def test_what_is_not_numeric_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"^x: expected an array of real numbers, got"):
        validate.as_array("x", value)


def test_a_ragged_list_is_a_value_error():
    with pytest.raises(ValueError, match=r"^x: expected a rectangular array of numbers, got list"):
        validate.as_array("x", [[1], [1, 2]])


@few
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, min_side=1, max_side=4), elements=SMALL),
    st.sampled_from([np.nan, np.inf, -np.inf]),
    st.data(),
)
def test_the_first_number_that_is_not_finite_is_named(array, bad, data):
    index = data.draw(st.tuples(*(st.integers(0, n - 1) for n in array.shape)))
    array[index] = bad
    with pytest.raises(validate.NotFiniteError) as caught:
        validate.as_array("x", array)
    assert str(caught.value) == f"x: expected finite numbers, got {bad} at index {index}"
    assert validate.as_array("x", array, finite=False) is array


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_whose_sum_overflows_are_finite_all_the_same(dtype):
    array = np.full(4, np.finfo(dtype).max)
    assert validate.as_array("x", array) is array
    with pytest.raises(ValueError, match="got inf at index"):
        validate.as_array("x", np.array([np.inf, -np.inf], dtype))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ndim": 2}, "x: expected 2 dimensions, got 1 (shape (3,))"),
        ({"ndim": (2, 4)}, "x: expected 2 or 4 dimensions, got 1 (shape (3,))"),
        ({"shape": (4,)}, "x: expected shape (4,), got (3,)"),
        ({"shape": (None, 3)}, "x: expected shape (any, 3), got (3,)"),
    ],
)
def test_wrong_shapes_are_named(arguments, message):
    with pytest.raises(ValueError, match=r"^x: ") as caught:
        validate.as_array("x", [1, 2, 3], **arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize("arguments", [{"ndim": 1}, {"ndim": (1, 2)}, {"shape": (3,)}, {"shape": (None,)}])
def test_right_shapes_pass(arguments):
    assert validate.as_array("x", [1, 2, 3], **arguments).shape == (3,)


def test_labels():
    for good in [0, 2, 1], np.uint8([0, 2, 1]):
        got = validate.as_labels("y", good, count=3, classes=3)
        assert got.dtype == np.intp
        assert got.tolist() == [0, 2, 1]
    for bad, message in [
        ([0.0, 1.0, 2.0], "y: expected integer class labels"),
        ([True, False, True], "y: expected integer class labels"),
        ("text", "y: expected integer class labels"),
        ([0, 1], "y: expected shape (3,), one label a sample, got (2,)"),
        ([[0], [1], [2]], "y: expected shape (3,), one label a sample, got (3, 1)"),
        ([[0], [1, 2]], "y: expected a list of class labels"),
        ([0, 3, 1], "y: expected labels from 0 to 2, got 3 at index 1"),
        ([0, 1, -1], "y: expected labels from 0 to 2, got -1 at index 2"),
    ]:
        with pytest.raises((TypeError, ValueError)) as caught:
            validate.as_labels("y", bad, count=3, classes=3)
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("check", "good", "expected"),
    [
        (validate.as_int, 3, 3),
        (validate.as_int, np.int64(3), 3),
        (validate.as_pair, 3, (3, 3)),
        (validate.as_pair, [1, 2], (1, 2)),
        (validate.as_shape, [1, np.int8(2), 3], (1, 2, 3)),
        (validate.as_shape, (), ()),
        (validate.as_number, 3, 3.0),
        (validate.as_number, np.float32(0.5), 0.5),
        (validate.as_number, np.array(0.5), 0.5),
        (validate.as_bool, np.True_, True),
        (validate.as_float_dtype, float, np.dtype("float64")),
        (validate.as_float_dtype, "float32", np.dtype("float32")),
    ],
)
def test_good_values_pass(check, good, expected):
    got = check("a", good)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        *((validate.as_int, bad) for bad in (1.0, "1", None, True, np.float64(1), [1], 1j)),
        *((validate.as_pair, bad) for bad in ("12", b"12", None, (1.0, 2), 1.5, {1, 2}, (True, 1))),
        *((validate.as_shape, bad) for bad in ("12", b"12", None, 3, (1.0, 2), {1: 2}, {1, 2}, [[1], [2]])),
        *((validate.as_number, bad) for bad in ("1", b"1", None, True, [1], np.ones(1), 1j, object(), [[1], [1, 2]])),
        *((validate.as_bool, bad) for bad in (0, 1, "True", None, [True], np.array([True]))),
        *((validate.as_float_dtype, bad) for bad in (None, int, "complex64", "text", "float16", 3, [1], object())),
        *((validate.as_generator, bad) for bad in (None, "seed", 1.5, np.random.RandomState(0))),
    ],
)
def test_what_is_of_another_kind_is_a_type_error(check, bad):
    with pytest.raises(TypeError, match=r"^a(\[\d\])?: expected .* got "):
        check("a", bad)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: validate.as_int("a", 0, minimum=1), "a: expected an integer ≥ 1, got 0"),
        (
            lambda: validate.as_pair("a", (1, 2, 3)),
            "a: expected an integer or two (height, width), got tuple (1, 2, 3)",
        ),
        (lambda: validate.as_pair("a", (1, -1), minimum=0), "a[1]: expected an integer ≥ 0, got -1"),
        (lambda: validate.as_shape("a", (1, 2), length=3), "a: expected 3 integers ≥ 1, got (1, 2)"),
        (lambda: validate.as_shape("a", (1, 0)), "a: expected integers ≥ 1, got (1, 0)"),
        (lambda: validate.as_number("a", np.nan), "a: expected a finite number, got nan"),
        (lambda: validate.as_number("a", -1, minimum=0), "a: expected a number ≥ 0, got -1.0"),
        (lambda: validate.as_number("a", 0, above=0), "a: expected a number > 0, got 0.0"),
        (lambda: validate.as_number("a", 10**400), "a: expected a number in the range of a float, got int 1000"),
        (lambda: validate.as_share("a", 1), "a: expected a number from 0 to below 1, got 1.0"),
        (lambda: validate.as_share("a", -0.1), "a: expected a number ≥ 0, got -0.1"),
        (lambda: validate.as_choice("a", "c", ("a", "b")), "a: expected one of 'a', 'b', got str 'c'"),
        (
            lambda: validate.as_choice("a", np.ones(2), ("a", "b")),
            "a: expected one of 'a', 'b', got array of shape (2,)",
        ),
        (lambda: validate.as_choice("a", [], ("a", "b")), "a: expected one of 'a', 'b', got list []"),
        (lambda: validate.as_generator("a", -1), "a: expected an integer ≥ 0, got -1"),
    ],
)
def test_values_out_of_range_are_value_errors(call, message):
    with pytest.raises(ValueError, match=r"^a") as caught:
        call()
    assert str(caught.value).startswith(message)


def test_a_choice_is_returned():
    assert validate.as_choice("a", "b", ("a", "b")) == "b"


def test_a_seed_makes_a_generator_and_a_generator_stays():
    rng = np.random.default_rng(3)
    assert validate.as_generator("a", rng) is rng
    assert validate.as_generator("a", 3).random() == np.random.default_rng(3).random()


def test_long_values_are_described_briefly():
    assert validate.describe(np.zeros((2, 3), np.float32)) == "array of shape (2, 3), dtype float32"
    assert validate.describe(3) == "int 3"
    assert len(validate.describe(list(range(1000)))) < 70
