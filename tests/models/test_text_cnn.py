"""The text CNN beside loops over words and torch's own layers; padding, gradients, and a task that needs order."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg import models

TextCNN, fit_text_cnn, word_numbers = models.TextCNN, models.fit_text_cnn, models.word_numbers


def small(seed=0, **options):
    torch.manual_seed(seed)
    return TextCNN(12, 3, **{"dim": 4, "widths": (1, 2, 4), "filters": 5, **options}).eval()


def sums_by_loops(net, numbers):
    """Return for each filter its sum at each word, one multiplication at a time; vectors behind the end are 0."""
    vectors = net.embedding.weight.detach().double().numpy()
    found = []
    for convolution in net.convolutions:
        kernels, biases = convolution.weight.detach().double().numpy(), convolution.bias.detach().double().numpy()
        for kernel, bias in zip(kernels, biases, strict=True):  # kernel (D, width)
            sums = []
            for t in range(len(numbers)):
                total = bias
                for i in range(kernel.shape[1]):
                    if t + i < len(numbers):
                        for d in range(len(kernel)):
                            total += kernel[d, i] * vectors[numbers[t + i], d]
                sums.append(total)
            found.append(sums)
    return found


TEXTS = st.lists(st.integers(1, 11), min_size=1, max_size=9)


@given(TEXTS, st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_convolution_and_maximum_are_those_of_loops_whatever_the_padding(text, padding):
    net = small()
    strengths, places = net.peaks(torch.tensor([text + [0] * padding]))
    sums = sums_by_loops(net, text)
    np.testing.assert_allclose(strengths[0].detach(), [max(row) for row in sums], atol=1e-6)
    # words that come twice make equal sums, of which either place is right
    np.testing.assert_allclose(
        [row[t] for row, t in zip(sums, places[0], strict=True)], strengths[0].detach(), atol=1e-6
    )


def test_padding_changes_no_score_and_a_text_does_not_see_its_neighbours():
    net = small()
    texts = [[3], [4, 5], [2, 9, 9, 1, 7, 3, 8]]
    alone = torch.cat([net(torch.tensor([text])) for text in texts])
    together = net(torch.tensor([text + [0] * (15 - len(text)) for text in texts]))
    torch.testing.assert_close(alone, together)


def test_scores_follow_from_the_peaks():
    net, numbers = small(), torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]])
    features = torch.relu(net.peaks(numbers)[0])
    assert features.shape == (2, 15)
    torch.testing.assert_close(net(numbers), features @ net.head.fc.weight.T + net.head.fc.bias)
    assert net(numbers).shape == (2, 3)
    assert net.predict(numbers.numpy()).tolist() == net(numbers).argmax(dim=1).tolist()


def test_dropout_acts_in_training_only_and_predict_leaves_the_mode():
    net, numbers = small(dropout=0.9), torch.arange(1, 11)[None]
    assert torch.equal(net(numbers), net(numbers))
    net.train()
    assert not torch.equal(net(numbers), net(numbers))
    assert net.predict(numbers).tolist() == net.predict(numbers).tolist()
    assert net.training


def test_parameters_are_counted_and_seeded():
    count = sum(p.numel() for p in small().parameters())
    assert count == 12 * 4 + 5 * (4 * (1 + 2 + 4) + 3) + 3 * (15 + 1)
    assert torch.equal(small(1).embedding.weight, small(1).embedding.weight)
    assert not torch.equal(small(1).embedding.weight, small(2).embedding.weight)


def test_the_gradient_goes_to_all_layers_and_to_the_words_that_won():
    net, numbers = small(), torch.tensor([[3, 4, 5, 6, 0, 0]])
    torch.nn.functional.cross_entropy(net(numbers), torch.tensor([1])).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    moved = net.embedding.weight.grad.abs().sum(dim=1) > 0
    assert set(torch.nonzero(moved).flatten().tolist()) <= {3, 4, 5, 6}
    assert not moved[0]


def test_gradients_agree_with_finite_differences():
    net = small(filters=2).double()
    numbers = torch.tensor([[3, 4, 5, 6, 2], [7, 8, 0, 0, 0]])

    def scores(weight):
        return torch.func.functional_call(net, {"embedding.weight": weight}, (numbers,))

    weight = net.embedding.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda w: scores(torch.cat([torch.zeros(1, 4).double(), w[1:]])), (weight,))


def order_matters(rng, count):
    """Texts with the words a and b once each among others: class 1 where a stands right before b, else b before a."""
    texts, labels = [], []
    for _ in range(count):
        label, others = int(rng.integers(2)), list(rng.choice(list("uvwxyz"), 6))
        place = int(rng.integers(7))
        texts.append(others[:place] + (["a", "b"] if label else ["b", "a"]) + others[place:])
        labels.append(label)
    return texts, np.array(labels)


def test_it_learns_order_which_a_bag_of_words_cannot():
    rng = np.random.default_rng(0)
    (texts, y), (new, y_new) = order_matters(rng, 400), order_matters(rng, 300)
    vocabulary = sorted({word for text in texts for word in text})
    torch.manual_seed(0)
    net = TextCNN(len(vocabulary) + 2, 2, dim=8, widths=(2,), filters=8)
    losses = fit_text_cnn(net, word_numbers(texts, vocabulary), y, epochs=15, lr=0.02)
    assert len(losses) == 15
    assert losses[-1] < 0.3 < losses[0]
    assert (net.predict(word_numbers(new, vocabulary)) == y_new).mean() > 0.95

    blind = TextCNN(len(vocabulary) + 2, 2, dim=8, widths=(1,), filters=8)
    fit_text_cnn(blind, word_numbers(texts, vocabulary), y, epochs=15, lr=0.02)
    assert (blind.predict(word_numbers(new, vocabulary)) == y_new).mean() < 0.65


def test_training_is_repeatable_and_leaves_the_generator_alone():
    rng = np.random.default_rng(0)
    texts, y = order_matters(rng, 50)
    numbers = word_numbers(texts, list("abuvwxyz"))
    before, runs = torch.random.get_rng_state(), []
    for seed in (1, 1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = TextCNN(10, 2)
        runs.append(fit_text_cnn(net, numbers, y, epochs=2, seed=seed))
    assert runs[0] == runs[1] != runs[2]
    assert torch.equal(before, torch.random.get_rng_state())


def test_words_become_numbers():
    numbers = word_numbers([["b", "new", "a"], ["a"]], ["a", "b"])
    assert numbers.tolist() == [[3, 1, 2], [2, 0, 0]]
    assert word_numbers([["b", "new", "a"]], ["a", "b"], length=2).tolist() == [[3, 1]]
    assert word_numbers([["a"]], ["a"], length=3).tolist() == [[2, 0, 0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TextCNN(1, 2), ValueError, "num_words: expected an integer ≥ 2, got 1"),
        (lambda: TextCNN(5, 0), ValueError, "num_classes: expected an integer ≥ 1, got 0"),
        (lambda: TextCNN(5, 2, widths=()), ValueError, "widths: expected at least one width, got none"),
        (lambda: TextCNN(5, 2, widths=(0,)), ValueError, "widths: expected integers ≥ 1"),
        (lambda: TextCNN(5, 2, widths=3), TypeError, "widths: expected a shape"),
        (lambda: TextCNN(5, 2, dropout=1), ValueError, "dropout: expected a number from 0 to below 1"),
        (lambda: small()(torch.tensor([1, 2])), ValueError, r"numbers: expected N texts .* got shape \(2,\)"),
        (lambda: small()(torch.tensor([[1, 2], [0, 0]])), ValueError, "numbers: expected N texts of at least one word"),
        (lambda: word_numbers(["a b"], ["a"]), TypeError, r"texts\[0\]: expected a list of words, got str 'a b'"),
        (lambda: word_numbers([["a"], []], ["a"]), ValueError, r"texts\[1\]: expected at least one word, got none"),
        (lambda: word_numbers([["a"]], ["a"], length=0), ValueError, "length: expected an integer ≥ 1"),
        (
            lambda: fit_text_cnn(small(), np.ones((2, 3), int), [0, 3]),
            ValueError,
            "labels: expected labels from 0 to 2",
        ),
        (lambda: fit_text_cnn(small(), np.ones((2, 3), int), [0]), ValueError, r"labels: expected shape \(2,\)"),
        (lambda: fit_text_cnn(small(), np.ones((1, 3), int), [0], lr=0), ValueError, "lr: expected a number > 0"),
        (lambda: fit_text_cnn(small(), np.ones((1, 3)), [0]), TypeError, "numbers: expected integer word numbers"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
