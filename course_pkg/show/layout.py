"""Places for the boxes of a layered drawing: each box below all that it reads, branches side by side.

The method of Sugiyama, Tagawa & Toda (1981): rows by the longest way from the start; where an arrow passes a row, a
place of its own there; the order within a row by the mean of the neighbours' places; then the places themselves.
"""

from typing import NamedTuple

BOX, LINE, GAP = 1.0, 0.12, 0.14  # width of a box, width that an arrow needs to pass it, distance between two


class Places(NamedTuple):
    """Where things stand: ``points`` has (x, row) of each box, x in widths of a box; ``ways`` has the points, from box
    to box, of each arrow (from, to)."""

    points: list
    ways: dict


def layered(count, edges):
    """Return the :class:`Places` of boxes 0 … ``count`` − 1, given ``edges``, pairs (from, to).

    All arrows from one box share the places at which they pass the rows in between, and part at the end. Raises
    ValueError for an edge to or from a number that is no box, or for edges in a circle.
    """
    readers, writers = [[] for _ in range(count)], [[] for _ in range(count)]
    for start, end in dict.fromkeys(edges):
        if not (0 <= start < count and 0 <= end < count):
            raise ValueError(f"edges: expected pairs of numbers from 0 to {count - 1}, got {(start, end)}")
        readers[start].append(end)
        writers[end].append(start)
    row = _rows(readers, writers)

    # Nodes are boxes, and (box, row) where arrows from a box pass a row.
    above, below = {node: [] for node in range(count)}, {node: [] for node in range(count)}
    ways, order = {}, [[] for _ in range(max(row, default=-1) + 1)]
    for node in sorted(range(count), key=row.__getitem__):
        order[row[node]].append(node)
    for start in range(count):
        last, chain = start, [start]
        for passed in range(row[start] + 1, max((row[end] for end in readers[start]), default=0)):
            chain.append((start, passed))
            above[chain[-1]], below[chain[-1]] = [last], []
            below[last].append(chain[-1])
            order[passed].append(chain[-1])
            last = chain[-1]
        for end in readers[start]:
            way = chain[: row[end] - row[start]]
            below[way[-1]].append(end)
            above[end].append(way[-1])
            ways[start, end] = [*way, end]
    x = _straight(_untangled(order, above, below), above, below)
    points = {node: (x[node], i) for i, line in enumerate(order) for node in line}
    return Places([points[node] for node in range(count)], {key: [points[n] for n in way] for key, way in ways.items()})


def _rows(readers, writers):
    """The row of each box: one below the lowest that it reads; who reads nothing stands just above its first reader."""
    row, missing = [0] * len(readers), [len(sources) for sources in writers]
    ready = [node for node, number in enumerate(missing) if not number]
    for node in ready:  # it grows
        for end in readers[node]:
            row[end] = max(row[end], row[node] + 1)
            missing[end] -= 1
            if not missing[end]:
                ready.append(end)
    if len(ready) < len(readers):
        raise ValueError("edges: expected arrows that lead in no circle, got some that do")
    for node, sources in enumerate(writers):
        if not sources and readers[node]:
            row[node] = min(row[end] for end in readers[node]) - 1
    return row


def _untangled(order, above, below):
    """Sort each row of ``order`` in place so that neighbours stand near each other, and return it."""
    place = {node: i - len(line) / 2 for line in order for i, node in enumerate(line)}
    for sweep in range(8):
        down = sweep % 2 == 0
        near = above if down else below
        for line in order if down else order[::-1]:
            wish = {n: sum(place[m] for m in near[n]) / len(near[n]) if near[n] else place[n] for n in line}
            line.sort(key=wish.__getitem__)
            place |= {node: i - (len(line) - 1) / 2 for i, node in enumerate(line)}
    return order


def _straight(order, above, below):
    """Return x of each node: as near to its neighbours above and below as the width of the others allows."""
    row = {node: i for i, line in enumerate(order) for node in line}
    width = {node: LINE if isinstance(node, tuple) else BOX for node in row}

    def pull(one, other):
        """How strongly a neighbour attracts: a long arrow bends, so that the chain beside it stays straight."""
        if isinstance(one, tuple) == isinstance(other, tuple):
            return 1.0
        box, line = (other, one) if isinstance(one, tuple) else (one, other)
        return 1.0 if abs(row[box] - row[line[0]]) <= 3 else 0.01

    x = dict.fromkeys(width, 0.0)
    for sweep in range(17):
        down = sweep % 2 == 0
        for line in order if down else order[::-1]:
            shift, shifts, wishes = 0.0, [], []
            for i, node in enumerate(line):
                shift += (width[line[i - 1]] + width[node]) / 2 + GAP if i else 0
                shifts.append(shift)
                near = [(x[m], pull(node, m)) for m in (above if down else below)[node]] or [(x[node], 1.0)]
                wishes.append(sum(at * force for at, force in near) / sum(force for _, force in near) - shift)
            fitted = _rising(wishes, [width[node] ** 2 for node in line])
            x |= {node: value + s for node, value, s in zip(line, fitted, shifts, strict=True)}
    return x


def _rising(wishes, weights):
    """Return the non-decreasing numbers with the least Σ weight·(number − wish)²: neighbours in disorder are pooled."""
    pools = []  # [mean, weight, how many]
    for wish, weight in zip(wishes, weights, strict=True):
        pools.append([wish, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, number = pools.pop()
            total = pools[-1][1] + heavy
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * heavy) / total, total, pools[-1][2] + number]
    return [mean for mean, _, number in pools for _ in range(number)]
