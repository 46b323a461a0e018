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
    # JupyterLab lets the code inherit the font of what stands around it, which is no code font unless we say so.
    font = "font-family: var(--jp-code-font-family, monospace)"
    markup = f'<div style="{font}">{Code(text, language="python")._repr_html_()}</div>'
    display({"text/html": markup, "text/plain": text}, raw=True)
