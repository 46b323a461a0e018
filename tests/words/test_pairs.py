"""Pairs of words: parsing, every weight of the original visualiser, the right gradient, step back, and the plane."""

import json
import math
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from course_pkg import words

KING_AND_QUEEN = words.PRESETS["king and queen"]["text"]
SEVERAL = "a^b|c^d^e, c|a, d^e|b^a, b|c"
ROYAL, COMMON = {"king", "queen", "kingdom", "palace", "royal"}, {"man", "woman", "rice", "farmer", "house"}


def trained(steps=500, text=KING_AND_QUEEN, **options):
    trainer = words.PairTrainer(text, **options)
    trainer.step(steps)
    return trainer


LARGEST = sys.float_info.max


def power(x):
    """e^x, at most the largest float, as the original takes it."""
    return math.exp(x) if x < math.log(LARGEST) else LARGEST


def plainly(text, steps, size=5, state=1, rate=0.2):
    """The original in loops over single numbers, from the description of what it does: (W, W') as lists."""
    pairs = [[side.split("^") for side in item.split("|")] for item in text.split(",")]
    vocabulary = sorted({word for sides in pairs for side in sides for word in side})
    W, W2 = {}, {}
    for word in vocabulary:
        W[word], W2[word] = [], []
        for _ in range(size):
            for rows in (W, W2):
                state = (state * 25214903917 + 11) % 65536
                rows[word].append((state / 65536 - 0.5) / size)
    for step in range(steps):
        context, targets = pairs[step % len(pairs)]
        hidden = [sum(W[word][i] for word in context) / len(context) for i in range(size)]
        powers = {word: power(sum(hidden[i] * W2[word][i] for i in range(size))) for word in vocabulary}
        whole = min(sum(powers.values()), LARGEST)
        errors = {word: powers[word] / whole - (1 if word in targets else 0) for word in vocabulary}
        back = [sum(errors[word] * W2[word][i] for word in vocabulary) for i in range(size)]
        for word in vocabulary:
            for i in range(size):
                W2[word][i] -= rate * errors[word] * hidden[i]
        for word in context:
            for i in range(size):
                W[word][i] -= rate * back[i] / len(context)
    return [W[word] for word in vocabulary], [W2[word] for word in vocabulary]


@pytest.mark.parametrize("name", [name for name, preset in words.PRESETS.items() if "output" not in preset])
def test_the_original_to_its_last_digits(name):
    text = words.PRESETS[name]["text"].replace("kingdom", "kindom")  # as the original spells it
    trainer = trained(text=text, original=True)
    W, W2 = plainly(text, 500)
    for got, expected in ((trainer.input, W), (trainer.output_weights, W2)):
        # where the original's error lets the weights grow to 30, the tolerance grows with them
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-8 * max(1, np.abs(expected).max()))


def test_the_first_input_vector_is_the_printed_one():
    printed = [0.0800537109375, -0.076605224609375, 0.02733154296875, 0.018817138671875, -0.0720703125]
    assert words.PairTrainer(KING_AND_QUEEN, hidden_size=5, random_state=1).input[0].tolist() == printed


def test_presets_are_those_of_the_original_and_two_more():
    assert list(words.PRESETS) == [
        "king and queen",
        "king and queen in symbols",
        "fruit and juice",
        "fruit and juice, CBOW",
        "fruit and juice, skip-gram",
        "self loop",
        "directed loop",
        "undirected loop",
        "king and queen, hierarchical softmax",
        "king and queen, negative sampling",
    ]
    pairs = words.parse_pairs(KING_AND_QUEEN)
    assert len(pairs) == 16
    assert pairs[0] == (("king",), ("kingdom",))
    assert str(pairs[-1]) == "woman → Mary"
    shapes = {
        name: {(len(p.context), len(p.targets)) for p in words.parse_pairs(o["text"])}
        for name, o in words.PRESETS.items()
    }
    assert shapes.pop("fruit and juice, CBOW") == {(2, 1)}
    assert shapes.pop("fruit and juice, skip-gram") == {(1, 2)}
    assert set(map(frozenset, shapes.values())) == {frozenset({(1, 1)})}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("king|royal,queen", "pair 2: expected context|target"),
        ("king|royal|red", "pair 1: .* got 'king|royal|red'"),
        ("king|royal,,a|b", "pair 2: .* got ''"),
        ("king|", "pair 1"),
        ("|king", "pair 1"),
        ("a|b,c^|d", "pair 2"),
        ("", "pair 1"),
        ("a|b^b", "pair 1: expected different words"),
    ],
)
def test_wrong_text_says_which_pair(text, part):
    with pytest.raises(ValueError, match=f"^text: {part}"):
        words.PairTrainer(text)


WORD = st.text("abcdeé词 ", min_size=1, max_size=4).map(str.strip).filter(bool)
SIDE = st.lists(WORD, min_size=1, max_size=3, unique=True)


@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read(pairs):
    text = " ,\n".join(" | ".join(" ^ ".join(side) for side in sides) for sides in pairs)
    for written in (text, text + ","):
        assert words.parse_pairs(written) == [tuple(map(tuple, sides)) for sides in pairs]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"hidden_size": 13}, ValueError),
        ({"hidden_size": 0}, ValueError),
        ({"hidden_size": 2.5}, TypeError),
        ({"random_state": -1}, ValueError),
        ({"learning_rate": 0}, ValueError),
        ({"learning_rate": "fast"}, TypeError),
        ({"output": "sampled softmax"}, ValueError),
        ({"negatives": 0, "output": "negative sampling"}, ValueError),
        ({"original": 1}, TypeError),
        ({"original": True, "output": "negative sampling"}, ValueError),
    ],
)
def test_it_checks_its_arguments(options, error):
    with pytest.raises(error, match=f"^{next(iter(options))}: expected"):
        words.PairTrainer(KING_AND_QUEEN, **options)


def test_a_tree_needs_two_words():
    with pytest.raises(ValueError, match=r"^text: expected at least two"):
        words.PairTrainer("A|A", hidden_size=1, output="hierarchical softmax")


def gradients_by_torch(trainer, loss):
    """∂loss/∂W and ∂loss/∂W' of the pair whose turn it is, by automatic differentiation."""
    W, W2 = (torch.tensor(array, requires_grad=True) for array in (trainer.input, trainer.output_weights))
    context, targets = ([trainer.words.index(word) for word in side] for side in trainer.pair)
    value = loss(W[context].mean(dim=0), W2, targets)
    value.backward()
    return value.item(), W.grad, W2.grad


def softmax_loss(h, W2, targets):
    return -torch.log_softmax(W2 @ h, dim=0)[targets].sum()


@pytest.mark.parametrize("steps", range(4))
def test_the_right_gradient_is_that_of_the_loss(steps):
    trainer = trained(steps, SEVERAL)
    for got, expected in zip(trainer.look(), gradients_by_torch(trainer, softmax_loss), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-15)


def test_the_originals_gradient_differs_by_what_is_missing():
    right, original = (words.PairTrainer(SEVERAL, original=original) for original in (False, True))
    h, y, _ = right.excite(["a", "b"])
    difference = right.look().W2 - original.look().W2
    np.testing.assert_allclose(difference, 2 * np.outer(y, h), atol=1e-15)  # C·y − t instead of y − t, C = 3
    single = [trained(100, original=original) for original in (False, True)]
    np.testing.assert_allclose(single[0].input, single[1].input, atol=1e-12)


def test_hierarchical_softmax_by_torch():
    trainer = trained(7, SEVERAL, output="hierarchical softmax")
    tree = trainer.layer.tree

    def loss(h, W2, targets):
        steps = [(torch.as_tensor(tree.paths[t]), torch.as_tensor(tree.codes[t])) for t in targets]
        return -sum(torch.nn.functional.logsigmoid(e * (W2[rows] @ h)).sum() for rows, e in steps)

    for got, expected in zip(trainer.look(), gradients_by_torch(trainer, loss), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-15)
    answers = trainer.excite(trainer.pair.context).answers
    assert answers.sum() == pytest.approx(1)
    targets = [trainer.words.index(word) for word in trainer.pair.targets]
    assert -np.log(answers[targets]).sum() == pytest.approx(trainer.shown.loss)


def test_negative_sampling_moves_the_target_and_few_others():
    trainer = words.PairTrainer(KING_AND_QUEEN, output="negative sampling", negatives=2)
    targets = {word for pair in trainer.pairs for word in pair.targets}
    for _ in range(50):
        gradient = trainer.look().W2
        moved = {trainer.words[row] for row in np.flatnonzero(gradient.any(axis=1))}
        assert set(trainer.pair.targets) <= moved <= targets
        assert len(moved) <= 3
        trainer.next()
    king = trainer.excite("king")
    np.testing.assert_allclose(king.answers, 1 / (1 + np.exp(-trainer.output_weights @ king.hidden)))


def test_a_query_is_the_softmax_of_the_mean_vector():
    trainer = trained()
    found = trainer.excite(["king", "man"])
    rows = [trainer.words.index(word) for word in ("king", "man")]
    np.testing.assert_allclose(found.hidden, trainer.input[rows].sum(axis=0) / 2)
    np.testing.assert_allclose(
        found.answers, torch.softmax(torch.tensor(trainer.output_weights @ found.hidden), 0), rtol=1e-12
    )
    assert set(np.array(trainer.words)[trainer.excite("king").answers.argsort()[-4:]]) == {
        "kingdom",
        "palace",
        "royal",
        "George",
    }
    for wrong in ("emperor", [], [3]):
        with pytest.raises(ValueError, match=r"^words: expected"):
            trainer.excite(wrong)


@pytest.mark.parametrize("output", words.OUTPUTS)
def test_next_is_half_a_step_and_back_undoes_it(output):
    trainer = words.PairTrainer(KING_AND_QUEEN, output=output)
    trainer.next()
    assert trainer.steps == 0
    before = trainer.state()
    trainer.next()
    assert (trainer.steps, trainer.shown) == (1, None)
    assert trainer.state()["W"] != before["W"]
    trainer.back()
    assert trainer.state() == before
    trainer.back()
    assert trainer.state() == before


@pytest.mark.parametrize("output", words.OUTPUTS)
def test_back_through_checkpoints_and_rates_is_exact(output):
    trainer = words.PairTrainer(SEVERAL, output=output)
    states = [trainer.state()]
    for n in range(230):
        if n % 40 == 39:
            trainer.learning_rate /= 2
        if n % 3 == 0:
            trainer.look()
        trainer.step()
        states.append(trainer.state())
    forward = states[-1]
    for n in (229, 228, 227, 226):
        trainer.look()
        trainer.back()  # only the gradients that were shown
        trainer.back()
        trainer.learning_rate = states[n]["config"]["learning_rate"]
        assert trainer.state() == states[n]
    trainer.learning_rate = forward["config"]["learning_rate"]
    trainer.step(4)
    assert trainer.state() == forward
    for _ in range(230):
        trainer.back()
    trainer.learning_rate = 0.2
    assert trainer.state() == states[0]


def test_the_rate_changes_and_the_weights_stay():
    trainer = trained(3)
    before = trainer.input.copy()
    trainer.learning_rate = 0.01
    np.testing.assert_array_equal(trainer.input, before)
    gradient = trainer.look().W
    trainer.next()
    np.testing.assert_allclose(trainer.input, before - 0.01 * gradient)
    with pytest.raises(ValueError, match=r"^learning_rate"):
        trainer.learning_rate = -1
    assert trainer.learning_rate == 0.01
    trainer.restart()
    assert (trainer.steps, trainer.learning_rate) == (0, 0.01)
    np.testing.assert_array_equal(trainer.input, words.PairTrainer(KING_AND_QUEEN).input)


def test_where_the_weights_explode_nothing_has_happened():
    trainer = trained(37, SEVERAL)
    trainer.learning_rate = 1e40
    before = trainer.state()
    with pytest.raises(ValueError, match=r"^learning_rate: expected a smaller one, with 1e\+40 .* after [0-9]+ steps"):
        trainer.step(500)
    assert trainer.state() == before


def test_several_targets_grow_without_bound_only_with_the_originals_error():
    text = words.PRESETS["fruit and juice, skip-gram"]["text"]
    largest = {original: np.abs(trained(500, text, original=original).input).max() for original in (False, True)}
    assert largest[False] < 3
    assert largest[True] > 20


def test_the_loss_falls_towards_the_floor():
    trainer = trained(500)
    assert trainer.floor == pytest.approx(math.log(4)), "each of the four contexts has four targets"
    rounds = np.reshape(trainer.losses[:496], (-1, 16)).mean(axis=1)
    assert rounds[0] == pytest.approx(math.log(12), rel=0.01), "at first all twelve words are alike"
    assert math.log(4) < rounds[-1] < 1.9
    trainer.learning_rate = 0.05
    trainer.step(4000)
    assert trainer.floor < np.mean(trainer.losses[-16:]) < rounds[-1] - 0.2
    assert trained(1, output="negative sampling").floor is None


@pytest.mark.parametrize("output", ["softmax", "negative sampling"])
@pytest.mark.parametrize("random_state", range(5))
def test_royal_and_common_words_part_in_the_plane(output, random_state):
    trainer = trained(500, output=output, random_state=random_state)
    first = trainer.plane()[0]
    side = {}
    for name, vector in zip(trainer.words, trainer.input, strict=True):
        if name in ("king", "queen", "man", "woman"):
            side[name] = vector @ first
    for name, vector in zip(trainer.words, trainer.output_weights, strict=True):
        if name in ROYAL | COMMON and name not in side:
            side[name] = vector @ first
    royal, common = ([side[name] for name in names] for names in (ROYAL, COMMON))
    assert max(royal) < min(common) or max(common) < min(royal)
    assert max(map(abs, royal + common)) > 1


def test_the_plane_is_that_of_scikit_learn():
    trainer = trained(200, SEVERAL)
    axes = trainer.plane()
    expected = PCA(2).fit(trainer.input).components_
    np.testing.assert_allclose(abs((axes * expected).sum(axis=1)), 1)
    assert (trainer.plane(previous=-axes) == -axes).all(), "it does not jump when it is drawn again"
    narrow = trained(10, "a|b", hidden_size=1).plane()
    np.testing.assert_array_equal(narrow, [[1], [0]])


def test_the_state_makes_the_trainer_again():
    trainer = trained(25, SEVERAL, output="negative sampling", hidden_size=3, random_state=70_000, negatives=2)
    state = json.loads(json.dumps(trainer.state(), allow_nan=False))
    again = words.PairTrainer(state["text"], **state["config"])
    again.step(state["steps"])
    assert again.state() == state
