"""The wire: plain data crosses unchanged, and no bytes from the other side do anything but become plain data."""

import json
import socket
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_pkg.grading import student, tester, wire
from course_pkg.grading.sandbox import Limits
from course_pkg.grading.wire import Codec, WireError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.sampled_from([int, np.float32, torch.int64, ..., slice(1, None, 2), range(3), np.dtype("f8")])
)
DTYPES = arrays.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufcSU" and dtype.itemsize)
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0))
HASHABLE = st.integers() | st.text() | st.tuples(st.booleans(), st.binary())
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
        | st.frozensets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


def same(a, b):
    """Whether two plain values are equal in type and content, NaN being equal to NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a == b or a != a


def across(value):
    return Codec().loads(Codec().dumps(value))


@given(VALUES)
def test_plain_values_come_out_as_they_went_in(value):
    assert same(across(value), value)


@given(arrays.arrays(DTYPES, arrays.array_shapes(max_dims=3)))
def test_the_order_in_memory_is_kept(array):
    assert across(np.asfortranarray(array)).flags.f_contiguous
    view = across(array[::-1])
    assert same(view, np.ascontiguousarray(array[::-1]))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "bfloat16", "complex64"])
def test_tensors(dtype):
    tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    assert torch.equal(across(tensor), tensor)
    assert across(torch.zeros(0, 2)).shape == (0, 2)
    assert across(torch.ones(2, requires_grad=True)).requires_grad


def test_objects_that_appear_twice_are_one_object():
    array, circle = np.ones(3), [1]
    circle.append(circle)
    a, (b, c), d = across((array, [array, circle], circle))
    assert a is b
    assert c is d
    assert c[1] is c


def test_what_cannot_be_written_to_stays_so():
    array = np.ones(2)
    array.flags.writeable = False
    assert not across(array).flags.writeable


class Liar(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__
    __float__ = __pos__ = lambda self: 42.0


class LyingArray(np.ndarray):
    def __array_ufunc__(self, *arguments, **keywords):
        return True


def test_subclasses_become_the_plain_type():
    got = across([Liar(3.0), np.zeros(2).view(LyingArray), type("L", (list,), {})([1])])
    assert [type(x) for x in got] == [float, np.ndarray, list]


def test_a_truth_value_is_0_or_1():
    forged = Codec().dumps(np.array([True, False])).replace(b"\x01\x00", b"\x03\x02")
    assert Codec().loads(forged).view(np.uint8).tolist() == [1, 1]


@pytest.mark.parametrize("value", [object(), print, Exception("x"), np.array([object()]), lambda: 0])
def test_what_is_not_plain_does_not_cross_by_itself(value):
    with pytest.raises(WireError, match="cannot cross"):
        Codec().dumps(value)


# --- hostile bytes ---


def read_as_the_tester(data):
    """Decode bytes as the tester does; whatever they are, the result is plain or remote, or a WireError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            return tester._Codec(tester._Link(ours, Limits())).loads(data)
        except WireError:
            return None


@given(st.binary(max_size=200))
def test_random_bytes(data):
    read_as_the_tester(data)


@given(VALUES, st.data())
def test_damaged_messages(value, data):
    message = bytearray(Codec().dumps(value))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message) - 1))
        message[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    read_as_the_tester(bytes(message))


TAGS = [name.removeprefix("_read_") for name in dir(tester._Codec) if name.startswith("_read_")]
NODES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*TAGS, "<f8", "O"]),
    lambda inner: st.lists(inner, max_size=5) | st.tuples(st.sampled_from(TAGS), inner, inner).map(list),
    max_leaves=15,
)


@given(NODES, st.binary(max_size=40))
def test_well_formed_json_that_means_nothing(node, buffers):
    head = json.dumps(node).encode()
    read_as_the_tester(struct.pack(">I", len(head)) + head + buffers)


@pytest.mark.parametrize(
    "node",
    [
        ["named", "os", "system"],
        ["object", "course_pkg.checks", "_Part", ["dict"]],
        ["generator", "PCG64", ["dict"]],
        ["function", 1, "f"],
        ["home", 5],
        ["array", "|O", [1], "C", True, 8],
        ["array", "<f8", [10**12], "C", True, 0],
        ["array", "<f8", [-1], "C", True, 0],
        ["ref", 10**9],
        ["ref", -1],
        ["bytes", 10**12],
        ["int", "9" * 20_000],
        ["type", "os", "system"],
        ["dict", [["list"], 1]],
        ["_take", 1],
        ["loads", "x"],
    ],
)
def test_messages_that_ask_for_more_are_refused(node):
    head = json.dumps(node).encode()
    assert read_as_the_tester(struct.pack(">I", len(head)) + head + bytes(8)) is None


def test_deep_messages_are_refused():
    for text in (b'["list",' * 5000 + b"1" + b"]" * 5000, b"[" * 10**6):
        assert read_as_the_tester(struct.pack(">I", len(text)) + text) is None
    value = []
    for _ in range(1000):
        value = [value]
    with pytest.raises(WireError, match="too deeply"):
        Codec().dumps(value)


def test_a_remote_object_cannot_pass_for_plain_data():
    codec = student._Codec(type("Answers", (), {"objects": {}})())
    claim = type("Claim", (), {"__class__": property(lambda self: np.ndarray), "__eq__": lambda *a: True})
    text = codec.dumps([claim().__eq__])
    remote = read_as_the_tester(text)[0]
    assert isinstance(remote, tester.Remote)
    assert not isinstance(remote, (np.ndarray, int, float, str))
    assert remote != 3
    assert (remote == np.ones(2)).tolist() == [False, False]
    with pytest.raises(TypeError):
        remote - 3
    for name in ("__array_interface__", "__array_struct__", "_repr_html_", "_ipython_display_", "__torch_function__"):
        assert not hasattr(remote, name)


def test_frames_have_a_limit():
    a, b = socket.socketpair()
    with a, b:
        wire.send(a, b"r", b"12345")
        assert wire.receive(b, 5) == (b"r", b"12345")
        wire.send(a, b"r", b"123456")
        with pytest.raises(WireError, match="larger than the 5"):
            wire.receive(b, 5)
        a.close()
