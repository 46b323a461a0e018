"""word2vec: every gradient against finite differences, the examples against a plain loop, and what is learnt."""

import numpy as np
import pytest

from course_pkg import data, nn, words

CORPUS = [["a", "b", "c", "d"], ["b", "a"], ["e"], ["c", "a", "b", "f", "a"]]


def model(architecture="skip-gram", output="softmax", kind=words.Word2Vec, **options):
    made = kind(CORPUS, 3, architecture=architecture, output=output, window=2, **options)
    rng = np.random.default_rng(5)
    for blob in made.parameters().values():
        blob.data[...] = rng.standard_normal(blob.shape)
    return made


@pytest.fixture
def same_draws(monkeypatch):
    """Let negative sampling draw the same words again, so that its loss is a function."""
    draws = np.random.default_rng(0).integers(6, size=(1000, 5))
    monkeypatch.setattr(words.AliasSampler, "sample", lambda self, shape, rng: draws[: shape[0], : shape[1]])


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize("architecture", words.ARCHITECTURES)
@pytest.mark.parametrize("output", words.OUTPUTS)
def test_gradients_of_all_six_combinations(architecture, output):
    net = model(architecture, output)
    contexts, targets = words.examples(net.vocabulary.encode(CORPUS), 2, architecture)
    net.loss(contexts, targets)
    net.backward()
    for name, blob in net.parameters().items():
        start = blob.data.copy()

        def loss(values, blob=blob):
            blob.data[...] = values
            return net.loss(contexts, targets)

        expected = nn.numerical_gradient(loss, start)
        blob.data[...] = start
        np.testing.assert_allclose(blob.diff, expected, rtol=1e-7, atol=1e-7 * abs(expected).max(), err_msg=name)


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize("output", words.OUTPUTS.values())
def test_outputs_pass_the_gradient_checker(output):
    rng = np.random.default_rng(1)
    layer = output([5, 3, 2, 2, 1, 1], 4)
    layer.weight.data[...] = rng.standard_normal(layer.weight.shape)
    assert nn.check_gradients(layer, rng.standard_normal((7, 4)), y=rng.integers(6, size=7)) < 1e-7


def test_full_softmax_is_torchs_cross_entropy():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    layer = words.FullSoftmax(np.ones(9), 4)
    layer.weight.data[...] = rng.standard_normal(layer.weight.shape)
    h, targets = rng.standard_normal((5, 4)), rng.integers(9, size=5)
    scores = torch.from_numpy(h) @ torch.from_numpy(layer.weight.data).T
    expected = torch.nn.functional.cross_entropy(scores, torch.from_numpy(targets), reduction="sum")
    assert layer.forward(h, targets) == pytest.approx(expected.item(), rel=1e-12)


def test_hierarchical_probabilities_sum_to_one():
    rng = np.random.default_rng(0)
    layer = words.HierarchicalSoftmax([50, 20, 9, 5, 3, 1, 1], 4)
    layer.weight.data[...] = rng.standard_normal(layer.weight.shape)
    h = rng.standard_normal((1, 4))
    assert sum(np.exp(-layer.forward(h, [word])) for word in range(7)) == pytest.approx(1, rel=1e-12)


def test_a_negative_that_is_the_target_does_not_count(monkeypatch):
    monkeypatch.setattr(words.AliasSampler, "sample", lambda self, shape, rng: np.full(shape, 2))
    layer = words.NegativeSampling(np.ones(4), 2)
    layer.weight.data[...] = 1.0
    assert layer.forward([[0.5, 0.5]], [2]) == pytest.approx(np.log1p(np.exp(-1)))


@pytest.mark.parametrize("architecture", words.ARCHITECTURES)
@pytest.mark.parametrize("window", [1, 2, 7])
def test_examples_are_those_of_a_plain_loop(architecture, window):
    encoded = words.Vocabulary(CORPUS).encode(CORPUS)
    expected = []
    for sentence in encoded:
        for i, word in enumerate(sentence):
            around = [int(w) for j, w in enumerate(sentence) if j != i and abs(j - i) <= window]
            if architecture == "cbow" and around:
                expected.append((tuple(around), int(word)))
            elif architecture == "skip-gram":
                expected += [((int(word),), neighbour) for neighbour in around]
    contexts, targets = words.examples(encoded, window, architecture)
    got = [(tuple(int(w) for w in c if w >= 0), int(t)) for c, t in zip(contexts, targets, strict=True)]
    assert got == expected


def test_drawn_windows_favour_near_neighbours():
    encoded = [np.arange(1000)]
    contexts, targets = words.examples(encoded, 4, "skip-gram", rng=0)
    distance = np.bincount(abs(contexts[:, 0] - targets))
    np.testing.assert_allclose(distance[1:] / 2000, [1, 0.75, 0.5, 0.25], atol=0.06)


def test_several_targets_of_one_context_are_one_right_step():
    """For C targets the gradient of the output is C·y − Σ t: the sum of the C single gradients."""
    net = model("cbow", "softmax")
    h, _ = net.hidden(np.array([[0, 1]]))
    scores = h @ net.output.weight.data.T
    y = np.exp(scores) / np.exp(scores).sum()
    t = np.zeros_like(y)
    t[0, [3, 4]] = 1
    net.loss(np.array([[0, 1], [0, 1]]), np.array([3, 4]))
    net.backward()
    np.testing.assert_allclose(net.output.weight.diff, (2 * y - t).T @ h, rtol=1e-12)


def test_whole_gradient_is_the_share_times_the_count():
    contexts, targets = np.array([[0, 1, 2, -1]]), np.array([3])
    shared, whole = (model("cbow", "softmax", divide=divide) for divide in (True, False))
    for net in (shared, whole):
        net.loss(contexts, targets)
        net.backward()
    np.testing.assert_allclose(whole.input.diff, 3 * shared.input.diff)


@pytest.mark.parametrize("seed", range(10))
def test_arithmetic_of_the_grammar(seed):
    corpus = data.grammar(rng=seed)
    net = words.FastWord2Vec(corpus, 20, rng=seed).fit(corpus, epochs=20, lr=0.05, threads=1)
    vectors = net.vectors()
    assert vectors.analogy("king", "man", "woman")[0].word == "queen"
    assert vectors.analogy("shanghai", "china", "japan")[0].word == "tokyo"
    questions = [question for topic in data.analogies().values() for question in topic]
    assert np.mean([vectors.analogy(a, b, c, 1)[0].word == d for a, b, c, d in questions]) > 0.9
    assert net.losses[-1] < net.losses[0]


def test_reference_and_fast_trainer_learn_the_same():
    corpus = data.grammar(4000)
    options = {"size": 12, "output": "hierarchical softmax", "window": 3}
    slow = words.Word2Vec(corpus, **options).fit(corpus, epochs=3, lr=0.05, batch_size=1)
    fast = words.FastWord2Vec(corpus, **options).fit(corpus, epochs=3, lr=0.05, threads=1)
    np.testing.assert_allclose(fast.losses, slow.losses, rtol=0.02)


def test_one_thread_repeats_itself_and_resumes(tmp_path):
    corpus = data.grammar(3000)
    options = {"size": 8, "threshold": 1e-2}
    whole = words.FastWord2Vec(corpus, **options).fit(corpus, epochs=4, threads=1)
    again = words.FastWord2Vec(corpus, **options).fit(corpus, epochs=4, threads=1)
    np.testing.assert_array_equal(whole.input.data, again.input.data)

    class Stop(Exception):
        pass

    broken = words.FastWord2Vec(corpus, **options)
    save = broken._save

    def save_twice_then_stop(*args):
        save(*args)
        if len(broken.losses) == 2:
            raise Stop

    broken._save = save_twice_then_stop
    file = tmp_path / "state.npz"
    with pytest.raises(Stop):
        broken.fit(corpus, epochs=4, threads=1, checkpoint=file)
    resumed = words.FastWord2Vec(corpus, **options).fit(corpus, epochs=4, threads=1, checkpoint=file)
    np.testing.assert_array_equal(whole.input.data, resumed.input.data)
    assert resumed.losses == whole.losses
    with pytest.raises(ValueError, match=r"checkpoint: .* other words or settings"):
        words.FastWord2Vec(corpus, size=9).fit(corpus, epochs=4, checkpoint=file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match="checkpoint: expected a file that fit wrote"):
        words.FastWord2Vec(corpus, **options).fit(corpus, epochs=4, checkpoint=file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size: expected an integer ≥ 1, got 0"),
        ({"architecture": "bow"}, "architecture: expected one of"),
        ({"output": "tree"}, "output: expected one of"),
        ({"window": 0}, "window: expected"),
        ({"threshold": 0}, "threshold: expected"),
        ({"negatives": 0}, "negatives: expected"),
        ({"min_count": 100}, "corpus: expected a word that occurs at least 100 times"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        words.Word2Vec(CORPUS, **{"size": 4, "output": "negative sampling", **options})


def test_too_large_a_rate_is_named():
    net = words.Word2Vec(CORPUS, 4, output="softmax")
    with pytest.raises(ValueError, match=r"loss|scores|h:"), np.errstate(all="ignore"):
        net.fit(CORPUS, epochs=50, lr=1e200)
