"""Words as vectors (词向量): vocabulary, Huffman tree, word2vec, and vectors that answer questions.

::

    from course_pkg import data, words

    corpus = data.grammar()
    model = words.Word2Vec(corpus, 20, architecture="skip-gram", output="negative sampling").fit(corpus)
    model.vectors().analogy("king", "man", "woman")

``Word2Vec`` is written to be read, ``FastWord2Vec`` is for real corpora. ``load_vectors`` and ``save_vectors`` read
and write the formats of Google's word2vec. ``PairTrainer`` takes single steps on a few pairs, to be watched.
"""

from course_pkg.words.fast import FastWord2Vec
from course_pkg.words.formats import load_vectors, save_vectors
from course_pkg.words.huffman import HuffmanTree
from course_pkg.words.outputs import OUTPUTS, Decisions, FullSoftmax, HierarchicalSoftmax, NegativeSampling
from course_pkg.words.pairs import PRESETS, Pair, PairTrainer, parse_pairs
from course_pkg.words.printed import answer, printed_tables
from course_pkg.words.sampling import AliasSampler, noise_distribution
from course_pkg.words.vectors import Neighbour, Vectors
from course_pkg.words.vocabulary import Vocabulary, sentences
from course_pkg.words.word2vec import ARCHITECTURES, Word2Vec, examples

__all__ = [
    "ARCHITECTURES",
    "OUTPUTS",
    "PRESETS",
    "AliasSampler",
    "Decisions",
    "FastWord2Vec",
    "FullSoftmax",
    "HierarchicalSoftmax",
    "HuffmanTree",
    "NegativeSampling",
    "Neighbour",
    "Pair",
    "PairTrainer",
    "Vectors",
    "Vocabulary",
    "Word2Vec",
    "answer",
    "examples",
    "load_vectors",
    "noise_distribution",
    "parse_pairs",
    "printed_tables",
    "save_vectors",
    "sentences",
]
