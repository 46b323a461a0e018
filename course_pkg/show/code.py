"""Show the source code of what the lecture calls."""

import inspect
import textwrap


def source(thing):
    """Show the source code of a function, class or module, coloured, so that nothing in the course is a black box."""
    from IPython.display import Code, display

    try:
        text = textwrap.dedent(inspect.getsource(thing)).rstrip()
    except (TypeError, OSError):
        raise TypeError(f"thing: expected a function, class or module written in Python, got {thing!r}") from None
    display(Code(text, language="python"))
