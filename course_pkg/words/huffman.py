"""Huffman tree (哈夫曼树): short codes for frequent words, long codes for rare ones."""

import heapq

import numpy as np

from course_pkg._validate import as_array


class HuffmanTree:
    """Binary tree over V words in which the frequent ones lie near the root, so that Σ count · depth is the least
    possible.

    Built from the leaves: join the two nodes of the least weight, again and again. The V − 1 inner nodes are numbered
    0 … V − 2 in the order in which they are made; the root is the last. For each word i::

        codes[i]   +1 or −1 for each step from the root to the word (left: +1, right: −1)
        paths[i]   the inner node that each step leaves from

    ``counts`` (V,) are weights ≥ 0 of at least two words. ``children[k]`` are the two nodes under inner node k: a
    number below V is a word, V + j is inner node j. Equal weights: the node that was made first is joined first.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Huffman (1952); for word vectors, Morin and Bengio (2005) and Mikolov et al. (2013).
    """

    def __init__(self, counts):
        counts = as_array("counts", counts, ndim=1)
        if len(counts) < 2 or counts.min() < 0:
            raise ValueError(
                f"counts: expected at least two numbers ≥ 0, got {len(counts)} with minimum {counts.min(initial=0)}"
            )
        V = len(counts)
        heap = [(weight, node) for node, weight in enumerate(counts.tolist())]
        heapq.heapify(heap)
        self.children = np.zeros((V - 1, 2), dtype=np.intp)
        for k in range(V - 1):
            (weight_1, right), (weight_2, left) = heapq.heappop(heap), heapq.heappop(heap)
            self.children[k] = left, right
            heapq.heappush(heap, (weight_1 + weight_2, V + k))
        self.codes, self.paths = [None] * V, [None] * V
        stack = [(2 * V - 2, (), ())]
        while stack:
            node, code, path = stack.pop()
            if node < V:
                self.codes[node], self.paths[node] = np.array(code), np.array(path, dtype=np.intp)
            else:
                for child, step in zip(self.children[node - V], (1, -1), strict=True):
                    stack.append((int(child), (*code, step), (*path, node - V)))
        self.depths = np.array([len(code) for code in self.codes])

    def mean_depth(self, counts):
        """Return Σ count · depth / Σ count, the mean number of steps for a word of the corpus."""
        return float(np.average(self.depths, weights=as_array("counts", counts, shape=self.depths.shape)))

    def drawing(self, words):
        """Return the tree as ``(nodes, edges)`` for ``show.graph``: the root on top, each step marked +1 or −1.

        ``words`` are the labels of the V leaves. Raises ValueError when there are not V of them.
        """
        V = len(self.codes)
        if len(words) != V:
            raise ValueError(f"words: expected {V} labels, one a leaf, got {len(words)}")
        order = sorted(range(V), key=lambda i: (-self.codes[i]).tolist())  # from left to right
        x = {leaf: 1.4 * place for place, leaf in enumerate(order)}
        depth = {V + self.paths[i][j]: j for i in range(V) for j in range(len(self.paths[i]))}
        depth |= dict(enumerate(self.depths.tolist()))
        for k, (left, right) in enumerate(self.children):  # children are made before their parents
            x[V + k] = (x[left] + x[right]) / 2
        nodes = {node: (x[node], -depth[node], words[node] if node < V else f"$v'_{{{node - V}}}$") for node in x}
        edges = [
            (V + k, c, sign, "")
            for k, pair in enumerate(self.children)
            for c, sign in zip(pair.tolist(), ("+1", "−1"), strict=True)
        ]
        return nodes, edges
