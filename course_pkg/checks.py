"""How the problem sets speak to students: each failed check says what came, what was expected and where to look.

A visible test is a few checks inside a :class:`part`, which ends in one green line, or in one message in red::

    with checks.part("1a", see="Lecture 1: The neuron"):
        checks.close(relu(x), expected, call="relu(x)", given={"x": x}, hint="What is max(0, −2)?")

A hidden test is the same with ``part(..., hidden=True)``: its message names the kind of fault (a wrong sign, a factor,
swapped axes, NaN …) and keeps inputs and expected numbers to itself.

``close`` compares results, ``same`` plain values such as shapes and texts, ``same_form`` only shape and dtype,
``at_least`` a measured figure with a threshold; ``raises`` looks for an error, ``unchanged`` for inputs that were
written to, ``vectorised`` for Python loops that grow with the data, ``by_hand`` for answers that call a ready-made
function. ``generator`` draws the inputs of hidden tests, other ones for each student.
"""

import contextlib
import html
import sys
import textwrap
from dataclasses import dataclass
from itertools import permutations
from traceback import walk_tb

import numpy as np

from course_pkg._validate import describe

_LIBRARIES = ("course_pkg", "scipy", "sklearn", "torch")


class CheckFailed(AssertionError):
    """A check that failed. Its text is the whole message; a notebook shows that text and no stack of calls."""

    def _render_traceback_(self):  # IPython's hook for errors that print themselves
        first, *rest = str(self).splitlines()
        return [f"\x1b[1;31m{first}\x1b[0m", *rest]


@contextlib.contextmanager
def part(name, *, see="", hidden=False):
    """Context manager around the checks of one part of a problem set; ends in a green line when all of them passed.

    ``name`` is the part ("1a"), ``see`` the lecture section to read again after a failure. With ``hidden``, messages
    give no inputs and no expected numbers, and an error in the student's code becomes such a message too. What is
    written to stderr in between goes to stdout: graders take any output on stderr for a failure, and a warning is none.
    A function that still raises NotImplementedError is reported in one line, without the stack of calls.
    """
    running = _Part(name, see, hidden)
    _open.append(running)
    try:
        with contextlib.redirect_stderr(sys.stdout):
            yield
    except CheckFailed:
        raise
    except NotImplementedError as error:
        function = list(walk_tb(error.__traceback__))[-1][0].f_code.co_name
        text = f"○ Task {name} is not done yet: {function} raises NotImplementedError."
        error._render_traceback_ = lambda: [text]
        raise
    except Exception as error:
        if not hidden:
            raise
        title = f"✗ Task {name}, hidden test: your code stopped with {type(error).__name__}: {error}"
        raise CheckFailed(_layout(title, read=see)) from None
    else:
        from IPython.display import display

        display(running)
    finally:
        _open.pop()


@dataclass
class _Part:
    """A part whose checks are running; shown as the green line when they have passed."""

    name: str
    see: str
    hidden: bool
    passed: int = 0

    def __repr__(self):
        checks = f"{'hidden' if self.hidden else 'visible'} check{'s' * (self.passed != 1)}"
        return f"✓ Task {self.name}: {self.passed} {checks} passed"

    def _repr_html_(self):
        return f'<span style="color:#00734f;font-weight:bold">{html.escape(repr(self))}</span>'


_open = []  # the parts that are running, innermost last


student = 0  # whose inputs these are: grading sets it, in the process of the tests


def generator(number):
    """Return the generator of random numbers for hidden input ``number``: ``np.random.default_rng([number, student])``.

    In grading ``student`` is made of the student's name and the assignment, so numbers copied from somebody else are
    wrong, and the same again when the submission is graded again. Elsewhere it is 0, as if it were not there.
    """
    return np.random.default_rng([number, student])


def close(got, expected, *, call, given=None, hint="", see="", rtol=1e-6, atol=1e-8, names=None, hidden=None):
    """Check that ``got`` equals ``expected``, |got − expected| ≤ atol + rtol·|expected|, and pass in silence.

    Looked at in this order: nothing returned, type, shape, kind of dtype, NaN and infinity, values. ``expected`` is a
    number, an array, or a tuple or list of them with their ``names``. ``call`` is what was called, as text, and
    ``given`` maps argument names to the inputs to show. ``see`` and ``hidden`` default to those of the surrounding
    :class:`part`.
    Raises :class:`CheckFailed`.
    """
    kind = type(expected)
    if kind in (tuple, list):
        names = names or tuple(f"result[{i}]" for i in range(len(expected)))
        if not isinstance(got, kind) or len(got) != len(expected):
            came = f"{_kind(got)} of {len(got)}" if isinstance(got, kind) else _kind(got)
            text = f"returned {came}, expected {_kind(expected)} of {len(expected)}: ({', '.join(names)})"
            _fail(call, _NOTHING if got is None else text, given=given, hint=hint, see=see, hidden=hidden)
        members = list(zip(names, got, expected, strict=True))
    else:
        members = [("", got, expected)]
    for name, came, wanted in members:
        fault, where = _fault(came, wanted, rtol, atol)
        if fault:
            label = f"{name} = " if name else ""
            _fail(
                call,
                f"{name} {fault}".strip(),
                given=given,
                expected=label + _short(wanted),
                got=label + _short(came),
                differs=where,
                hint=hint,
                see=see,
                hidden=hidden,
            )
    _count()


def same_form(got, example, *, call, given=None, hint="", see="", hidden=None):
    """Check that ``got`` has the type, shape and kind of dtype of ``example``. Raises :class:`CheckFailed`."""
    fault, where = _form_fault(got, np.asarray(example))
    if fault:
        _fail(call, fault, given=given, got=_short(got), differs=where, hint=hint, see=see, hidden=hidden)
    _count()


def same(got, expected, *, call, given=None, hint="", see="", hidden=None):
    """Check that ``got`` is the plain value ``expected``: a text, an int, None, or a tuple or list of such (a shape).

    Raises :class:`CheckFailed`.
    """
    fault, where = _difference(got, expected)
    if fault:
        _fail(
            call,
            _NOTHING if got is None else fault,
            given=given,
            expected=_short(expected),
            got=_short(got),
            differs=where,
            hint=hint,
            see=see,
            hidden=hidden,
        )
    _count()


def at_least(value, threshold, *, call, hint="", see="", hidden=None):
    """Check that the number ``value`` (an accuracy, say) is ``threshold`` or more. Raises :class:`CheckFailed`."""
    fault, _ = _form_fault(value, np.float64(threshold))
    if not fault and not value >= threshold:  # also when it is NaN
        fault = f"gave {value:.4g}, at least {threshold:.4g} is wanted"
    if fault:
        _fail(call, fault, hint=hint, see=see, hidden=hidden)
    _count()


def raises(error, function, *arguments, call, given=None, hint="", see="", hidden=None):
    """Check that ``function(*arguments)`` raises ``error``. Raises :class:`CheckFailed` where it does not."""
    try:
        function(*arguments)
    except NotImplementedError:
        raise
    except error:
        _count()
    except Exception as other:
        fault = f"raised {type(other).__name__}, expected {error.__name__}"
        _fail(call, fault, given=given, got=str(other), hint=hint, see=see, hidden=hidden)
    else:
        _fail(call, f"did not raise {error.__name__}", given=given, hint=hint, see=see, hidden=hidden)


@contextlib.contextmanager
def unchanged(arrays, *, call, hint="", see="", hidden=None):
    """Check that the code inside ``with`` does not write to ``arrays``, a dict from names to the inputs of ``call``.

    Raises :class:`CheckFailed`.
    """
    before = {name: np.array(array) for name, array in arrays.items()}
    yield
    for name, array in arrays.items():
        if not np.array_equal(before[name], array, equal_nan=True):
            fault = f"changed its input {name}"
            hint = hint or f"Make a new array instead of writing to {name}: {name}.copy() gives one."
            _fail(call, fault, got=f"{name} = {_short(array)}", hint=hint, see=see, hidden=hidden)
    _count()


def vectorised(function, small, large, *, call, hint="", see="", hidden=None):
    """Check that ``function`` runs about as many lines of Python on the arguments ``large`` as on ``small``.

    At most 50 more are allowed: a loop over the places of the kernel does not grow with the data, one over 99 samples
    does. Lines are counted, no time is measured, so a busy computer does not matter. Raises :class:`CheckFailed`.
    """
    few = _measure("lines_run", function, small)
    if _measure("lines_run", function, large, stop=few + 50) > few + 50:
        fault = f"runs {few} lines of Python on a small input and far more on a large one: a loop grows with the data"
        _fail(call, fault, hint=hint, see=see, hidden=hidden)
    _count()


def by_hand(function, *arguments, call, libraries=_LIBRARIES, hint="", see="", hidden=None):
    """Check that ``function(*arguments)`` does its work without calling anything of ``libraries``.

    Raises :class:`CheckFailed` that names the first call into one of them.
    """
    used = _measure("calls_made", function, arguments, libraries=tuple(libraries))
    if used:
        hint = hint or "This task wants you to write the calculation yourself, with NumPy."
        _fail(call, f"calls the ready-made {used}", hint=hint, see=see, hidden=hidden)
    _count()


# --- what is wrong ---

_NOTHING = "returned nothing (None): is the return missing?"


def _form_fault(got, expected):
    """Return ``(fault, where)`` for a wrong type, shape or kind of dtype, or ``("", "")``.

    As in all of them, the fault has no numbers of the case in it; ``where`` has, and is kept for visible checks.
    """
    scalar = expected.ndim == 0
    if got is None:
        return _NOTHING, ""
    if not isinstance(got, (np.ndarray, np.generic) + ((int, float, complex) if scalar else ())):
        return f"is {_kind(got)}, expected {'a number' if scalar else 'a NumPy array'}", ""
    got = np.array(got)
    if scalar and got.ndim:
        return "is an array, expected a number", f"got shape {got.shape}"
    if got.shape != expected.shape:
        return _shape_fault(got.shape, expected.shape), f"expected shape {expected.shape}, got {got.shape}"
    if got.dtype.kind not in ("fiu" if scalar and expected.dtype.kind == "f" else _KINDS[expected.dtype.kind][0]):
        return f"has dtype {got.dtype}, expected {_KINDS[expected.dtype.kind][1]}", ""
    return "", ""


def _fault(got, expected, rtol, atol):
    """Return ``(fault, where)`` for what is wrong with ``got``, or ``("", "")`` if it equals ``expected``."""
    expected = np.asarray(expected)
    fault, where = _form_fault(got, expected)
    if fault:
        return fault, where
    got = np.array(got)
    if np.isfinite(expected).all() and not np.isfinite(got).all():
        bad = ~np.isfinite(got)
        what = "NaN (not a number)" if np.isnan(got).any() else "infinity"
        return f"contains {what}", f"{_at(bad)}{np.count_nonzero(bad)} of {got.size} numbers are not finite"
    wrong = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return "", ""
    index = tuple(np.argwhere(wrong)[0])
    amount = f" ({np.count_nonzero(wrong)} of {got.size} numbers differ)" if got.size > 1 else ""
    where = f"{_at(wrong)}expected {expected[index]:.10g}, got {got[index]:.10g}{amount}"
    return _likeness(got.astype(float), expected.astype(float), wrong, max(rtol, 1e-6), atol), where


def _difference(got, expected):
    """Return ``(fault, where)`` for how a plain value differs from ``expected``, or ``("", "")``."""
    got = got.item() if isinstance(got, np.generic) else got
    if type(got) is not type(expected):
        return f"is {_kind(got)}, expected {_kind(expected)}", ""
    if not isinstance(expected, (tuple, list)):
        return ("", "") if got == expected else ("has a wrong value", "")
    if len(got) != len(expected):
        return f"has {len(got)} item{'s' * (len(got) != 1)}, expected {len(expected)}", ""
    for place, (came, wanted) in enumerate(zip(got, expected, strict=True)):
        if _difference(came, wanted)[0]:
            return f"is wrong at place {place}", f"first at [{place}]: expected {_short(wanted)}, got {_short(came)}"
    return "", ""


# Kind of the expected dtype: (kinds that are right, how to say it).
_KINDS = {
    "f": ("f", "real numbers (float64)"),
    "i": ("iu", "integers"),
    "u": ("iu", "integers"),
    "b": ("b", "True and False"),
}


def _shape_fault(got, expected):
    if len(got) != len(expected):
        return f"has {len(got)} dimension{'s' * (len(got) != 1)}, expected {len(expected)}"
    if sorted(got) == sorted(expected):
        return "has the wrong shape: the axes are in another order (is it transposed?)"
    axis = next(i for i, (n, m) in enumerate(zip(got, expected, strict=True)) if n != m)
    return f"has the wrong shape: axis {axis} is too {'long' if got[axis] > expected[axis] else 'short'}"


def _likeness(got, expected, wrong, rtol, atol):
    """Return in words how wrong values relate to the right ones."""

    def same(a, b):
        return np.allclose(a, b, rtol=rtol, atol=atol)

    if not got.any():
        return "is 0 everywhere" if got.size > 1 else "is 0"
    if same(got, -expected):
        return "has the wrong sign"
    factor = np.vdot(expected, got) / (np.vdot(expected, expected) or 1)
    if factor > 0 and same(got / factor, expected):
        for number, said in [
            (factor, "times too large (is a division by {} missing?)"),
            (1 / factor, "times too small (one division by {} too many?)"),
        ]:
            if 2 <= round(number) <= 256 and same(number, round(number)):
                return f"is {round(number)} {said.format(round(number))}"
        if got.size > 1:
            return "is a constant times the right result"
    if got.size > 1 and same(got - expected, np.mean(got - expected)):
        return "is off by the same amount everywhere"
    if got.ndim <= 4 and any(
        same(got, expected.transpose(axes))
        for axes in permutations(range(got.ndim))
        if expected.transpose(axes).shape == got.shape
    ):
        return "has the right numbers with two axes swapped (transposed)"
    if got.ndim >= 2 and same(got, expected[..., ::-1, ::-1]):
        return "has the right numbers turned by 180° (flipped)"
    if got.size > 1 and same(np.abs(got), np.abs(expected)):
        return "has the wrong sign in some places"
    if not got[wrong].any():
        return "is 0 in places where it should not be"
    if not expected[wrong].any():
        return "is not 0 in places where it should be"
    if np.allclose(got, expected, rtol=1e-3, atol=1e-6):
        return "is close, but not close enough (rounded on the way?)"
    return "has a wrong value" if got.size == 1 else "has wrong values"


def _measure(name, function, arguments, **more):
    """Run a function under observation, in the process where it lives: in grading that is not this one."""
    there = getattr(type(function), "measure_there", None)
    return there(function, name, arguments, more) if there else _MEASURES[name](function, arguments, **more)


def _calls_made(function, arguments, libraries):
    """Return the first call into ``libraries`` in ``function(*arguments)`` as text, "" if there is none.

    Python reports all calls but those of ufuncs (scipy.special.expit is one): such a one counts as called where a
    function that runs names it. Out of a list, or as an attribute of an object, it is not noticed.
    """
    used, known = [], set()

    def listed(module):
        return module.split(".")[0] in libraries

    def note_ufuncs(things, names=()):
        todo, seen = list(things), set()
        for thing in todo:  # it grows: of scipy comes scipy.special, and of that expit
            if isinstance(thing, np.ufunc) and getattr(np, thing.__name__, None) is not thing:
                modules = [name for name in sys.modules if listed(name)]
                homes = [name for name in modules if vars(sys.modules[name]).get(thing.__name__) is thing]
                used.extend(f"{home}.{thing.__name__}" for home in sorted(homes, key=len)[:1])
            elif isinstance(thing, type(sys)) and listed(thing.__name__) and thing not in seen:
                seen.add(thing)
                todo += [vars(thing)[name] for name in names if name in vars(thing)]

    def watch(frame, event, called):
        if event == "return" and id(frame.f_code) not in known:
            known.add(id(frame.f_code))
            names = frame.f_code.co_names
            note_ufuncs([*frame.f_locals.values(), *(frame.f_globals.get(name) for name in names)], names)
        elif event == "call" and listed(module := frame.f_globals.get("__name__", "")):
            used.append(f"{module}.{frame.f_code.co_name}")
        elif event == "c_call":
            module = getattr(called, "__module__", None) or type(getattr(called, "__self__", None)).__module__
            if listed(module):
                used.append(f"{module}.{called.__name__}")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(before)
    note_ufuncs([function])
    return used[0] if used else ""


class _Enough(BaseException):
    """Ends a call whose lines have been counted; no ``except Exception`` of a student catches it."""


def _lines_run(function, arguments, stop=None):
    """Return how many lines of Python, NumPy's aside, run in ``function(*arguments)``; end it soon after ``stop``."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if frame.f_globals.get("__name__", "").startswith("numpy"):
            return None
        count += event == "line"
        if stop is not None and count > stop:
            raise _Enough
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    except _Enough:
        pass
    finally:
        sys.settrace(before)
    return count


_MEASURES = {"lines_run": _lines_run, "calls_made": _calls_made}


# --- how it is said ---


def _count():
    if _open:
        _open[-1].passed += 1


def _fail(call, fault, *, given=None, expected="", got="", differs="", hint="", see="", hidden=None):
    running = _open[-1] if _open else None
    hidden = bool(running and running.hidden) if hidden is None else hidden
    task = f"Task {running.name}{', hidden test' if hidden else ''}: " if running else ""
    rows = {"hint": textwrap.fill(hint, 88), "read": see or (running.see if running else "")}
    if not hidden:
        inputs = "\n".join(f"{name} = {_short(value, len(name) + 3)}" for name, value in (given or {}).items())
        rows = {"given": inputs, "expected": expected, "got": got, "differs": differs, **rows}
    raise CheckFailed(_layout(f"✗ {task}{call}: {fault}", **rows)) from None


def _layout(title, **rows):
    """Return the title and below it each row that is not empty, its continuation lines under its text."""
    lines = [f"  {name:<9} " + text.replace("\n", "\n" + " " * 12) for name, text in rows.items() if text]
    return "\n".join([title, *lines])


def _kind(value):
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _short(value, indent=0):
    """Return a value as short text: small arrays in full, others as shape and dtype."""
    if isinstance(value, np.ndarray) and value.size <= 24:
        return np.array2string(value, precision=6, suppress_small=True, separator=", ", prefix=" " * indent)
    if isinstance(value, (float, np.floating)):
        return f"{value:.8g}"
    return describe(value) if isinstance(value, np.ndarray) or len(repr(value)) > 60 else repr(value)


def _at(mask):
    """Return where the first True of ``mask`` is: "first at [0, 1]: "; nothing for a single number."""
    return f"first at [{', '.join(str(i) for i in np.argwhere(mask)[0])}]: " if mask.ndim else ""
