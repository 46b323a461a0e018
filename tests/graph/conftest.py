"""Each test builds in a graph of its own."""

import pytest

from course_pkg import graph


@pytest.fixture(autouse=True)
def fresh_graph():
    with graph.Graph() as default:
        yield default
