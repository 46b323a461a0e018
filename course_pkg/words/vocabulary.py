"""Vocabulary: the words of a corpus, their counts, and sentences as numbers."""

import re
import unicodedata
from collections import Counter

import numpy as np

from course_pkg._validate import as_int, as_number, describe

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # letters and digits of any script, with inner apostrophes
SENTENCE_END = re.compile(r"[.!?;:。！？；：]+(?=\s|$|[^\x00-\x7f])|\n\s*\n")


def sentences(text):
    """Return the sentences of ``text``, each a list of its words in lower case.

    A sentence ends at one of . ! ? ; : before white space, at the Chinese marks, and at an empty line; a word is a run
    of letters and digits with inner apostrophes. Chinese is written without spaces, so segment it first and join the
    words with spaces. Raises TypeError when ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {describe(text)}")
    parts = SENTENCE_END.split(unicodedata.normalize("NFC", text).lower())
    return [words for words in map(WORD.findall, parts) if words]


class Vocabulary:
    """The words that occur at least ``min_count`` times, most frequent first (equal counts: in alphabetical order).

    ``corpus`` is a list of sentences, each a list of words. ``words[i]`` is word number i, ``counts[i]`` (V,) how
    often it occurs, ``index["king"]`` the number of a word, ``len(vocabulary)`` = V.

    Raises TypeError when a sentence is a plain string or holds something else than strings, and ValueError when no
    word is left.
    """

    def __init__(self, corpus, *, min_count=1):
        min_count = as_int("min_count", min_count, minimum=1)
        counter = Counter()
        for number, sentence in enumerate(corpus):
            if isinstance(sentence, str) or not all(isinstance(word, str) for word in sentence):
                raise TypeError(f"corpus[{number}]: expected a list of words, got {describe(sentence)}")
            counter.update(sentence)
        kept = sorted(
            ((word, n) for word, n in counter.items() if n >= min_count), key=lambda pair: (-pair[1], pair[0])
        )
        if not kept:
            raise ValueError(
                f"corpus: expected a word that occurs at least {min_count} times, got {len(counter)} rarer words"
            )
        self.words = [word for word, _ in kept]
        self.counts = np.array([n for _, n in kept])
        self.index = {word: i for i, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self.index

    def encode(self, corpus):
        """Return each sentence of ``corpus`` as an array of word numbers; words outside the vocabulary are left out."""
        return [np.array([self.index[w] for w in sentence if w in self.index], dtype=np.intp) for sentence in corpus]

    def one_hot(self, word):
        """Return the one-hot vector (独热向量) of ``word``: V numbers, 1 at the word's place and 0 elsewhere."""
        if word not in self.index:
            raise KeyError(f"word: expected one of the {len(self)} words of the vocabulary, got {word!r}")
        vector = np.zeros(len(self))
        vector[self.index[word]] = 1
        return vector

    def keep_probability(self, threshold=1e-3):
        """Return for each word (V,) the probability that one occurrence is kept when frequent words are thinned out::

            P(keep) = min(1, √(t/f) + t/f)        f = count / all counts, t = threshold

        Source: the word2vec program of Mikolov et al. (2013); their paper has 1 − √(t/f) for dropping.
        """
        threshold = as_number("threshold", threshold, above=0)
        ratio = threshold * self.counts.sum() / self.counts
        return np.minimum(1, np.sqrt(ratio) + ratio)
