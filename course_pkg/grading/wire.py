"""The wall between a student's objects and the tests: plain data crosses, code and objects never do.

Promise: whatever bytes come, :meth:`Codec.loads` returns plain values, or raises :class:`WireError`. It calls nothing
that came, imports nothing, and takes no more memory than a small multiple of the message.

A message is JSON and behind it the raw bytes of its arrays. Numbers, strings, None, True and False stand for
themselves; everything else is a list that begins with a tag: ``["tuple", 1, 2]``, ``["array", "<f8", [2, 3], …]``.
Subclasses of plain types cross as the plain type. What is not plain stays where it is, and a handle crosses:
what a handle is on each side, :mod:`student` and :mod:`tester` say. Lists, dicts, sets and arrays that appear twice in
a message are one object on the other side too.
"""

import json
import os
import re
import socket
import struct
import sys

import numpy as np


class WireError(ValueError):
    """A message from the other side that is not well-formed, or a value that cannot cross."""


_MAX_DEPTH = 100
_MAX_HEAD = 16 * 2**20  # bytes of JSON; what is large is in arrays
_DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|f16|c8|c16|c32|[SU]\d{1,7}|[mM]8(?:\[\d{0,6}[a-z]{1,2}\])?)")
_TENSORS = {
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "bool",
    "complex64",
    "complex128",
}
_RAW = {"bfloat16": "int16"}  # NumPy has no bfloat16: the same bits under another name
# Types that are named when they cross as values, as in an argument dtype=np.float32 or isinstance(x, t).
_NAMED = {
    ("builtins", t.__name__): t
    for t in (bool, bytes, complex, dict, float, int, list, object, set, str, tuple, type(None))
}
_NAMED |= {
    ("numpy", name): getattr(np, name)
    for name in (
        "bool_",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "ndarray",
    )
}
_NAMES = {t: name for name, t in _NAMED.items()}


class Codec:
    """One message: ``dumps`` or ``loads`` once, then look at ``objects``, the mutable ones in order of appearance."""

    def __init__(self, objects=()):
        self.objects = list(objects)
        self._known = {id(o): i for i, o in enumerate(self.objects)}
        self._buffers = []
        self._depth = 0

    # --- to bytes ---

    def dumps(self, value):
        """Return a value as bytes."""
        head = json.dumps(self.node(value), separators=(",", ":")).encode()
        return b"".join([struct.pack(">I", len(head)), head, *self._buffers])

    def node(self, value):
        """Return what stands for a value in the JSON part."""
        kind = type(value)
        if value is None or kind is bool or kind is str or kind is float:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else ["int", hex(value)]
        if id(value) in self._known:
            return ["ref", self._known[id(value)]]
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise WireError("a value is nested too deeply")
        try:
            return self._tagged(value, kind)
        finally:
            self._depth -= 1

    def _tagged(self, value, kind):
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSUmM":
            self.remember(value)
            return self._array(np.asarray(value))
        if isinstance(value, np.generic) and value.dtype.kind in "biufcSUmM":
            return ["number", value.dtype.str, self._bytes(value.tobytes())]
        if isinstance(value, list | dict | set | bytearray):
            self.remember(value)
        if isinstance(value, dict):
            return ["dict", *([self.node(k), self.node(v)] for k, v in dict.items(value))]
        for base, tag in _SEQUENCES.items():
            if isinstance(value, base):
                return [tag, *(self.node(item) for item in base.__iter__(value))]
        if isinstance(value, bytes | bytearray):
            return [("bytes" if isinstance(value, bytes) else "bytearray"), self._bytes(bytes(value))]
        for base in (int, float, str):
            if isinstance(value, base):
                plain = (
                    base.__str__(value)
                    if base is str
                    else base.__pos__(value)
                    if base is float
                    else base.__index__(value)
                )
                return self.node("".join(plain) if base is str else plain)
        if isinstance(value, complex):
            return ["complex", value.real, value.imag]
        if isinstance(value, slice):
            return ["slice", self.node(value.start), self.node(value.stop), self.node(value.step)]
        if kind is range:
            return ["range", value.start, value.stop, value.step]
        if value is Ellipsis:
            return ["ellipsis"]
        if isinstance(value, type) and value in _NAMES:
            return ["type", *_NAMES[value]]
        if isinstance(value, np.dtype) and _DTYPE.fullmatch(value.str):
            return ["dtype", value.str]
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor) and value.layout == torch.strided:
            return self._tensor(torch, value)
        if torch is not None and isinstance(value, torch.dtype):
            return ["torch.dtype", str(value).removeprefix("torch.")]
        return self.export(value)

    def remember(self, value):
        """Give a mutable object its number, before its contents."""
        self._known[id(value)] = len(self.objects)
        self.objects.append(value)

    def _bytes(self, data):
        self._buffers.append(data)
        return len(data)

    def _array(self, value):
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        data = self._bytes(value.tobytes(order))
        return ["array", value.dtype.str, list(value.shape), order, bool(value.flags.writeable), data]

    def _tensor(self, torch, value):
        name = str(value.dtype).removeprefix("torch.")
        if name not in _TENSORS:
            raise WireError(f"a tensor of {value.dtype} cannot cross")
        self.remember(value)
        data = value.detach().cpu().contiguous().resolve_conj().resolve_neg()
        raw = (data.view(getattr(torch, _RAW[name])) if name in _RAW else data).numpy()
        return ["tensor", name, list(value.shape), value.requires_grad, self._bytes(raw.tobytes())]

    def export(self, value):
        """Return what stands for an object that is not plain data."""
        raise WireError(f"{type(value).__name__} cannot cross")

    # --- from bytes ---

    def loads(self, data):
        """Return the value of a message; raise :class:`WireError` where it is not one."""
        try:
            (length,) = struct.unpack_from(">I", data)
            head = data[4 : 4 + length]
            if len(head) != length or length > _MAX_HEAD:
                raise WireError("the message is cut off, or has too many parts")
            self._data, self._at = memoryview(data), 4 + length
            value = self.value(json.loads(bytes(head).decode()))
            if self._at != len(data):
                raise WireError("the message is too long")
            return value
        except WireError:
            raise
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            OverflowError,
            RecursionError,
            MemoryError,
            struct.error,
            RuntimeError,
        ) as error:
            raise WireError(f"malformed message: {type(error).__name__}") from None

    def value(self, node):
        """Return what a node of the JSON part stands for."""
        kind = type(node)
        if node is None or kind in (bool, int, float, str):
            return node
        if kind is not list or not node or type(node[0]) is not str:
            raise WireError("malformed message: no tag")
        read = (
            getattr(self, "_read_" + node[0].replace(".", "_"), None)
            if re.fullmatch(r"[a-z.]{1,12}", node[0])
            else None
        )
        if read is None:
            raise WireError("malformed message: unknown tag")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise WireError("malformed message: nested too deeply")
        try:
            return read(*node[1:])
        finally:
            self._depth -= 1

    def _take(self, length):
        if type(length) is not int or not 0 <= length <= len(self._data) - self._at:
            raise WireError("malformed message: missing bytes")
        self._at += length
        return self._data[self._at - length : self._at]

    def _read_int(self, text):
        if len(text) > 10_000:
            raise WireError("a whole number is too long")
        return int(text, 16)

    def _read_ref(self, number):
        if type(number) is not int or number < 0:
            raise WireError("malformed message: reference")
        return self.objects[number]

    def _read_list(self, *nodes):
        new = []
        self.remember(new)
        new.extend(self.value(n) for n in nodes)
        return new

    def _read_tuple(self, *nodes):
        return tuple(self.value(n) for n in nodes)

    def _read_set(self, *nodes):
        new = set()
        self.remember(new)
        new.update([self.value(n) for n in nodes])
        return new

    def _read_frozenset(self, *nodes):
        return frozenset([self.value(n) for n in nodes])

    def _read_dict(self, *pairs):
        new = {}
        self.remember(new)
        for key, item in pairs:
            key = self.value(key)  # first, as it was written
            new[key] = self.value(item)
        return new

    def _read_bytes(self, length):
        return bytes(self._take(length))

    def _read_bytearray(self, length):
        new = bytearray(self._take(length))
        self.remember(new)
        return new

    def _read_complex(self, real, imag):
        return complex(_number(real), _number(imag))

    def _read_slice(self, start, stop, step):
        return slice(self.value(start), self.value(stop), self.value(step))

    def _read_range(self, start, stop, step):
        return range(start, stop, step)

    def _read_ellipsis(self):
        return ...

    def _read_type(self, module, name):
        return _NAMED[module, name]

    def _read_dtype(self, text):
        return _dtype(text)

    def _read_number(self, dtype, length):
        return _checked(np.frombuffer(bytes(self._take(length)), _dtype(dtype), count=1))[0]

    def _read_array(self, dtype, shape, order, writeable, length):
        dtype, shape = _dtype(dtype), _shape(shape)
        data = _checked(np.frombuffer(bytearray(self._take(length)), dtype)) if length else np.empty(0, dtype)
        new = data.reshape(shape, order="F" if order == "F" else "C")
        new.flags.writeable = writeable is True
        self.remember(new)
        return new

    def _read_tensor(self, name, shape, requires_grad, length):
        import torch

        if name not in _TENSORS:
            raise WireError("malformed message: tensor")
        dtype, data = getattr(torch, name), bytearray(self._take(length))
        if name == "bool":
            data = bytearray(_checked(np.frombuffer(data, bool)).tobytes())
        new = (torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)).reshape(_shape(shape))
        if requires_grad is True:
            new.requires_grad_()
        self.remember(new)
        return new

    def _read_torch_dtype(self, name):
        import torch

        if name not in _TENSORS:
            raise WireError("malformed message: dtype")
        return getattr(torch, name)


_SEQUENCES = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}


def _number(value):
    if type(value) not in (int, float):
        raise WireError("malformed message: number")
    return value


def _shape(value):
    if type(value) is not list or len(value) > 32 or not all(type(n) is int and n >= 0 for n in value):
        raise WireError("malformed message: shape")
    return tuple(value)


def _dtype(text):
    if type(text) is not str or not _DTYPE.fullmatch(text):
        raise WireError("malformed message: dtype")
    return np.dtype(text)


def _checked(array):
    """Return an array whose truth values are 0 and 1: a 2 in a forged one would count twice in a mean."""
    return array.view(np.uint8) != 0 if array.dtype.kind == "b" else array


# --- frames: how messages follow each other on a socket ---


def send(sock, kind, data=b"", fds=()):
    """Send one frame: a ``kind`` of one byte, the data, and perhaps file descriptors."""
    head = struct.pack(">cI", kind, len(data))
    if fds:
        socket.send_fds(sock, [head], list(fds))
        sock.sendall(data)
    else:
        sock.sendall(head + data)


def receive(sock, limit):
    """Return ``(kind, data)`` of the next frame; raise EOFError at the end, WireError above ``limit`` bytes."""
    kind, length = struct.unpack(">cI", _exactly(sock, 5))
    if length > limit:
        raise WireError(f"a message of {length} bytes is larger than the {limit} allowed")
    return kind, _exactly(sock, length)


def receive_fds(sock, limit, count):
    """As :func:`receive`, from a side that we trust, with up to ``count`` file descriptors that came along."""
    head, fds, _, _ = socket.recv_fds(sock, 5, count)
    if not head:
        raise EOFError
    kind, length = struct.unpack(">cI", head + (_exactly(sock, 5 - len(head)) if len(head) < 5 else b""))
    if length > limit:
        raise WireError(f"a message of {length} bytes is larger than the {limit} allowed")
    return kind, _exactly(sock, length), fds


def _exactly(sock, length):
    parts = bytearray()
    while len(parts) < length:
        part = sock.recv(min(length - len(parts), 2**20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def pack_files(files):
    """Return ``{path: bytes}`` as the data of a frame."""
    return Codec().dumps(files)


def unpack_files(data):
    """Write the files of a frame, from a side that we trust, below the current folder."""
    for name, content in Codec().loads(data).items():
        path = os.path.join(".", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
