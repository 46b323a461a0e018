from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_oracle import assert_equal, check_against, inputs, layer, normal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_pkg import caffe
from course_pkg.caffe.layers import LAYERS

F = torch.nn.functional
few = settings(max_examples=25, derandomize=True, deadline=None)
X = normal(0, 2, 4, 7, 6)


def one(type_, more, f, x=X, phase="TRAIN"):
    """Check a layer with one bottom x and one top y; f gets x and a dict of the layer's parameters."""

    def net(leaves, params):
        return {"y": f(leaves["x"], {name.removeprefix("y."): value for name, value in params.items()})}

    return check_against(inputs(x=x.shape) + layer(type_, "x", "y", more), net, {"x": x}, phase=phase)


def summary_shape(text, name):
    return caffe.Net(text).blobs[name].shape


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ("num_output: 6 kernel_size: 3", {}),
        ("num_output: 6 kernel_size: 3 group: 2", {"groups": 2}),
        ("num_output: 4 kernel_size: 2 dilation: 2 pad: 1", {"dilation": 2, "padding": 1}),
        ("num_output: 4 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 2",
         {"stride": (2, 1), "padding": (0, 2)}),
        ("num_output: 4 kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 group: 4 dilation: 1 dilation: 3",
         {"stride": (2, 1), "groups": 4, "dilation": (1, 3)}),
        ("num_output: 6 kernel_size: 3 bias_term: false group: 2 dilation: 2", {"groups": 2, "dilation": 2}),
    ],
)  # fmt: skip
def test_convolution(more, options):
    net = one(
        "Convolution",
        f"convolution_param {{ {more} }}",
        lambda x, p: F.conv2d(x, p["weight"], p.get("bias"), **options),
    )
    assert net.blobs["y"].planned == net.blobs["y"].data.shape


@few
@given(st.sampled_from(["MAX", "AVE"]), *[st.tuples(st.integers(1, 4), st.integers(1, 4)) for _ in range(2)],
       st.tuples(st.integers(0, 2), st.integers(0, 2)), st.tuples(st.integers(1, 9), st.integers(1, 9)))  # fmt: skip
def test_pooling_rounds_up_as_torch_does(pool, kernel, stride, pad, size):
    assume(all(2 * p <= k <= s + 2 * p for p, k, s in zip(pad, kernel, size, strict=True)))
    text = (
        f"pooling_param {{ pool: {pool} kernel_h: {kernel[0]} kernel_w: {kernel[1]} stride_h: {stride[0]} "
        f"stride_w: {stride[1]} pad_h: {pad[0]} pad_w: {pad[1]} }}"
    )
    function = F.max_pool2d if pool == "MAX" else F.avg_pool2d
    net = one(
        "Pooling", text, lambda x, p: function(x, kernel, stride, pad, ceil_mode=True), normal(sum(size), 2, 2, *size)
    )
    assert net.blobs["y"].planned == net.blobs["y"].data.shape


def test_pooling_of_the_whole_image():
    one("Pooling", "pooling_param { pool: AVE global_pooling: true }", lambda x, p: x.mean(dim=(2, 3), keepdim=True))
    one("Pooling", "pooling_param { global_pooling: true }", lambda x, p: x.amax(dim=(2, 3), keepdim=True))


def test_alexnets_pool_and_googlenets_pool():
    for size, places in ((55, 27), (112, 56), (28, 14)):  # the last two only because of rounding up
        text = inputs(x=(1, 1, size, size)) + layer("Pooling", "x", "y", "pooling_param { kernel_size: 3 stride: 2 }")
        assert summary_shape(text, "y") == (1, 1, places, places)


def test_inner_product():
    one(
        "InnerProduct",
        "inner_product_param { num_output: 5 }",
        lambda x, p: F.linear(x.flatten(1), p["weight"], p["bias"]),
    )
    one(
        "InnerProduct",
        "inner_product_param { num_output: 5 bias_term: false }",
        lambda x, p: x.flatten(1) @ p["weight"].T,
    )


@pytest.mark.parametrize(
    ("type_", "more", "f"),
    [
        ("ReLU", "", torch.relu),
        ("Sigmoid", "", torch.sigmoid),
        ("TanH", "", torch.tanh),
        ("Flatten", "", lambda x: x.flatten(1)),
        ("Softmax", "", lambda x: x.softmax(1)),
        ("Softmax", "softmax_param { axis: -1 }", lambda x: x.softmax(-1)),
        (
            "LRN",
            "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 k: 2 }",
            lambda x: F.local_response_norm(x, 3, 0.5, 0.6, 2),
        ),
        (
            "BatchNorm",
            "batch_norm_param { eps: 0.01 }",
            lambda x: F.batch_norm(x, None, None, None, None, True, 0, 0.01),
        ),
    ],
)
def test_layers_without_parameters(type_, more, f):
    one(type_, more, lambda x, p: f(x))


def test_scale():
    def expected(x, p):
        return x * p["weight"].reshape(1, -1, 1, 1) + (p["bias"].reshape(1, -1, 1, 1) if "bias" in p else 0)

    one("Scale", "scale_param { bias_term: true }", expected)
    one("Scale", "", expected)
    net = caffe.Net(inputs(x=(1, 2)) + layer("Scale", "x", "y"))
    assert net.params["y.weight"].data.tolist() == [1, 1]


def test_dropout_in_both_phases():
    text = inputs(x=(100, 100)) + layer("Dropout", "x", "y", "dropout_param { dropout_ratio: 0.25 }")
    x = np.ones((100, 100))
    train, test = caffe.Net(text, rng=0), caffe.Net(text, phase="TEST")
    y = train.forward(x=x)["y"]
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)
    train.backward(y=2 * x)
    assert_equal(train.blobs["x"].diff, 2 * y)
    assert (test.forward(x=x)["y"] == x).all()


class TestBatchNorm:
    TEXT = inputs(x=(5, 3)) + layer(
        "BatchNorm", "x", "y", "batch_norm_param { moving_average_fraction: 0.8 eps: 0.01 }"
    )

    def test_the_test_phase_uses_what_training_measured(self):
        train = caffe.Net(self.TEXT, dtype="float64")
        test = caffe.Net(self.TEXT, phase="TEST", dtype="float64", share=train)
        batches = normal(3, 4, 5, 3)
        for batch in batches:
            train.forward(x=batch)
        weights = 0.8 ** np.arange(4)[::-1] / (0.8 ** np.arange(4)).sum()
        mean = np.einsum("b,bc->c", weights, batches.mean(axis=1))
        variance = np.einsum("b,bc->c", weights, batches.var(axis=1, ddof=1))
        got = test.forward(x=batches[0])["y"]
        assert_equal(got, (batches[0] - mean) / np.sqrt(variance + 0.01))
        test.backward(y=np.ones((5, 3)))
        assert_equal(test.blobs["x"].diff, np.broadcast_to(1 / np.sqrt(variance + 0.01), (5, 3)))

    def test_global_statistics_can_be_asked_for_in_training(self):
        net = caffe.Net(self.TEXT.replace("eps: 0.01", "eps: 0.01 use_global_stats: true"), dtype="float64")
        assert_equal(net.forward(x=np.ones((5, 3)))["y"], np.full((5, 3), 1 / np.sqrt(1.01)))


@pytest.mark.parametrize(
    ("type_", "more", "f"),
    [
        ("Concat", "", lambda a, b, c: torch.cat([a, b, c], 1)),
        ("Concat", "concat_param { axis: 0 }", lambda a, b, c: torch.cat([a, b, c], 0)),
        ("Eltwise", "", lambda a, b, c: a + b + c),
        (
            "Eltwise",
            "eltwise_param { operation: SUM coeff: 1 coeff: -2 coeff: 0.5 }",
            lambda a, b, c: a - 2 * b + 0.5 * c,
        ),
        ("Eltwise", "eltwise_param { operation: PROD }", lambda a, b, c: a * b * c),
        ("Eltwise", "eltwise_param { operation: MAX }", lambda a, b, c: torch.maximum(torch.maximum(a, b), c)),
    ],
)
def test_layers_with_three_bottoms(type_, more, f):
    arrays = {name: normal(i, 2, 3, 4) for i, name in enumerate("abc")}
    text = inputs(**{name: array.shape for name, array in arrays.items()}) + layer(type_, "a b c", "y", more)
    check_against(text, lambda leaves, p: {"y": f(*leaves.values())}, arrays)


def test_concat_joins_what_differs_along_its_axis():
    text = inputs(a=(2, 3, 5), b=(2, 4, 5)) + layer("Concat", "a b", "y")
    arrays = {"a": normal(0, 2, 3, 5), "b": normal(1, 2, 4, 5)}
    check_against(text, lambda leaves, p: {"y": torch.cat([leaves["a"], leaves["b"]], 1)}, arrays)


def test_slice_has_several_tops_and_some_need_no_gradient():
    text = inputs(x=(2, 6)) + layer("Slice", "x", "a b c", "slice_param { slice_point: 1 slice_point: 4 }")
    text += layer("ReLU", "b", "y") + layer("Accuracy", "a l", "unused").replace("layer", inputs(l=(2,)) + "layer", 1)
    net = caffe.Net(text, dtype="float64")
    x = normal(0, 2, 6)
    net.forward(x=x, l=np.array([0, 0]))
    net.backward(y=np.ones((2, 3)))
    assert_equal(net.blobs["x"].diff[:, 1:4], (x > 0)[:, 1:4])
    assert not net.blobs["x"].diff[:, [0, 4, 5]].any()
    check_against(
        inputs(x=(2, 6)) + layer("Slice", "x", "a b c"),
        lambda leaves, p: dict(zip("abc", leaves["x"].split(2, 1), strict=True)),
        {"x": x},
    )


def test_softmax_loss():
    y = np.array([0, 2, 1])
    text = inputs(x=(3, 4), y=(3,)) + layer("SoftmaxWithLoss", "x y", "loss", "loss_weight: 0.3")
    check_against(
        text, lambda v, p: {"loss": F.cross_entropy(v["x"], torch.tensor(y))}, {"x": normal(0, 3, 4)}, labels={"y": y}
    )
    y = np.random.default_rng(0).integers(0, 4, (2, 3, 5))
    text = inputs(x=(2, 4, 3, 5), y=(2, 3, 5)) + layer("SoftmaxWithLoss", "x y", "loss")
    check_against(
        text,
        lambda v, p: {"loss": F.cross_entropy(v["x"], torch.tensor(y))},
        {"x": normal(0, 2, 4, 3, 5)},
        labels={"y": y},
    )


def test_euclidean_loss_has_a_gradient_for_both_bottoms():
    text = inputs(a=(3, 4), b=(3, 4)) + layer("EuclideanLoss", "a b", "loss")
    arrays = {"a": normal(0, 3, 4), "b": normal(1, 3, 4)}
    check_against(text, lambda v, p: {"loss": F.mse_loss(v["a"], v["b"], reduction="sum") / 6}, arrays)


def test_sigmoid_cross_entropy_loss():
    t = np.random.default_rng(0).random((3, 4))
    text = inputs(x=(3, 4), t=(3, 4)) + layer("SigmoidCrossEntropyLoss", "x t", "loss")

    def expected(v, p):
        return {"loss": F.binary_cross_entropy_with_logits(v["x"], torch.tensor(t), reduction="sum") / 3}

    check_against(text, expected, {"x": normal(0, 3, 4)}, labels={"t": t})


def test_accuracy_counts_the_best_k_and_no_ties():
    from sklearn.metrics import top_k_accuracy_score

    scores, y = normal(0, 50, 5), np.arange(50) % 5
    for k in (1, 2, 3):
        text = inputs(x=(50, 5), y=(50,)) + layer("Accuracy", "x y", "a", f"accuracy_param {{ top_k: {k} }}")
        got = caffe.Net(text).forward(x=scores, y=y)["a"]
        assert got == pytest.approx(top_k_accuracy_score(y, scores, k=k))
    assert caffe.Net(text).forward(x=np.zeros((50, 5)), y=y)["a"] == 0


class TestData:
    IMAGES = np.arange(7 * 2 * 6 * 5, dtype=np.int16).reshape(7, 2, 6, 5)
    LABELS = np.arange(7)

    def net(self, more, phase="TEST", batch=3):
        text = f'layer {{ name: "d" type: "Data" top: "x" top: "y" data_param {{ batch_size: {batch} }} {more} }}'
        return caffe.Net(text, phase=phase, data={"x": self.IMAGES, "y": self.LABELS}, dtype="float64")

    def test_batches_follow_each_other_and_start_again(self):
        net = self.net("")
        assert [net.forward()["y"].tolist() for _ in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
        assert self.net("", batch=9).forward()["y"].tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]

    def test_mean_and_scale(self):
        net = self.net("transform_param { scale: 0.5 mean_value: 10 mean_value: 20 }")
        expected = (self.IMAGES[:3] - np.array([10.0, 20.0])[:, None, None]) / 2
        assert_equal(net.forward()["x"], expected)

    def test_a_test_takes_the_middle_and_training_any_place(self):
        more = "transform_param { crop_size: 3 mirror: true }"
        test, train = self.net(more), self.net(more, "TRAIN")
        assert test.blobs["x"].shape == (3, 2, 3, 3)
        assert_equal(test.forward()["x"], self.IMAGES[:3, :, 1:4, 1:4])
        corners, mirrored = set(), 0
        for _ in range(60):
            image = train.forward()["x"][0, 0]
            if image[0, 0] > image[0, 2]:
                mirrored, image = mirrored + 1, image[:, ::-1]
            place = int(image[0, 0]) - int(self.IMAGES[(train["d"].operation.cursor - 3) % 7, 0, 0, 0])
            corners.add(divmod(place, 5))
            assert_equal(np.diff(image), 1)
        assert corners == {(i, j) for i in range(4) for j in range(3)}
        assert 15 < mirrored < 45

    def test_memory_data(self):
        more = "memory_data_param { batch_size: 2 channels: 2 height: 6 width: 5 }"
        net = caffe.Net(layer("MemoryData", "", "x y", more), data={"x": self.IMAGES, "y": self.LABELS})
        assert net.blobs["x"].shape == (2, 2, 6, 5)
        with pytest.raises(caffe.PrototxtError, match=r"expected images \(any, 2, 6, 9\)"):
            caffe.Net(layer("MemoryData", "", "x y", more.replace("5", "9")), data={"x": self.IMAGES, "y": self.LABELS})


@pytest.mark.parametrize(
    ("filler", "low", "high", "deviation"),
    [
        ('type: "constant" value: 0.2', 0.2, 0.2, 0),
        ("", 0, 0, 0),
        ('type: "uniform" min: -1 max: 3', -1, 3, 4 / np.sqrt(12)),
        ('type: "gaussian" mean: 5 std: 0.5', 2, 8, 0.5),
        ('type: "xavier"', -np.sqrt(3 / 300), np.sqrt(3 / 300), np.sqrt(1 / 300)),
        ('type: "xavier" variance_norm: FAN_OUT', -np.sqrt(3 / 200), np.sqrt(3 / 200), np.sqrt(1 / 200)),
        ('type: "xavier" variance_norm: AVERAGE', -np.sqrt(3 / 250), np.sqrt(3 / 250), np.sqrt(1 / 250)),
        ('type: "msra"', -1, 1, np.sqrt(2 / 300)),
    ],
)
def test_fillers(filler, low, high, deviation):
    text = inputs(x=(1, 300)) + layer(
        "InnerProduct", "x", "y", f"inner_product_param {{ num_output: 200 weight_filler {{ {filler} }} }}"
    )
    weight = caffe.Net(text, rng=0, dtype="float64").params["y.weight"].data
    assert weight.min() >= low
    assert weight.max() <= high
    assert weight.std() == pytest.approx(deviation, rel=0.02, abs=1e-12)
    assert (caffe.Net(text, rng=0, dtype="float64").params["y.weight"].data == weight).all()


def test_a_sparse_gaussian_keeps_fifteen_weights_an_input():
    filler = 'weight_filler { type: "gaussian" sparse: 15 }'
    text = inputs(x=(1, 400)) + layer("InnerProduct", "x", "y", f"inner_product_param {{ num_output: 100 {filler} }}")
    weight = caffe.Net(text, rng=0).params["y.weight"].data
    assert (weight != 0).sum(axis=0).mean() == pytest.approx(15, abs=0.6)
    assert weight[weight != 0].std() == pytest.approx(1, abs=0.05)


CONV = "convolution_param { num_output: 4 kernel_size: 3 }"


def conv(old, new):
    """Return the text of a convolution in which something was replaced."""
    return layer("Convolution", "x", "y", CONV.replace(old, new))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (layer("Convolutoin", "x", "y", CONV), "layer 'y': unknown type 'Convolutoin'; did you mean 'Convolution'?"),
        (layer("Convolution", "x", "y"), "ConvolutionParameter needs the field 'kernel_size'"),
        (conv("num_output: 4", ""), "needs the field 'num_output'"),
        (conv("4", "0"), "num_output: expected an integer ≥ 1, got 0"),
        (conv("}", "group: 3 }"), "group: expected a divisor of 4 inputs and 4"),
        (conv("}", "kernel_h: 3 }"), "either kernel_size or kernel_h and kernel_w"),
        (conv("}", "stride: 0 }"), "stride: expected an integer ≥ 1, got 0"),
        (conv("3", "9"), "kernel: expected at most 7 pixels"),
        (layer("Convolution", "x x", "y", CONV), "(Convolution): expected bottoms: 1, got 2"),
        (conv("}", 'weight_filler { type: "magic" } }'), "unknown filler 'magic'; expected one of constant"),
        (layer("Pooling", "x", "y"), "PoolingParameter needs the field 'kernel_size'"),
        (layer("Pooling", "x", "y", "pooling_param { kernel_size: 2 pad: 2 }"), "padding: expected at most half"),
        (layer("Pooling", "x", "y", "pooling_param { kernel_size: 2 global_pooling: true }"), "none with global"),
        (layer("LRN", "x", "y", "lrn_param { local_size: 4 }"), "size: expected an odd number of channels, got 4"),
        (layer("Dropout", "x", "y", "dropout_param { dropout_ratio: 1 }"), "ratio: expected a number from 0"),
        (layer("Softmax", "x", "y", "softmax_param { axis: 4 }"), "axis: expected one of 4 axes, got 4"),
        (layer("Concat", "x f", "y"), "expected bottoms that differ along axis 1 only"),
        (layer("Eltwise", "x f", "y"), "expected bottoms of one shape"),
        (layer("Eltwise", "x x", "y", "eltwise_param { coeff: 1 }"), "coeff: expected one for each of 2 bottoms"),
        (layer("Slice", "x", "a b c"), "expected 4 channels that 3 tops can share equally"),
        (layer("Slice", "x", "a b", "slice_param { slice_point: 4 }"), "slice_point: expected 1 rising numbers"),
        (layer("SoftmaxWithLoss", "f x", "y"), "expected 2 labels for scores (2, 5), got labels (2, 4, 7, 6)"),
        (layer("EuclideanLoss", "f x", "y"), "expected bottoms of one shape"),
        (layer("Accuracy", "f l", "y", "accuracy_param { top_k: 6 }"), "top_k: expected 1 to 5"),
        (layer("LRN", "f", "y"), "expected a bottom (N, C, H, W), got shape (2, 5)"),
        (layer("Input", "", "a b", "input_param { }"), "expected one shape, or 2, one a top, got 0"),
        (layer("Input", "", "a", "input_param { shape { dim: 0 } }"), "expected shapes of integers ≥ 1"),
        (layer("Data", "", "d l2", "data_param { batch_size: 2 }"), "reads its tops from arrays"),
        (layer("Data", "", "d l2"), "DataParameter needs the field 'batch_size'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_an_error_with_its_line(text, problem):
    head = inputs(x=(2, 4, 7, 6), f=(2, 5), l=(2,))
    with pytest.raises(caffe.PrototxtError) as caught:
        caffe.Net(head + text)
    assert problem in str(caught.value)
    assert caught.value.line == 4


def test_every_layer_type_is_tested_here():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in LAYERS if f'"{name}"' not in source] == []
