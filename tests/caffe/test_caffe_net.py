import itertools

import numpy as np
import pytest
import torch
from caffe_oracle import assert_equal, check_against, inputs, layer, normal

from course_pkg import caffe
from course_pkg.caffe.schema import NET

F = torch.nn.functional
DENSE = "inner_product_param { num_output: 4 }"


def blank(*shape):
    """Images that take no memory, for nets that are built but not run."""
    return np.broadcast_to(np.uint8(0), shape)


class TestPublishedNets:
    """Shapes and counts of the papers and of Caffe's own files."""

    def test_lenet(self):
        data = {"data": blank(100, 1, 28, 28), "label": np.zeros(100, int)}
        net = caffe.Net(caffe.published("lenet_train_test"), data=data)
        assert net.parameter_count == 431_080
        assert {name: blob.shape for name, blob in net.blobs.items()} == {
            "data": (64, 1, 28, 28),
            "label": (64,),
            "conv1": (64, 20, 24, 24),
            "pool1": (64, 20, 12, 12),
            "conv2": (64, 50, 8, 8),
            "pool2": (64, 50, 4, 4),
            "ip1": (64, 500),
            "ip2": (64, 10),
            "loss": (),
        }
        assert [row[-1] for row in net.summary() if row[-1]] == [520, 25_050, 400_500, 5_010]
        assert net.outputs == ["loss"]
        test = caffe.Net(caffe.published("lenet_train_test"), phase="TEST", data=data)
        assert test.outputs == ["accuracy", "loss"]
        assert test.blobs["data"].shape == (100, 1, 28, 28)

    @pytest.mark.parametrize("name", ["alexnet_deploy", "caffenet_deploy"])
    def test_alexnet(self, name):
        net = caffe.Net(caffe.published(name), phase="TEST")
        assert net.parameter_count == 60_965_224
        shapes = [net.blobs[blob].shape[1:] for blob in ("conv1", "conv2", "conv3", "conv4", "conv5", "pool5", "prob")]
        assert shapes == [
            (96, 55, 55),
            (256, 27, 27),
            (384, 13, 13),
            (384, 13, 13),
            (256, 13, 13),
            (256, 6, 6),
            (1000,),
        ]

    def test_googlenet(self):
        net = caffe.Net(caffe.published("googlenet_deploy"), phase="TEST")
        assert net.parameter_count == 6_998_552
        table_1 = {  # output sizes of table 1 of Szegedy and others, 2015, there height × width × channels
            "conv1/7x7_s2": (64, 112, 112),
            "pool1/3x3_s2": (64, 56, 56),
            "conv2/3x3": (192, 56, 56),
            "pool2/3x3_s2": (192, 28, 28),
            "inception_3a/output": (256, 28, 28),
            "inception_3b/output": (480, 28, 28),
            "pool3/3x3_s2": (480, 14, 14),
            "inception_4a/output": (512, 14, 14),
            "inception_4b/output": (512, 14, 14),
            "inception_4c/output": (512, 14, 14),
            "inception_4d/output": (528, 14, 14),
            "inception_4e/output": (832, 14, 14),
            "pool4/3x3_s2": (832, 7, 7),
            "inception_5a/output": (832, 7, 7),
            "inception_5b/output": (1024, 7, 7),
            "pool5/7x7_s1": (1024, 1, 1),
            "prob": (1000,),
        }
        assert {name: net.blobs[name].shape[1:] for name in table_1} == table_1

    def test_googlenet_in_training_has_two_more_heads(self):
        data = {"data": blank(50, 3, 256, 256), "label": np.zeros(50, int)}
        net = caffe.Net(caffe.published("googlenet_train_val"), data=data)
        rest = 128 + (1024 * 128 * 4 * 4 + 1024) + (1000 * 1024 + 1000)  # 1×1 convolution's biases, fc, classifier
        assert net.parameter_count - 6_998_552 == 512 * 128 + rest + 528 * 128 + rest
        assert net.outputs == ["loss1/loss1", "loss2/loss2", "loss3/loss3"]
        assert [net[name].weights for name in ("loss1/loss", "loss2/loss", "loss3/loss3")] == [[0.3], [0.3], [1]]
        assert net.blobs["data"].shape == (32, 3, 224, 224)

    def test_the_autoencoder(self):
        data, text = {"data": blank(10, 1, 28, 28)}, caffe.published("mnist_autoencoder")
        net = caffe.Net(text, data=data)
        sizes = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]  # Hinton & Salakhutdinov, 2006
        assert net.parameter_count == sum(a * b + b for a, b in itertools.pairwise(sizes))
        assert net.blobs["encode4"].shape == (100, 30)
        assert net.outputs == ["cross_entropy_loss", "l2_error"]
        outputs = net.forward()
        assert net.loss == pytest.approx(outputs["cross_entropy_loss"])  # the other one is watched, with weight 0
        net.backward()
        assert net.params["decode1.bias"].diff.any()
        with pytest.raises(caffe.PrototxtError, match="layer 'flatdata' reads 'data', which no layer before it writes"):
            caffe.Net(text, phase="TEST", data=data)  # no stage: none of the data layers is in
        assert len(caffe.Net(text, phase="TEST", stages=["test-on-test"], data=data).layers) == len(net.layers)

    def test_building_takes_no_memory(self):
        net = caffe.Net(caffe.published("alexnet_deploy"))
        net.summary()
        assert all(layer.operation is None for layer in net.layers)

    def test_all_of_them_are_read(self):
        for name in caffe.PUBLISHED:
            text = caffe.published(name)
            assert "BSD" in text.split("\n")[2]
            message = caffe.parse(text, caffe.schema.SOLVER if "solver" in name else NET)
            assert caffe.parse(caffe.to_text(message), message.schema) == message
        with pytest.raises(ValueError, match="name: expected one of 'alexnet_deploy'"):
            caffe.published("resnet")


class TestInPlace:
    def test_a_name_means_the_newest_blob(self):
        text = inputs(x=(3, 5)) + layer("InnerProduct", "x", "h", DENSE) + layer("Sigmoid", "h", "early")
        text += (
            layer("ReLU", "h", "h", name="relu") + layer("TanH", "h", "h", name="tanh") + layer("Flatten", "h", "late")
        )

        def f(v, p):
            h = F.linear(v["x"], p["h.weight"], p["h.bias"])
            return {"early": torch.sigmoid(h), "late": torch.tanh(torch.relu(h))}

        net = check_against(text, f, {"x": normal(0, 3, 5)})
        assert_equal(net.blobs["h"].data, net.blobs["late"].data)

    def test_nobody_else_may_write_a_blob(self):
        text = inputs(x=(3, 5)) + layer("ReLU", "x", "y") + layer("ReLU", "x", "y", name="again")
        with pytest.raises(caffe.PrototxtError, match="layer 'again' writes 'y', which is written already"):
            caffe.Net(text)
        with pytest.raises(caffe.PrototxtError, match="layer 'a' writes 'a', which is written already"):
            caffe.Net(inputs(x=(2, 4)) + layer("Slice", "x", "a a"))


def test_the_gradients_of_all_readers_add_up():
    text = inputs(x=(2, 3)) + layer("Sigmoid", "x", "a") + layer("TanH", "x", "b") + layer("Eltwise", "x x a", "c")
    text += layer("Concat", "x a", "d")

    def f(v, p):
        x = v["x"]
        a = torch.sigmoid(x)
        return {"b": torch.tanh(x), "c": x + x + a, "d": torch.cat([x, a], 1)}

    check_against(text, f, {"x": normal(0, 2, 3)})


def test_an_inception_module_equals_torch():
    def conv(bottom, top, outputs, kernel):
        pad = kernel // 2
        more = f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} pad: {pad} }}"
        return layer("Convolution", bottom, top, more) + layer("ReLU", top, top, name=f"relu_{top}")

    text = inputs(x=(2, 4, 6, 6)) + conv("x", "c1", 2, 1) + conv("x", "r3", 3, 1) + conv("r3", "c3", 4, 3)
    text += conv("x", "r5", 2, 1) + conv("r5", "c5", 3, 5)
    text += layer("Pooling", "x", "p", "pooling_param { kernel_size: 3 stride: 1 pad: 1 }") + conv("p", "pp", 2, 1)
    text += layer("Concat", "c1 c3 c5 pp", "y")

    def f(v, p):
        def conv(x, name):
            weight = p[f"{name}.weight"]
            return torch.relu(F.conv2d(x, weight, p[f"{name}.bias"], padding=weight.shape[-1] // 2))

        x = v["x"]
        c5, pool = conv(conv(x, "r5"), "c5"), conv(F.max_pool2d(x, 3, 1, 1), "pp")
        return {"y": torch.cat([conv(x, "c1"), conv(conv(x, "r3"), "c3"), c5, pool], 1)}

    check_against(text, f, {"x": normal(0, 2, 4, 6, 6)})


class TestSharing:
    PAIR = 'param { name: "w" lr_mult: 2 } param { name: "b" }'
    TEXT = (
        inputs(x=(3, 5), z=(3, 5), t=(3, 4))
        + layer("InnerProduct", "x", "left", DENSE + PAIR)
        + layer("InnerProduct", "z", "right", DENSE + PAIR)
        + layer("EuclideanLoss", "left right", "apart")
        + layer("EuclideanLoss", "left t", "fit", "loss_weight: 0.5")
    )

    def test_a_siamese_net_equals_torch(self):
        def f(v, p):
            left, right = (F.linear(v[x], p["left.weight"], p["left.bias"]) for x in "xz")
            return {"apart": ((left - right) ** 2).sum() / 6, "fit": ((left - v["t"]) ** 2).sum() / 6}

        net = check_against(self.TEXT, f, {"x": normal(0, 3, 5), "z": normal(1, 3, 5), "t": normal(2, 3, 4)})
        assert net.params["left.weight"] is net.params["right.weight"]
        assert net.parameter_count == 24
        assert [(one.name, one.lr_mult) for one in net.learnable] == [("left.weight", 2), ("left.bias", 1)]
        outputs = {name: float(net.blobs[name].data) for name in ("apart", "fit")}
        assert net.loss == pytest.approx(outputs["apart"] + 0.5 * outputs["fit"])

    def test_shapes_and_multipliers_must_agree(self):
        head, tail = self.TEXT.split('name: "right"')
        wide = head + 'name: "right"' + tail.replace("num_output: 4", "num_output: 5", 1)
        with pytest.raises(caffe.PrototxtError, match=r"'w': expected the shape \(4, 5\) of left.weight, got \(5, 5\)"):
            caffe.Net(wide)
        with pytest.raises(caffe.PrototxtError, match=r"lr_mult of 'w': left.weight says 2.0"):
            caffe.Net(head + 'name: "right"' + tail.replace("lr_mult: 2", "lr_mult: 3"))

    def test_a_test_net_uses_the_parameters_of_the_training_net(self):
        train = caffe.Net(self.TEXT)
        test = caffe.Net(self.TEXT, phase="TEST", share=train, rng=5)
        assert test.params["left.weight"] is train.params["left.weight"]
        other = self.TEXT.replace("num_output: 4", "num_output: 3").replace("dim: 4", "dim: 3")
        with pytest.raises(ValueError, match=r"share: expected left.weight of shape \(3, 5\) there too, got \(4, 5\)"):
            caffe.Net(other, share=train).forward()


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        ("", {"train", "test", "staged", "deep"}),
        ("include { phase: TRAIN }", {"train"}),
        ("include: { phase: TEST }", {"test", "staged", "deep"}),
        ("exclude { phase: TEST }", {"train"}),
        ('include { stage: "s" }', {"staged"}),
        ('include { not_stage: "s" }', {"train", "test", "deep"}),
        ('exclude { stage: "s" } exclude { min_level: 2 }', {"train", "test"}),
        ("include { min_level: 1 max_level: 3 }", {"deep"}),
        ('include { phase: TRAIN } include { phase: TEST stage: "s" }', {"train", "staged"}),
        ('include { stage: "s" stage: "t" }', set()),
    ],
)
def test_rules_choose_the_layers(rules, where):
    text = inputs(x=(1, 2)) + layer("ReLU", "x", "y", rules)
    states = {
        "train": {"phase": "TRAIN"},
        "test": {"phase": "TEST"},
        "staged": {"phase": "TEST", "stages": ["s"]},
        "deep": {"phase": "TEST", "level": 2},
    }
    assert {name for name, state in states.items() if "y" in caffe.Net(text, **state).blobs} == where


def test_older_ways_to_say_the_input():
    relu = "\n" + layer("ReLU", "data", "y")
    shape = 'input: "data" input_shape { dim: 2 dim: 3 dim: 4 dim: 5 }'
    sizes = 'input: "data" input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5'
    for text in (shape + relu, sizes + relu, inputs(data=(2, 3, 4, 5)) + relu):
        net = caffe.Net(text)
        assert net.blobs["y"].shape == (2, 3, 4, 5)
        assert net.forward(data=-np.ones((7, 3, 4, 5)))["y"].shape == (7, 3, 4, 5)  # any number of samples
    for text in ('input: "data"', sizes + " input_dim: 6", sizes + shape.replace('input: "data"', "")):
        with pytest.raises(caffe.PrototxtError):
            caffe.Net(text + relu)


def test_propagate_down_stops_a_gradient():
    text = inputs(a=(2, 3), b=(2, 3)) + layer("Eltwise", "a b", "y", "propagate_down: true propagate_down: false")
    net = caffe.Net(text)
    net.forward(a=np.ones((2, 3)), b=np.ones((2, 3)))
    net.backward(y=np.ones((2, 3)))
    assert net.blobs["a"].diff.all()
    assert not net.blobs["b"].diff.any()


def test_gradients_of_parameters_add_up_until_they_are_cleared():
    text = inputs(x=(2, 3)) + layer("InnerProduct", "x", "y", DENSE)
    net = caffe.Net(text, dtype="float64")
    net.forward(x=np.ones((2, 3)))
    for times in (1, 2, 3):
        net.backward(y=np.ones((2, 4)))
        assert_equal(net.params["y.bias"].diff, np.full(4, 2.0 * times))
    net.zero_grad()
    assert not net.params["y.bias"].diff.any()


class TestWhatComesTooEarlyOrWrong:
    TEXT = inputs(x=(2, 3)) + layer("ReLU", "x", "y")

    def test_no_data_yet(self):
        net = caffe.Net(self.TEXT)
        with pytest.raises(RuntimeError, match=r"blob 'y' is empty: call net.forward\(\) first"):
            net.blobs["y"].data  # noqa: B018
        with pytest.raises(RuntimeError, match="backward needs a forward pass first"):
            net.backward()
        with pytest.raises(ValueError, match="x: this net takes it as input"):
            net.forward()

    def test_nothing_to_start_from(self):
        net = caffe.Net(self.TEXT)
        net.forward(x=np.ones((2, 3)))
        with pytest.raises(RuntimeError, match="this net has no loss to start from"):
            net.backward()
        with pytest.raises(ValueError, match="z: expected the name of a blob"):
            net.backward(z=np.ones((2, 3)))
        with pytest.raises(ValueError, match="y: expected shape"):
            net.backward(y=np.ones((2, 4)))

    def test_wrong_inputs(self):
        net = caffe.Net(self.TEXT)
        with pytest.raises(ValueError, match=r"x: expected shape \(any, 3\), got \(2, 4\)"):
            net.forward(x=np.ones((2, 4)))
        with pytest.raises(ValueError, match="z: expected an input of this net"):
            net.forward(z=np.ones((2, 4)))
        with pytest.raises(TypeError, match="x: expected an array of real numbers"):
            net.forward(x="image")

    def test_the_layer_is_named_when_numbers_run_wild(self):
        net = caffe.Net(inputs(x=(2, 3), y=(2,)) + layer("SoftmaxWithLoss", "x y", "loss"))
        with pytest.raises(ValueError, match="labels from 0 to 2") as caught:
            net.forward(x=np.ones((2, 3)), y=np.array([0, 3]))
        assert caught.value.__notes__ == ["This was in layer 'loss' of the net."]
        with pytest.raises(ValueError, match=r"labels: expected whole numbers, got 0\.5"):
            net.forward(x=np.ones((2, 3)), y=[0, 0.5])

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ({"phase": "train"}, "phase: expected 'TRAIN' or 'TEST'"),
            ({"data": [1]}, "data: expected a dict"),
            ({"stages": "s"}, "stages: expected a list"),
            ({"share": "net"}, "share: expected a Net"),
            ({"dtype": "int32"}, "dtype: expected float32 or float64"),
            ({"rng": -1}, "rng: expected an integer ≥ 0"),
            ({"level": 1.5}, "level: expected an integer"),
            (
                {"prototxt": caffe.parse("", caffe.schema.SOLVER)},
                "expected the message of a net, got one of SolverParam",
            ),
            ({"prototxt": ""}, "this net has no layers in phase TRAIN"),
        ],
    )
    def test_wrong_arguments(self, arguments, problem):
        with pytest.raises((TypeError, ValueError), match=problem):
            caffe.Net(**{"prototxt": self.TEXT, **arguments})

    @pytest.mark.parametrize(
        ("text", "problem", "line"),
        [
            (layer("ReLU", "nothing", "z"), "layer 'z' reads 'nothing', which no layer before it writes", 3),
            (layer("InnerProduct", "x", "z", DENSE + " param { } param { } param { }"), "expected at most 2 param", 3),
            (
                layer("ReLU", "x", "z", "loss_weight: 1 loss_weight: 2"),
                "loss_weight: expected one for each of 1 tops",
                3,
            ),
            (layer("ReLU", "x", "z", "include { } exclude { }"), "include rules or exclude rules, got both", 3),
            (layer("ReLU", "x", "z", "propagate_down: true propagate_down: true"), "propagate_down: expected none", 3),
            (
                "\n" + layer("InnerProduct", "x", "a", DENSE) + layer("InnerProduct", "x", "b", DENSE, name="a"),
                "layer 'a': another one of this name has parameters or data",
                5,
            ),
        ],
    )
    def test_wrong_texts(self, text, problem, line):
        with pytest.raises(caffe.PrototxtError) as caught:
            caffe.Net(self.TEXT + text)
        assert problem in caught.value.problem
        assert caught.value.line == line


def test_edges_say_which_way_the_blobs_take():
    text = (
        inputs(x=(2, 3))
        + layer("ReLU", "x", "x", name="r")
        + layer("Slice", "x", "a b c")
        + layer("Eltwise", "a c", "d")
    )
    assert caffe.Net(text).edges() == [
        (0, 1, "x", (2, 3)),
        (1, 2, "x", (2, 3)),
        (2, 3, "a", (2, 1)),
        (2, 3, "c", (2, 1)),
    ]
    assert caffe.Net(text)["d"].type == "Eltwise"
    with pytest.raises(KeyError, match="name: expected one of in_x, r, a, d, got 'x'"):
        caffe.Net(text)["x"]
