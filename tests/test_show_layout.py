"""Places of boxes: below what they read, apart from each other, and straight where nothing is in the way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.show.layout import BOX, layered


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    pairs = [(i, j) for j in range(count) for i in range(j)]
    return count, draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []


@given(graph=graphs())
def test_any_graph(graph):
    count, edges = graph
    points, ways = layered(count, edges)
    assert len(points) == count
    assert set(ways) == set(edges)
    for (start, end), way in ways.items():
        assert (way[0], way[-1]) == (points[start], points[end])
        assert [row for _, row in way] == list(range(points[start][1], points[end][1] + 1)), "down, row by row"
    boxes = sorted((row, x) for x, row in points)
    assert all(row != row1 or x1 - x > BOX for (row, x), (row1, x1) in pairwise(boxes))
    for way in ways.values():
        for x, row in way[1:-1]:
            assert all(abs(x - x1) > BOX / 2 for x1, row1 in points if row1 == row), "no arrow through a box"


def test_a_chain_is_a_straight_line():
    points, _ = layered(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    assert points == [(points[0][0], i) for i in range(5)]


def test_a_shortcut_leaves_the_chain_straight():
    chain = [(i, i + 1) for i in range(13)]
    points, ways = layered(14, [*chain, (0, 6), (6, 12)])
    assert max(x for x, _ in points) - min(x for x, _ in points) < 0.1
    assert all(abs(x - points[0][0]) > BOX / 2 for x, _ in ways[0, 6][1:-1])


def test_branches_stand_side_by_side_between_fork_and_join():
    points, _ = layered(6, [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (4, 5)])
    assert [row for _, row in points] == [0, 1, 1, 1, 2, 3]
    branches = sorted(x for x, _ in points[1:4])
    assert branches[0] + BOX < branches[1] < branches[2] - BOX
    assert [points[0][0], points[4][0], points[5][0]] == pytest.approx([branches[1]] * 3)


def test_what_reads_nothing_stands_above_its_first_reader():
    points, _ = layered(5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    assert points[4][1] == 2


@pytest.mark.parametrize("edges", [[(0, 3)], [(-1, 0)], [(0, 1), (1, 2), (2, 0)], [(1, 1)]])
def test_what_is_no_graph_of_this_kind(edges):
    with pytest.raises(ValueError, match=r"^edges: expected"):
        layered(3, edges)
