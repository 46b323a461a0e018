"""What students get to see of the tests: the message of the check that failed, and nothing of the hidden tests' code.

Promise: after :class:`HideTests` no line of a hidden test is in the notebook, neither as source nor in a traceback, and
nothing that the submission's functions printed while a hidden test ran (it could have been the hidden input).

Put it into ``c.GenerateFeedback.preprocessors`` behind GetGrades. The autograded notebook keeps everything for the
instructor. :class:`CleanHTML` is the exporter for such pages: what a student wrote is text, tables, pictures and
formulas there, and runs nothing in the reader's browser.
"""

import re

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer, Unicode

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class HideTests(NbGraderPreprocessor):
    """Take the hidden tests out of a notebook that becomes feedback."""

    begin = Unicode("BEGIN HIDDEN TESTS", help="As ClearHiddenTests.begin_test_delimeter.").tag(config=True)
    end = Unicode("END HIDDEN TESTS", help="As ClearHiddenTests.end_test_delimeter.").tag(config=True)
    longest = Integer(500, help="Characters of a message that are shown, a line.").tag(config=True)

    def preprocess_cell(self, cell, resources, cell_index):
        if cell.cell_type != "code":
            return cell, resources
        hidden, shown, inside = [], [], False
        for line in cell.source.split("\n"):
            inside = (inside or self.begin in line) and self.end not in line
            (hidden if inside or self.end in line else shown).append(line)
        if hidden:
            cell.source = "\n".join(shown)
            cell.outputs = [self._cleaned(o, hidden) for o in cell.outputs if o.output_type != "stream"]
        return cell, resources

    def _cleaned(self, output, hidden):
        """Return an output, an error without its traceback where that shows code."""
        if output.output_type == "error":
            text = _COLOUR.sub("", "\n".join(output.traceback))
            if "Traceback (most recent call last)" in text or any(
                len(s) > 3 and s in text for s in map(str.strip, hidden)
            ):
                output.traceback = [f"{output.ename}: {output.evalue}"]
            output.traceback = [self._cut(line) for block in output.traceback for line in block.split("\n")]
            output.evalue = self._cut(output.evalue)
        return output

    def _cut(self, line):
        return line if len(line) <= self.longest else f"{line[: self.longest]} …"


_TAGS = bleach.ALLOWED_TAGS | {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "div", "span", "img", "sub", "sup", "del"),
    *("table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "details", "summary"),
}
_ATTRIBUTES = {
    "*": ["class", "id", "title", "style", "align"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "details": ["open"],
}


def clean(html):
    """Return HTML without scripts, frames, forms, and links that run something."""
    protocols = {"http", "https", "mailto", "data"}
    return bleach.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, css_sanitizer=CSSSanitizer(), protocols=protocols)


class CleanHTML(HTMLExporter):
    """nbconvert's HTML, with the HTML of Markdown cells and of outputs cleaned."""

    def default_filters(self):
        yield from super().default_filters()
        yield ("markdown2html", self._markdown)
        yield ("clean_html", clean)

    @pass_context
    def _markdown(self, context, source):
        return clean(self.markdown2html(context, source))
