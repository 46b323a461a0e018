"""Neural Style on a small network: gradients, what falls, what repeats, what is kept, and what is refused."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2yiq
from torch import nn

from course_pkg import data
from course_pkg.vision import Network, StyleObjective, load, stylise
from course_pkg.vision import gram as g
from course_pkg.vision.network import best_precision
from course_pkg.vision.style import with_colours, with_luminance

LAYERS = {"content_layers": ["deep"], "style_layers": ["first", "deep"], "style_weight": 10, "variation_weight": 0}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    parts = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()]
    names = {"first": "1", "deep": "4"}
    return Network(nn.Sequential(*parts), caption="a small network", names=names, device="cpu")


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    photo = np.kron(rng.random((4, 5, 3)), np.ones((4, 4, 1)))  # 16 × 20 pixels
    stripes = np.zeros((12, 12, 3))
    stripes[::2], stripes[1::2] = (0.9, 0.2, 0.1), (0.1, 0.3, 0.6)
    return photo, stripes


def objective(network, pictures, **weights):
    photo, stripes = (network.tensor(p) for p in pictures)
    answers, painted = (network.features(p, ["first", "deep"]) for p in (photo, stripes))
    grams = {name: g.gram(painted[name])[0] for name in painted}
    style = {name: (0.5, a, g.style_factor("relative", a, 1)) for name, a in grams.items()}
    return StyleObjective(network, {"deep": (1.0, answers["deep"], 0.1)}, style, **weights)


@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 10, 0.1)], ids=str)
def test_the_gradient_by_hand_is_that_of_autograd(network, pictures, weights):
    names = ("content_weight", "style_weight", "variation_weight")
    wanted = objective(network, pictures, **dict(zip(names, weights, strict=True)))
    x = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(1))
    losses, hand = wanted.by_hand(x)
    other, auto = wanted.by_autograd(x)
    assert float((hand - auto).abs().max()) <= 1e-5 * float(auto.abs().max())
    torch.testing.assert_close(torch.stack(losses), torch.stack(other))
    # both against the slope of the loss itself, along the gradient
    step = auto / auto.norm()
    ahead, behind = (float(wanted.by_autograd(x + e * step)[0].total) for e in (1e-2, -1e-2))
    assert (ahead - behind) / 2e-2 == pytest.approx(float(auto.norm()), rel=0.02)


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam"])
def test_the_picture_has_the_loss_that_the_history_promises(network, pictures, optimiser):
    """Not one of colours that no picture can have, cut off at the end."""
    photo, stripes = pictures
    extreme = np.round(photo), np.round(stripes)
    found = stylise(network, *extreme, **LAYERS, optimiser=optimiser, steps=40)
    again = stylise(network, *extreme, **LAYERS, start=found.picture, steps=1)
    assert again.history["total"][0] <= 1.05 * found.history["total"][-1]


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam"])
def test_where_nothing_is_to_be_done_nothing_changes(network, pictures, optimiser):
    found = stylise(network, *pictures, **LAYERS | {"style_weight": 0}, optimiser=optimiser, steps=3)
    np.testing.assert_allclose(found.picture, pictures[0], atol=1e-6)
    assert found.history["total"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam"])
@pytest.mark.parametrize("start", ["content", "random"])
def test_the_style_loss_falls(network, pictures, optimiser, start):
    found = stylise(network, *pictures, **LAYERS, optimiser=optimiser, start=start, steps=40)
    assert found.finished
    assert found.picture.shape == pictures[0].shape
    assert 0 <= found.picture.min() <= found.picture.max() <= 1
    assert found.history["style"][-1] < 0.3 * found.history["style"][0]
    assert [len(values) for values in found.history.values()] == [40] * 4
    weighed = found.history["content"] + 10 * found.history["style"]
    np.testing.assert_allclose(found.history["total"], weighed, rtol=1e-5)


def test_style_alone_reaches_the_gram_matrices(network, pictures):
    found = stylise(network, *pictures, **LAYERS, content_weight=0, start="random", steps=60)
    assert found.history["style"][-1] < 5e-3


def test_content_alone_reaches_the_photo(network, pictures):
    found = stylise(network, *pictures, **{**LAYERS, "style_weight": 0}, start="random", steps=60)
    assert found.history["content"][-1] < 1e-2 * found.history["content"][0]


def test_hand_and_autograd_walk_together(network, pictures):
    hand, auto = (stylise(network, *pictures, **LAYERS, steps=5, gradient=way) for way in ("hand", "autograd"))
    np.testing.assert_allclose(hand.picture, auto.picture, atol=1e-3)


def test_same_seed_same_picture(network, pictures):
    first, second, third = (
        stylise(network, *pictures, **LAYERS, start="random", seed=seed, steps=4).picture for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 0.05


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam"])
@pytest.mark.parametrize("cut", [4, 6, 9])  # within the first size, between the two, within the second
def test_a_resumed_run_is_the_uninterrupted_one(network, pictures, tmp_path, optimiser, cut):
    options = {**LAYERS, "optimiser": optimiser, "steps": (6, 6), "scales": (0.5, 1)}
    whole = stylise(network, *pictures, **options)

    def stop(_picture, done, total):
        assert total == 12
        if done == cut:
            raise KeyboardInterrupt

    part = stylise(network, *pictures, **options, watch=stop)
    assert not part.finished
    assert len(part.history["total"]) == cut
    assert part.picture.shape == (16, 20, 3)
    part.save(tmp_path / "state.npz")
    for state in (part, tmp_path / "state.npz"):
        rest = stylise(network, *pictures, **options, resume=state)
        np.testing.assert_array_equal(rest.history["total"], whole.history["total"])
        np.testing.assert_array_equal(rest.picture, whole.picture)


def test_more_steps_go_on_from_a_finished_run(network, pictures):
    short = stylise(network, *pictures, **LAYERS, steps=3)
    again = stylise(network, *pictures, **LAYERS, steps=3, resume=short)
    np.testing.assert_array_equal(again.picture, short.picture)
    longer = stylise(network, *pictures, **LAYERS, steps=7, resume=again)
    np.testing.assert_array_equal(longer.picture, stylise(network, *pictures, **LAYERS, steps=7).picture)


def test_several_styles_are_the_weighted_sum_of_their_losses(network, pictures):
    # Σ b ‖G − A‖² has the gradient of ‖G − Σ b A‖², so the mean of the Gram matrices is all that is needed.
    photo, stripes = pictures
    options = {**LAYERS, "content_weight": 0, "normalisation": "printed", "steps": 1, "optimiser": "adam"}
    one, two, both = (
        stylise(network, photo, styles, **options, mix=mix).history["style"][0]
        for styles, mix in ((stripes, None), (photo, None), ([stripes, photo], [3, 1]))
    )
    assert two == pytest.approx(0, abs=1e-6 * one)  # the photo in its own style
    assert both == pytest.approx((3 / 4) ** 2 * one, rel=1e-4)  # ‖A₂ − (¾ A₁ + ¼ A₂)‖² = (¾)² ‖A₂ − A₁‖²


def test_the_luminance_alone_keeps_the_colours_of_the_photo(network, pictures):
    photo, stripes = pictures
    found = stylise(network, photo, stripes, **LAYERS, colour="luminance", steps=8)
    np.testing.assert_allclose(rgb2yiq(found.picture)[..., 1:], rgb2yiq(photo)[..., 1:], atol=1e-4)
    assert np.abs(found.picture - photo).max() > 0.02
    grey = np.repeat(found.picture.mean(axis=2, keepdims=True), 3, axis=2)
    np.testing.assert_allclose(rgb2yiq(with_luminance(photo, grey))[..., 1:], rgb2yiq(photo)[..., 1:], atol=1e-4)


def test_matched_colours_have_the_mean_and_covariance_of_the_photo():
    rng = np.random.default_rng(0)
    photo, painting = 0.5 + 0.05 * rng.standard_normal((2, 30, 30, 3)) @ rng.random((3, 3))
    found = with_colours(painting, photo).reshape(-1, 3)
    np.testing.assert_allclose(found.mean(axis=0), photo.reshape(-1, 3).mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(np.cov(found.T), np.cov(photo.reshape(-1, 3).T), atol=1e-4)


def test_total_variation_makes_it_smoother(network, pictures):
    rough, smooth = (
        stylise(network, *pictures, **{**LAYERS, "variation_weight": t}, steps=20).picture for t in (0, 20)
    )
    assert np.abs(np.diff(smooth, axis=1)).mean() < 0.7 * np.abs(np.diff(rough, axis=1)).mean()


def test_layers_count_by_their_weights(network, pictures):
    same = {**LAYERS, "style_layers": {"first": 1.0, "deep": 0.0}}
    one, two = (
        stylise(network, *pictures, **layers, steps=3).picture for layers in (same, {**LAYERS, "style_layers": "first"})
    )
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_half_precision_stays_near(pictures):
    torch.manual_seed(0)
    parts = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()]
    names = {"first": "1", "deep": "4"}
    full, half = (
        Network(nn.Sequential(*parts), caption="small", names=names, device="cpu", precision=precision)
        for precision in ("float32", "bfloat16")
    )
    one, two = (stylise(net, *pictures, **LAYERS, steps=20) for net in (full, half))
    # the half-precision picture, measured with all digits, is nearly as good
    at_the_end = stylise(full, *pictures, **LAYERS, start=two.picture, steps=1).history["total"][0]
    clipped = stylise(full, *pictures, **LAYERS, start=one.picture, steps=1).history["total"][0]
    assert at_the_end == pytest.approx(clipped, rel=0.1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"styles": []}, ValueError, "styles: expected at least one picture"),
        ({"styles": np.zeros((4, 4))}, ValueError, r"styles\[0\]: expected shape"),
        ({"content": np.zeros((4, 4))}, ValueError, "content: expected shape"),
        ({"network": "vgg19"}, TypeError, "network: expected a vision.Network, got str"),
        ({"style_layers": ["conv9"]}, ValueError, "style_layers: expected one of 'first', 'deep'"),
        ({"content_layers": None}, ValueError, "content_layers: expected names of layers"),
        ({"mix": [1, 2]}, ValueError, r"mix: expected shape \(1,\)"),
        ({"mix": [-1]}, ValueError, "mix: expected weights of at least 0"),
        ({"style_weight": -1}, ValueError, "style_weight: expected a number ≥ 0"),
        ({"normalisation": "mean"}, ValueError, "normalisation: expected one of"),
        ({"start": "style"}, ValueError, "start: expected one of 'content', 'random'"),
        ({"start": np.zeros((3, 3, 3))}, ValueError, r"start: expected shape \(16, 20, 3\)"),
        ({"colour": "lab"}, ValueError, "colour: expected one of"),
        ({"optimiser": "sgd"}, ValueError, "optimiser: expected one of"),
        ({"gradient": "numeric"}, ValueError, "gradient: expected one of"),
        ({"lr": 0}, ValueError, "lr: expected a number > 0"),
        ({"steps": -1}, ValueError, "steps: expected an integer ≥ 0"),
        ({"steps": (1, 2)}, ValueError, "steps: expected a number, or one for each of 1 scales"),
        ({"scales": (1, 0.5)}, ValueError, "scales: expected rising numbers"),
        ({"style_scale": 0}, ValueError, "style_scale: expected a number > 0"),
        ({"watch": 3}, TypeError, "watch: expected a function"),
        ({"resume": 3}, ValueError, "resume: expected a Styled or a file"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_named(network, pictures, change, error, message):
    arguments = {"network": network, "content": pictures[0], "styles": pictures[1], "steps": 1, **LAYERS, **change}
    with pytest.raises(error, match=message):
        stylise(**arguments)


def test_a_state_of_another_run_is_refused(network, pictures, tmp_path):
    photo, stripes = pictures
    adam = stylise(network, photo, stripes, **LAYERS, steps=1, optimiser="adam")
    with pytest.raises(ValueError, match="resume: expected a state of the optimiser 'lbfgs', got 'adam'"):
        stylise(network, photo, stripes, **LAYERS, steps=2, resume=adam)
    with pytest.raises(ValueError, match="resume: expected a picture of the photo's size"):
        stylise(network, photo[:10], stripes, **LAYERS, steps=2, optimiser="adam", resume=adam)
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="resume: expected a Styled or a file"):
        stylise(network, photo, stripes, **LAYERS, steps=2, resume=tmp_path / "broken.npz")
    with pytest.raises(FileNotFoundError):
        stylise(network, photo, stripes, **LAYERS, steps=2, resume=tmp_path / "nothing.npz")


def test_a_state_never_unpickles(network, pictures, tmp_path):
    np.savez(tmp_path / "evil.npz", optimiser=np.array([print], dtype=object), images=np.zeros(1), rows=np.zeros(1))
    with pytest.raises(ValueError, match="resume: expected a Styled or a file"):
        stylise(network, *pictures, **LAYERS, resume=tmp_path / "evil.npz")


@pytest.mark.parametrize("name", ["small", "googlenet"])
def test_networks_have_default_layers(pictures, name):
    network = load(name, random=True, device="cpu")
    found = stylise(network, *pictures, steps=2)
    assert found.history["style"][1] < found.history["style"][0]
    assert found.caption == f"Neural Style with {network.caption}"


def test_average_pooling_takes_the_place_of_every_maximum():
    network = load("googlenet", random=True, average_pooling=True, device="cpu")
    kinds = [type(part) for part in network.module.modules()]
    assert nn.MaxPool2d not in kinds
    assert kinds.count(nn.AvgPool2d) == 4 + 9  # between the stages, and one in each Inception module


def test_the_best_precision_is_one_that_the_device_has():
    has = torch.cpu.get_capabilities()
    quick = has.get("avx512_bf16") or has.get("amx_bf16")
    assert best_precision("cpu") == ("bfloat16" if quick else "float32")
    assert best_precision("mps") == "float32"


def test_it_never_leaps_out_of_all_colours():
    # Where the slope gets steeper on the way down, L-BFGS knows no curvature; unchecked, it left 0 … 1 a thousandfold.
    texture = data.texture("scales", size=48, seed=3)
    options = {"content_weight": 0, "start": "random", "style_layers": "relu1", "steps": 20}
    totals = stylise(load("small", device="cpu"), texture, texture, **options).history["total"]
    assert totals.max() == totals[0]
    assert totals[-1] < 0.3 * totals[0]
