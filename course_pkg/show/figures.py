"""Show a figure or a table in a notebook so that everybody can read it.

Jupyter's own image output has no place for alternative text, so a figure becomes an HTML ``<figure>`` with ``alt`` and
a caption, and its plain-text form is the alternative text.
"""

import base64
import html
import io

from course_pkg.show.style import style

LARGE = 200_000  # bytes of a figure that is rather kept as JPEG: photos, which PNG cannot make small


def _address(fig):
    """Return ``fig`` as a data URL: PNG, or JPEG where PNG is large and more than twice as large."""

    def saved(kind, **options):
        buffer = io.BytesIO()
        with style():
            fig.savefig(buffer, format=kind, **options)
        return buffer.getvalue()

    kind, data = "png", saved("png", metadata={"Software": None})
    if len(data) > LARGE:
        jpeg = saved("jpeg", pil_kwargs={"quality": 90, "subsampling": 0, "optimize": True})
        kind, data = ("jpeg", jpeg) if 2 * len(jpeg) < len(data) else (kind, data)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def figure_html(fig, *, alt, caption=""):
    """Return ``fig`` as an HTML ``<figure>`` element with its alternative text and caption."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt: expected a sentence that says what the figure shows, got {alt!r}")
    below = f'<figcaption style="font-size:90%;opacity:0.8">{html.escape(caption)}</figcaption>' if caption else ""
    image = f'<img src="{_address(fig)}" alt="{html.escape(alt, quote=True)}" style="max-width:100%">'
    return f'<figure style="margin:0">{image}{below}</figure>'


def figure(fig, *, alt, caption=""):
    """Show a matplotlib figure with alternative text ``alt`` (required) and a caption below it.

    A figure made with ``plt`` is closed, so that it is not shown a second time. Raises ValueError without ``alt``.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    display({"text/html": figure_html(fig, alt=alt, caption=caption), "text/plain": f"[figure: {alt}]"}, raw=True)
    plt.close(fig)


def _cell(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(rows, columns, *, caption=""):
    """Show ``rows`` (sequences of values) under the headings ``columns``; floats get four significant digits."""
    from IPython.display import display

    rows = [[_cell(value) for value in row] for row in rows]
    for i, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(f"rows[{i}]: expected {len(columns)} values for {list(columns)}, got {len(row)}")
    head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(v)}</td>" for v in row) + "</tr>" for row in rows)
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    widths = [max(len(line[i]) for line in [list(columns), *rows]) for i in range(len(columns))]
    text = "\n".join(
        "  ".join(v.ljust(w) for v, w in zip(line, widths, strict=True)).rstrip() for line in [columns, *rows]
    )
    markup = f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    display({"text/html": markup, "text/plain": text}, raw=True)
