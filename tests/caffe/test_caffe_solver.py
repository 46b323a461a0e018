import numpy as np
import pytest
import torch
from caffe_oracle import assert_equal, layer, normal
from scipy.special import expit

from course_pkg import caffe, data
from course_pkg.caffe.schema import SOLVER

F = torch.nn.functional


def dense(outputs):
    return f'inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }}'


MLP = (
    layer("Data", "", "x y", "data_param { batch_size: 6 }")
    + layer("InnerProduct", "x", "h", dense(5) + "param { } param { lr_mult: 2 decay_mult: 0 }")
    + layer("TanH", "h", "h", name="tanh")
    + layer("InnerProduct", "h", "s", dense(3) + "param { lr_mult: 0.5 }")
    + layer("SoftmaxWithLoss", "s y", "loss")
    + layer("Accuracy", "s y", "accuracy", "include { phase: TEST }")
)
HELD = {"x": normal(5, 24, 1, 2, 4), "y": np.arange(24) % 3}
IMAGES = {"x": normal(1, 20, 2, 6, 6), "y": np.arange(20) % 3}
X, Y = normal(0, 20, 1, 2, 4), np.arange(20) % 3
BASE = 'base_lr: 0.1 lr_policy: "fixed" max_iter: 20'


def solver(text, net=MLP, **more):
    return caffe.Solver(text, net=net, **{"data": {"x": X, "y": Y}, "dtype": "float64", **more})


class TestPolicies:
    ITERATIONS = 40

    def rates(self, text):
        return [caffe.learning_rate(f"base_lr: 0.5 {text}", t) for t in range(self.ITERATIONS)]

    @pytest.mark.parametrize(
        ("text", "schedule"),
        [
            ('lr_policy: "fixed"', lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1)),
            ('lr_policy: "step" gamma: 0.3 stepsize: 7', lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.3)),
            ('lr_policy: "exp" gamma: 0.9', lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
            (
                'lr_policy: "multistep" gamma: 0.5 stepvalue: 3 stepvalue: 20',
                lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [3, 20], 0.5),
            ),
            (
                'lr_policy: "poly" power: 1.5 max_iter: 40',
                lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 40, 1.5),
            ),
            (
                'lr_policy: "inv" gamma: 0.1 power: 0.75',
                lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: (1 + 0.1 * t) ** -0.75),
            ),
            (
                'lr_policy: "sigmoid" gamma: -0.3 stepsize: 20',
                lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: expit(-0.3 * (t - 20))),
            ),
        ],
    )  # fmt: skip
    def test_equals_torchs_schedule(self, text, schedule):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.5)
        scheduler, expected = schedule(optimiser), []
        for _ in range(self.ITERATIONS):
            expected.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            scheduler.step()
        assert_equal(self.rates(text), expected)

    def test_numbers_worked_out_by_hand(self):
        assert caffe.learning_rate(caffe.published("lenet_solver"), 10_000) == pytest.approx(0.01 * 2**-0.75)
        assert self.rates('lr_policy: "sigmoid" gamma: -1 stepsize: 10')[10] == 0.25
        assert self.rates('lr_policy: "sigmoid" gamma: 1e6 stepsize: 20')[19:22] == [0, 0.25, 0.5]  # nothing overflows

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('base_lr: 1 lr_policy: "stpe"', "unknown lr_policy 'stpe'; did you mean 'step'"),
            ('base_lr: 1 lr_policy: "step" gamma: 1', "SolverParameter needs the field 'stepsize'"),
            ('base_lr: 1 lr_policy: "step" gamma: 1 stepsize: 0', "stepsize: expected an integer ≥ 1"),
            ('lr_policy: "fixed"', "SolverParameter needs the field 'base_lr'"),
            ("base_lr: 1", "SolverParameter needs the field 'lr_policy'"),
        ],
    )
    def test_a_policy_needs_its_fields(self, text, problem):
        with pytest.raises(caffe.PrototxtError, match=problem):
            caffe.learning_rate(text, 0)


@pytest.mark.parametrize(
    ("more", "settings"),
    [
        ("", {}),
        ("momentum: 0.9", {"momentum": 0.9}),
        ("momentum: 0.9 weight_decay: 0.05", {"momentum": 0.9, "weight_decay": 0.05}),
    ],
)
def test_twenty_steps_equal_torchs_sgd(more, settings):
    ours = solver(f"{BASE} {more}")
    params = {name: torch.tensor(blob.data, requires_grad=True) for name, blob in ours.net.params.items()}
    decay = settings.pop("weight_decay", 0)
    multipliers = {"h.weight": (1, 1), "h.bias": (2, 0), "s.weight": (0.5, 1), "s.bias": (1, 1)}
    groups = [
        {"params": [params[name]], "lr": 0.1 * lr, "weight_decay": decay * share}
        for name, (lr, share) in multipliers.items()
    ]
    optimiser, losses = torch.optim.SGD(groups, **settings), []
    for t in range(20):
        rows = np.arange(6 * t, 6 * t + 6) % 20
        h = torch.tanh(F.linear(torch.tensor(X[rows]).flatten(1), params["h.weight"], params["h.bias"]))
        loss = F.cross_entropy(F.linear(h, params["s.weight"], params["s.bias"]), torch.tensor(Y[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert_equal(ours.solve().losses, losses)
    for name, param in params.items():
        assert_equal(ours.net.params[name].data, param.detach().numpy())


def test_gradients_over_several_batches_are_one_large_batch():
    small = solver(f"{BASE} iter_size: 2 weight_decay: 0.1", MLP.replace("batch_size: 6", "batch_size: 5"))
    large = solver(f"{BASE} weight_decay: 0.1", MLP.replace("batch_size: 6", "batch_size: 10"))
    assert_equal(small.solve().losses, large.solve().losses)


def test_clipping_bounds_the_norm_of_all_gradients_together():
    free, clipped = solver(BASE), solver(f"{BASE} clip_gradients: 0.01")
    free.step()
    clipped.step()
    norm = np.sqrt(sum((one.blob.diff**2).sum() for one in free.net.learnable))
    for one, other in zip(clipped.net.learnable, free.net.learnable, strict=True):
        assert_equal(one.blob.diff, other.blob.diff * 0.01 / norm)


def test_l1_decay_takes_the_sign():
    plain, sparse = solver(BASE), solver(f'{BASE} weight_decay: 0.1 regularization_type: "L1"')
    before = {name: blob.data.copy() for name, blob in plain.net.params.items()}
    plain.step()
    sparse.step()
    shrunk = plain.net.params["h.weight"].data - sparse.net.params["h.weight"].data
    assert_equal(shrunk, 0.1 * 0.1 * np.sign(before["h.weight"]))
    assert_equal(sparse.net.params["h.bias"].data, plain.net.params["h.bias"].data)  # its decay_mult is 0


class TestTests:
    TEXT = f"{BASE} test_iter: 4 test_interval: 10"

    def test_they_run_at_intervals_with_the_parameters_of_the_training_net(self):
        ours = solver(self.TEXT, test_data=HELD)
        history = ours.solve()
        assert [iteration for iteration, _ in history.tests] == [0, 10, 20]
        params = {name: blob.data for name, blob in ours.net.params.items()}
        h = np.tanh(HELD["x"].reshape(24, 8) @ params["h.weight"].T + params["h.bias"])
        scores = torch.tensor(h @ params["s.weight"].T + params["s.bias"])
        labels = torch.tensor(HELD["y"])
        assert history.tests[-1][1] == [
            {
                "loss": pytest.approx(F.cross_entropy(scores, labels).item()),
                "accuracy": pytest.approx((scores.argmax(1) == labels).double().mean().item()),
            }
        ]

    def test_the_first_may_be_left_out(self):
        ours = solver(f"{self.TEXT} test_initialization: false", test_data=HELD)
        assert [iteration for iteration, _ in ours.solve().tests] == [10, 20]

    def test_two_test_nets_with_their_stages(self):
        stages = 'test_state: { stage: "a" } test_iter: 1 test_state: { stage: "b" }'
        net = MLP.replace("data_param", 'exclude { stage: "b" } data_param', 1)
        net = layer("Data", "", "x y", 'include { stage: "b" } data_param { batch_size: 1 }') + net
        ours = solver(f"{BASE} {stages} test_iter: 2", net, test_data=[HELD, HELD])
        assert [test.blobs["x"].shape[0] for test in ours.test_nets] == [6, 1]
        assert [sorted(result) for result in ours.test()] == [["accuracy", "loss"]] * 2
        with pytest.raises(ValueError, match="test_data: expected one for each of 2 test nets, got 1"):
            solver(f"{BASE} {stages} test_iter: 2", net, test_data=[HELD])

    def test_a_monitor_sees_losses_and_accuracies(self):
        seen = []

        class Watch:
            def update(self, loss, *, accuracy=None):
                seen.append((loss, accuracy))

        history = solver(self.TEXT, test_data=HELD).solve(monitor=Watch())
        assert [loss for loss, _ in seen] == history.losses
        assert [t for t, (_, accuracy) in enumerate(seen) if accuracy is not None] == [0, 10]


class TestSnapshots:
    """A net with everything that a snapshot has to keep: momentum, dropout, random crops, batch normalisation."""

    NET = (
        layer("Data", "", "x y", "data_param { batch_size: 6 } transform_param { crop_size: 4 mirror: true }")
        + layer("BatchNorm", "x", "n")
        + layer("Scale", "n", "n", "scale_param { bias_term: true }", name="scale")
        + layer("InnerProduct", "n", "h", "inner_product_param { num_output: 8 weight_filler { type: 'msra' } }")
        + layer("Dropout", "h", "h", name="drop")
        + layer("InnerProduct", "h", "s", "inner_product_param { num_output: 3 weight_filler { type: 'xavier' } }")
        + layer("SoftmaxWithLoss", "s y", "loss")
    )
    TEXT = 'base_lr: 0.05 lr_policy: "inv" gamma: 0.1 power: 1 momentum: 0.9 weight_decay: 0.01 max_iter: 12 '
    TEXT += "test_iter: 2 test_interval: 5"

    def solver(self, more="", rng=0, **options):
        images = {"data": IMAGES, "test_data": IMAGES}
        return caffe.Solver(self.TEXT + more, net=self.NET, rng=rng, **images, **options)

    def test_what_follows_is_equal_bit_by_bit(self, tmp_path):
        through = self.solver()
        through.step(7)
        through.snapshot(tmp_path / "seven.npz")
        rest = through.solve()
        resumed = self.solver(rng=99)
        resumed.step(3)
        resumed.restore(tmp_path / "seven.npz")
        again = resumed.solve()
        assert again.losses == rest.losses[7:]
        assert again.tests == rest.tests[-2:]
        for name, array in through.net.arrays().items():
            assert array.tobytes() == resumed.net.arrays()[name].tobytes()

    def test_without_the_snapshot_it_would_not_be_equal(self):
        one, other = self.solver(), self.solver(rng=99)
        assert one.solve().losses != other.solve().losses
        assert self.solver().solve().losses == one.history.losses  # the same seed is the same run

    def test_they_are_written_as_the_text_says(self, tmp_path):
        self.solver(' snapshot: 5 snapshot_prefix: "examples/mnist/lenet"', folder=tmp_path).solve()
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["lenet_iter_10.npz", "lenet_iter_12.npz", "lenet_iter_5.npz"]

    def test_nothing_is_pickled(self, tmp_path):
        ours = self.solver()
        ours.snapshot(tmp_path / "s.npz")
        with np.load(tmp_path / "s.npz", allow_pickle=False) as file:
            assert all(file[name].dtype.kind in "fiU" for name in file.files)

    def test_a_file_of_another_net_changes_nothing(self, tmp_path):
        other = solver(BASE)
        other.snapshot(tmp_path / "other.npz")
        (tmp_path / "junk.npz").write_bytes(b"junk")
        ours = self.solver()
        before = {name: array.copy() for name, array in ours.net.arrays().items()}
        for name in ("other.npz", "junk.npz"):
            with pytest.raises(ValueError, match="path: expected a snapshot of this solver"):
                ours.restore(tmp_path / name)
        assert ours.iteration == 0
        assert all((ours.net.arrays()[name] == array).all() for name, array in before.items())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('base_lr: 1 lr_policy: "fixed"', "SolverParameter needs the field 'max_iter'"),
        (f'{BASE} type: "Adam"', "type: expected one of SGD, got Adam"),
        (f'{BASE} regularization_type: "L3"', "regularization_type: expected one of L2, L1, got L3"),
        (f"{BASE} iter_size: 0", "iter_size: expected an integer ≥ 1"),
        (f"{BASE} test_iter: 0", "test_iter: expected an integer ≥ 1"),
        (f"{BASE} test_iter: 1 test_state {{ }} test_state {{ }}", "test_iter: expected one for each of 2 test_state"),
        (f"{BASE} momentun: 0.9", "SolverParameter has no field 'momentun'; did you mean 'momentum'?"),
    ],
)
def test_wrong_texts_are_errors_with_their_line(text, problem):
    with pytest.raises(caffe.PrototxtError) as caught:
        solver("\n\n" + text, test_data={"x": X, "y": Y})
    assert problem in caught.value.problem
    assert caught.value.line == 3 or "needs" in problem  # what is missing is missed at the head of the text


def test_the_net_is_given_or_inside_or_published():
    inside = caffe.Solver(f"{BASE} net_param {{ {MLP} }}", data={"x": X, "y": Y})
    assert inside.net.parameter_count == 8 * 5 + 5 + 5 * 3 + 3
    images = {"data": np.zeros((64, 1, 28, 28), np.uint8), "label": np.zeros(64, int)}
    assert caffe.Solver(caffe.published("lenet_solver"), data=images, test_data=images).net.name == "LeNet"
    with pytest.raises(caffe.PrototxtError, match="SolverParameter needs the field 'net'"):
        caffe.Solver(BASE)
    with pytest.raises(caffe.PrototxtError, match="net: no published net has this name"):
        caffe.Solver(f'{BASE} net: "mine.prototxt"')
    with pytest.raises(TypeError, match="expected the message of a solver, got one of NetParameter"):
        caffe.Solver(caffe.parse("", caffe.schema.NET))
    assert caffe.Solver(caffe.parse(BASE, SOLVER), net=MLP, data={"x": X, "y": Y}).message["max_iter"] == 20


def test_numbers_out_of_range_say_what_to_change():
    with pytest.raises(FloatingPointError, match=r"a base_lr below 3e\+38 may help"):
        solver(f"{BASE} momentum: 0.9".replace("0.1", "3e38"), dtype="float32").solve()


def test_lenet_from_its_published_text_learns_the_digits():
    digits = data.digits(28, test=0.2225, seed=0)
    order = np.random.default_rng(0).permutation(len(digits.x_train))
    text = caffe.published("lenet_solver").replace("max_iter: 10000", "max_iter: 50")
    text = text.replace("test_iter: 100", "test_iter: 4").replace("test_interval: 500", "test_interval: 1000")
    lenet = caffe.Solver(
        text + "test_initialization: false",
        data={"data": digits.x_train[order] * 255, "label": digits.y_train[order]},
        test_data={"data": digits.x_test * 255, "label": digits.y_test},
    )
    ((iteration, (result,)),) = lenet.solve().tests
    assert iteration == 50
    assert result["accuracy"] > 0.9
