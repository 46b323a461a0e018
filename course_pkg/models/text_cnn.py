"""A convolutional network for texts (Kim, 2014, "Convolutional neural networks for sentence classification")."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_pkg._validate import as_int, as_labels, as_number, as_shape, as_share, describe
from course_pkg.models.blocks import chain

PADDING, UNKNOWN = 0, 1


class TextCNN(nn.Module):
    """Scores for texts: embedding, one-dimensional convolutions, maximum over time, dropout, a linear layer.

    With x_t (D,) the vector of word t, filter k of width w and the scores s::

        c_t = b_k + Σ_{i=0..w-1} W_k,i · x_{t+i}      t = 1 ... T, vectors behind the end are 0
        h_k = ReLU(max_t c_t)
        s   = V dropout(h) + b                        softmax(s) are the probabilities

    A filter covers the whole width D of the embedding and moves along the words only. Padding at the end of a text
    changes nothing: windows that start there do not take part in the maximum.

    ``num_words`` counts the rows of the embedding, with number 0 for padding and 1 for unknown words. There are
    ``filters`` filters of each width in ``widths``, and so F = ``filters`` · len(``widths``) features. The embedding
    starts from N(0, 0.1²).
    Raises TypeError or ValueError naming the argument that is wrong.
    """

    def __init__(self, num_words, num_classes, *, dim=64, widths=(2, 3), filters=64, dropout=0.5):
        super().__init__()
        num_words = as_int("num_words", num_words, minimum=2)
        num_classes = as_int("num_classes", num_classes, minimum=1)
        dim, filters = as_int("dim", dim, minimum=1), as_int("filters", filters, minimum=1)
        self.widths = as_shape("widths", widths)
        if not self.widths:
            raise ValueError("widths: expected at least one width, got none")
        self.filters = filters
        self.embedding = nn.Embedding(num_words, dim, padding_idx=PADDING)
        with torch.no_grad():  # torch's N(0, 1) drowns what rare words learn
            self.embedding.weight *= 0.1
        self.convolutions = nn.ModuleList(nn.Conv1d(dim, filters, width) for width in self.widths)
        self.head = chain(
            dropout=nn.Dropout(as_share("dropout", dropout)), fc=nn.Linear(filters * len(self.widths), num_classes)
        )

    def peaks(self, numbers):
        """Return for each text and filter the largest c_t and the place t (from 0) where it is: two tensors (N, F).

        ``numbers`` (N, T) are the word numbers of N texts, padding at the end. Raises ValueError for another shape and
        for a text without words.
        """
        if numbers.ndim != 2 or not (numbers != PADDING).any(dim=1).all():
            raise ValueError(f"numbers: expected N texts of at least one word, got shape {tuple(numbers.shape)}")
        x = self.embedding(numbers).transpose(1, 2)
        behind = (numbers == PADDING)[:, None]
        found = [
            convolution(functional.pad(x, (0, width - 1))).masked_fill(behind, -torch.inf).max(dim=2)
            for convolution, width in zip(self.convolutions, self.widths, strict=True)
        ]
        return torch.cat([peak.values for peak in found], dim=1), torch.cat([peak.indices for peak in found], dim=1)

    def forward(self, numbers):
        """Return scores (N, classes) for word numbers (N, T)."""
        return self.head(torch.relu(self.peaks(numbers)[0]))

    @torch.no_grad()
    def predict(self, numbers):
        """Return the class with the largest score for each text, an array (N,); dropout is off."""
        training = self.training
        self.eval()
        found = torch.cat([self(part).argmax(dim=1) for part in torch.as_tensor(numbers).split(500)])
        self.train(training)
        return found.numpy()


def word_numbers(texts, vocabulary, *, length=None):
    """Return texts (lists of words) as an integer array (N, T): 0 padding, 1 unknown, i + 2 word i of ``vocabulary``.

    T is ``length``, at which longer texts are cut, or that of the longest text. Raises TypeError for a text that is
    no list of words, ValueError for one without words.
    """
    index = {word: i for i, word in enumerate(vocabulary, start=2)}
    for i, text in enumerate(texts):
        if isinstance(text, str) or not all(isinstance(word, str) for word in text):
            raise TypeError(f"texts[{i}]: expected a list of words, got {describe(text)}")
        if not text:
            raise ValueError(f"texts[{i}]: expected at least one word, got none")
    length = max(map(len, texts), default=1) if length is None else as_int("length", length, minimum=1)
    numbers = np.full((len(texts), length), PADDING)
    for row, text in zip(numbers, texts, strict=True):
        row[: len(text)] = [index.get(word, UNKNOWN) for word in text[:length]]
    return numbers


def fit_text_cnn(net, numbers, labels, *, epochs=4, lr=3e-3, batch_size=64, seed=0):
    """Train ``net``, a :class:`TextCNN`, with Adam on the softmax loss and return the mean loss of each pass, a list.

    ``numbers`` (N, T) and ``labels`` (N,) are integer arrays. Order and dropout come from ``seed``; torch's own
    generator is left as it was. Raises TypeError or ValueError naming the argument that is wrong.
    """
    numbers = np.asarray(numbers)
    if numbers.ndim != 2 or numbers.dtype.kind not in "iu":
        raise TypeError(f"numbers: expected integer word numbers of shape (N, T), got {describe(numbers)}")
    labels = torch.as_tensor(as_labels("labels", labels, count=len(numbers), classes=net.head.fc.out_features))
    numbers, batch_size = torch.as_tensor(numbers), as_int("batch_size", batch_size, minimum=1)
    adam = torch.optim.Adam(net.parameters(), lr=as_number("lr", lr, above=0))
    losses = []
    net.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(as_int("seed", seed, minimum=0))
        for _ in range(as_int("epochs", epochs, minimum=1)):
            total = 0.0
            for batch in torch.randperm(len(numbers)).split(batch_size):
                adam.zero_grad()
                loss = functional.cross_entropy(net(numbers[batch]), labels[batch])
                loss.backward()
                adam.step()
                total += loss.item() * len(batch)
            losses.append(total / len(numbers))
    return losses
