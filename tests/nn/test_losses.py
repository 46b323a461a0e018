import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nn_oracle import assert_equal, few, normal, seeds, torch_pass

from course_pkg import nn


@st.composite
def classifications(draw):
    samples, classes, seed = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(seeds)
    labels = np.random.default_rng(seed).integers(0, classes, samples)
    return draw(st.sampled_from([0.1, 1.0, 30.0])) * normal(seed, samples, classes), labels


def check_against(function, loss, scores, y):
    expected, dscores = torch_pass(function, 1.0, scores)
    got = loss.forward(scores, y)
    assert isinstance(got, float)
    assert_equal(got, expected)
    assert_equal(loss.backward(), dscores)


@few
@given(classifications())
def test_softmax_cross_entropy_equals_torch(case):
    scores, y = case
    check_against(lambda s: torch.nn.functional.cross_entropy(s, torch.tensor(y)), nn.SoftmaxCrossEntropy(), scores, y)


@few
@given(classifications(), st.floats(0, 0.999))
def test_label_smoothing_equals_torchs_with_more(case, smoothing):
    scores, y = case
    k = scores.shape[1]
    assume(k > 1)
    smoothing *= (k - 1) / k  # torch takes up to 1, which is this much for us

    def smooth(s):  # torch gives the right class a share of its ε too
        return torch.nn.functional.cross_entropy(s, torch.tensor(y), label_smoothing=smoothing * k / (k - 1))

    check_against(smooth, nn.SoftmaxCrossEntropy(smoothing), scores, y)


@few
@given(classifications(), st.floats(0, 0.999))
def test_label_smoothing_equals_torchs_loss_of_the_targets(case, smoothing):
    scores, y = case
    loss = nn.SoftmaxCrossEntropy(smoothing if scores.shape[1] > 1 else 0)
    targets = loss.targets(y, scores.shape[1])
    assert_equal(targets.sum(axis=1), 1)
    check_against(lambda s: torch.nn.functional.cross_entropy(s, torch.tensor(targets)), loss, scores, y)


def test_the_targets_are_those_of_the_notes():
    t = nn.SoftmaxCrossEntropy(label_smoothing=0.1).targets([2, 0], 5)
    np.testing.assert_allclose(t, [[0.025, 0.025, 0.9, 0.025, 0.025], [0.9, 0.025, 0.025, 0.025, 0.025]])


def test_with_smoothing_the_best_probabilities_are_the_targets():
    loss = nn.SoftmaxCrossEntropy(label_smoothing=0.3)
    t = loss.targets([1, 3], 4)
    loss.forward(np.log(t), [1, 3])
    assert_equal(loss.backward(), np.zeros((2, 4)))


def test_one_class_alone_cannot_be_smoothed():
    with pytest.raises(ValueError, match="label_smoothing: expected 0 where there is only one class"):
        nn.SoftmaxCrossEntropy(0.1).forward(np.ones((2, 1)), [0, 0])


@few
@given(classifications(), st.sampled_from([0.5, 1.0, 3.0]))
def test_multiclass_hinge_equals_torch(case, margin):
    scores, y = case

    def hinge(s):  # torch divides by the number of classes
        return torch.nn.functional.multi_margin_loss(s, torch.tensor(y), margin=margin) * s.shape[1]

    check_against(hinge, nn.MulticlassHinge(margin), scores, y)


@few
@given(classifications(), st.sampled_from([0.0, 0.1, 1.0, 20.0]))
def test_rbf_loss_equals_torch(case, j):
    scores, y = case

    def rbf(s):
        rows = torch.arange(len(s))
        everything = torch.cat([-s, torch.full((len(s), 1), -j, dtype=s.dtype)], dim=1)
        return (s[rows, torch.tensor(y)] + torch.logsumexp(everything, dim=1)).mean()

    check_against(rbf, nn.RBFLoss(j), scores, y)


@few
@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), seeds)
def test_squared_error_equals_torch(shape, seed):
    scores, y = normal(seed, *shape), normal(seed + 1, *shape)

    def squared(o):
        return 0.5 * torch.nn.functional.mse_loss(o, torch.tensor(y), reduction="sum") / len(o)

    check_against(squared, nn.SquaredError(), scores, y)


@pytest.mark.parametrize(
    "loss", [nn.SoftmaxCrossEntropy(), nn.SoftmaxCrossEntropy(0.2), nn.MulticlassHinge(), nn.RBFLoss()]
)
def test_gradients_agree_with_finite_differences(loss):
    assert nn.check_gradients(loss, normal(3, 4, 5), y=np.array([0, 4, 2, 2])) < 1e-7


def test_squared_error_gradient_agrees_with_finite_differences():
    assert nn.check_gradients(nn.SquaredError(), normal(3, 4, 5), y=normal(4, 4, 5)) < 1e-7


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_neither_overflow_nor_warn(dtype):
    scores = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    loss = nn.SoftmaxCrossEntropy()
    assert loss.forward(scores, [0, 0]) == pytest.approx(1e4)
    assert_equal(loss.backward(), [[0, 0, 0], [-0.5, 0.5, 0]])
    assert nn.RBFLoss(1.0).forward(np.abs(scores), [2, 2]) == pytest.approx(np.log(1 + np.exp(-1)))
    assert nn.RBFLoss(1.0).forward(scores, [0, 0]) == pytest.approx(1e4 + (1e4 - 1e4) / 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_keeps_the_dtype_of_the_scores(dtype):
    scores = np.ones((2, 3), dtype)
    for loss, y in (nn.SoftmaxCrossEntropy(0.1), [0, 1]), (nn.MulticlassHinge(), [0, 1]), (nn.RBFLoss(), [0, 1]):
        loss.forward(scores, y)
        assert loss.backward().dtype == dtype


def test_a_loss_goes_back_as_often_as_asked():
    for loss in nn.SoftmaxCrossEntropy(), nn.MulticlassHinge(), nn.RBFLoss():
        loss.forward(normal(0, 3, 4), [1, 2, 3])
        assert_equal(loss.backward(), loss.backward())


@pytest.mark.parametrize("loss", [nn.SoftmaxCrossEntropy(), nn.MulticlassHinge(), nn.SquaredError(), nn.RBFLoss()])
def test_backward_before_forward_says_so(loss):
    with pytest.raises(RuntimeError, match=rf"^{loss.name}: backward needs a forward pass first"):
        type(loss)().backward()


def test_labels_out_of_range_are_refused():
    with pytest.raises(ValueError, match="y: expected labels from 0 to 2, got 3 at index 1"):
        nn.SoftmaxCrossEntropy().forward(np.zeros((2, 3)), [0, 3])
