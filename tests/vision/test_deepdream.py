"""DeepDream: what rises, how it climbs, and that it can be stopped, repeated and written down."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_pkg import models, vision
from course_pkg.vision import deepdream

LAYER = "relu3a"


@pytest.fixture(scope="module")
def network():
    return vision.load("small", random=True, device="cpu")


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((1, 3, 6, 8)))
    return vision.picture(torch.nn.functional.interpolate(coarse, (72, 96), mode="bicubic"))


QUICK = {"steps": 3, "octaves": 2, "jitter": 4}


def test_the_feedback_is_the_activation_itself(network, image):
    """δL = L, carried back by autograd as the feedback, is the gradient of what ``dream`` lets rise."""
    x = network.tensor(image).requires_grad_()
    activation = network.features(x, [LAYER])[LAYER]
    (fed_back,) = torch.autograd.grad(activation, x, grad_outputs=activation.detach())
    value, gradient = deepdream._gradient(deepdream._objective(network, LAYER, None, None), x, None, 0, None)
    scale = x[0, 0].numel() / activation.numel()
    torch.testing.assert_close(gradient, fed_back * scale)
    assert value == pytest.approx(0.5 * float(activation.detach().square().sum()) * scale, rel=1e-5)


def test_the_plain_algorithm_of_the_deck(network, image):
    """One octave, no jitter, no treatment: I ← I + λ·dI/mean|dI|, cut to 0 … 1, computed here with torch alone."""
    want = network.tensor(image)
    for _ in range(2):
        x = want.clone().requires_grad_()
        activation = network.features(x, [LAYER])[LAYER]
        (gradient,) = torch.autograd.grad(activation, x, grad_outputs=activation.detach())
        want = (want + 0.02 * gradient / gradient.abs().mean()).clamp(0, 1)
    plain = {"octaves": 1, "jitter": 0, "colours": False, "blur": 0, "damp": 0}
    got = vision.dream(network, image, LAYER, steps=2, step=0.02, **plain)
    np.testing.assert_allclose(got.picture, vision.picture(want), atol=1e-5)


@pytest.mark.parametrize(
    "what",
    [
        {"layers": LAYER},
        {"layers": ["relu2", "mixed4a"]},
        {"layers": {"relu2": 1.0, ("mixed4a", 7): 2.0}},
        {"layers": ("mixed4a", 7)},
        {"target": 3},
        {"layers": LAYER, "guide": True},
        {"layers": LAYER, "tile": 32, "halo": 32},
    ],
    ids=str,
)
def test_the_objective_rises_and_the_picture_stays_in_range(network, image, what):
    if "guide" in what:
        what = what | {"guide": np.random.default_rng(1).random((40, 50, 3))}
    one = vision.dream(network, image, **what, **QUICK)
    assert one.picture.shape == image.shape
    assert one.picture.min() >= 0
    assert one.picture.max() <= 1
    assert [len(octave) for octave in one.objectives] == [3, 3]
    assert all(octave[-1] > octave[0] for octave in one.objectives)
    assert one.finished
    assert network.caption in one.caption


def test_a_channel_rises_more_when_it_is_asked_for(network, image):
    def mean_square(picture, channel):
        return float(network.features(network.tensor(picture), ["mixed4a"])["mixed4a"][0, channel].square().mean())

    asked = {c: vision.dream(network, image, ("mixed4a", c), steps=6, octaves=1, jitter=0).picture for c in (5, 60)}
    assert mean_square(asked[5], 5) > mean_square(asked[60], 5)
    assert mean_square(asked[60], 60) > mean_square(asked[5], 60)


def test_a_class_scores_higher(network, image):
    def score(picture):
        return float(network.scores(network.tensor(picture))[0, 3])

    assert score(vision.dream(network, image, target=3, **QUICK).picture) > score(image)


def test_the_guide_feeds_back_its_best_feature(network, image):
    """The gradient is that of the feature with the largest dot product at each position, found here by a loop."""
    guide = np.random.default_rng(2).random((33, 47, 3))
    x = network.tensor(image).requires_grad_()
    maps = network.features(x, [LAYER])[LAYER]
    choices = network.features(network.tensor(guide), [LAYER])[LAYER][0].flatten(1).T
    feedback = torch.zeros_like(maps)
    for row, column in np.ndindex(*maps.shape[2:]):
        products = [float(choice @ maps[0, :, row, column].detach()) for choice in choices]
        feedback[0, :, row, column] = choices[int(np.argmax(products))]
    (want,) = torch.autograd.grad(maps, x, grad_outputs=feedback)
    _, got = deepdream._gradient(deepdream._objective(network, LAYER, None, guide), x, None, 0, None)
    torch.testing.assert_close(got / got.abs().mean(), want / want.abs().mean(), rtol=1e-3, atol=1e-3)


def test_the_guide_decides(network, image):
    guides = [np.zeros((40, 40, 3)), np.random.default_rng(0).random((40, 40, 3))]
    one, other = (vision.dream(network, image, LAYER, guide=guide, **QUICK).picture for guide in guides)
    assert np.abs(one - other).mean() > 1e-3


def test_same_seed_same_picture(network, image):
    pictures = [vision.dream(network, image, LAYER, tile=32, halo=0, seed=s, **QUICK).picture for s in (1, 1, 2)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert np.abs(pictures[0] - pictures[2]).mean() > 1e-4


def test_jitter_shifts_and_shifts_back(network, image):
    """With a step so small that nothing else changes, a jittered dream lies where the other one lies."""
    calm, jittered = (vision.dream(network, image, LAYER, steps=20, octaves=1, jitter=j).picture for j in (0, 8))
    assert np.abs(calm - jittered).mean() > 1e-4
    similarity = np.corrcoef((calm - image).ravel(), (jittered - image).ravel())[0, 1]
    shifted = np.corrcoef((calm - image).ravel(), np.roll(jittered - image, 7, axis=(0, 1)).ravel())[0, 1]
    assert similarity > 0.2
    assert similarity > shifted + 0.1


def test_detail_is_carried_up(network, image):
    """What the small octave dreamt is in the large picture although no step was made there that counts."""
    seen = []
    vision.dream(network, image, LAYER, steps=4, octaves=2, jitter=0, watch=lambda now, done, total: seen.append(now))
    small, large = seen[3], seen[4]
    detail = small - vision.picture(deepdream.pyramid.resize(network.tensor(image), small.shape[:2]))
    back = vision.picture(
        deepdream.pyramid.resize(network.tensor(large) - network.tensor(image) + 0.5, small.shape[:2])
    )
    assert np.corrcoef(detail.ravel(), (back - 0.5).ravel())[0, 1] > 0.7


def test_watch_is_told_and_an_interrupt_keeps_the_last_picture(network, image):
    told = []

    def stop_after_five(picture, done, total):
        told.append((picture, done, total))
        if done == 5:
            raise KeyboardInterrupt

    one = vision.dream(network, image, LAYER, watch=stop_after_five, **QUICK)
    assert [(done, total) for _, done, total in told] == [(i, 6) for i in range(1, 6)]
    assert not one.finished
    np.testing.assert_allclose(one.picture, told[-1][0], atol=1e-6)


def test_an_interrupt_in_a_small_octave_gives_a_picture_of_the_full_size(network, image):
    def stop(*_):
        raise KeyboardInterrupt

    one = vision.dream(network, image, LAYER, watch=stop, **QUICK)
    assert one.picture.shape == image.shape
    assert 0 < np.abs(one.picture - image).mean() < 0.05


def test_treatments(network):
    gradient = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    damped = deepdream._treated(gradient + 5, colours=False, blur=0, damp=1.0)
    assert abs(float(damped.mean())) < 0.01
    blurred = deepdream._treated(gradient.clone(), colours=False, blur=2, damp=0)
    assert blurred.diff(dim=3).abs().mean() < 0.2 * gradient.diff(dim=3).abs().mean()
    coloured = deepdream._treated(gradient.clone(), colours=True, blur=0, damp=0)
    spread = (coloured - coloured.mean(dim=1, keepdim=True)).std() / coloured.std()
    assert spread < 0.6 * (gradient - gradient.mean(dim=1, keepdim=True)).std() / gradient.std()
    assert torch.equal(deepdream._treated(gradient.clone(), colours=False, blur=0, damp=0), gradient)


def test_zoom_goes_in(network, image):
    still = vision.zoom(network, image, LAYER, frames=2, factor=1.5, steps=1, octaves=1, step=1e-6)
    assert [frame.shape for frame in still] == [image.shape] * 2
    height, width = image.shape[:2]
    middle = still[0][height // 6 : -height // 6, width // 6 : -width // 6]
    larger = np.asarray(Image.fromarray((middle * 255).astype(np.uint8)).resize((width, height), Image.BICUBIC)) / 255
    assert np.abs(still[1] - larger).mean() < 0.02
    assert np.abs(still[1] - still[0]).mean() > 0.03


def test_zoom_turns_about_the_middle():
    picture = np.zeros((41, 61, 3))
    picture[18:23, 40:45] = 1  # right of the middle
    turned = deepdream._enlarged(picture, 1.0, 90.0)
    rows, columns = np.nonzero(turned[..., 0] > 0.5)
    assert abs(columns.mean() - 30) < 1
    assert abs(abs(rows.mean() - 20) - 12) < 1


def test_an_interrupted_zoom_returns_its_frames(network, image):
    def stop(_picture, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    assert len(vision.zoom(network, image, LAYER, frames=5, steps=1, octaves=1, watch=stop)) == 2


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
def test_animation_is_written(tmp_path, image, ending):
    frames = [image, 1 - image, image**2]
    vision.save_animation(tmp_path / f"a{ending}", frames, seconds=0.2)
    with Image.open(tmp_path / f"a{ending}") as file:
        assert file.size == (image.shape[1], image.shape[0])
        assert file.n_frames == 4  # there and back
        file.seek(1)
        assert np.abs(np.asarray(file.convert("RGB")) / 255 - frames[1]).mean() < 0.05


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"network": "small"}, "network"),
        ({"image": np.zeros((40, 40))}, "image"),
        ({"image": np.full((40, 40, 3), 2.0)}, "image"),
        ({"image": np.full((40, 40, 3), np.nan)}, "image"),
        ({"layers": "mixed9"}, "layers"),
        ({"layers": None}, "layers"),
        ({"layers": []}, "layers"),
        ({"layers": 3}, "layers"),
        ({"layers": ("mixed4a", 999)}, "layers"),
        ({"layers": {"mixed4a": "much"}}, "layers"),
        ({"target": 1}, "layers"),
        ({"layers": None, "target": 10**6}, "target"),
        ({"layers": None, "target": "unicorn"}, "target"),
        ({"layers": None, "target": 1, "guide": np.zeros((40, 40, 3))}, "guide"),
        ({"guide": np.full((40, 40, 3), -1.0)}, "guide"),
        ({"steps": 0}, "steps"),
        ({"step": 0}, "step"),
        ({"octaves": 9}, "octaves"),
        ({"scale": 1}, "scale"),
        ({"jitter": -1}, "jitter"),
        ({"colours": 1}, "colours"),
        ({"blur": -1}, "blur"),
        ({"damp": -1}, "damp"),
        ({"tile": 0}, "tile"),
        ({"tile": 32, "halo": -1}, "halo"),
        ({"seed": -1}, "seed"),
        ({"watch": 3}, "watch"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_named(network, image, arguments, named):
    given = {"network": network, "image": image, "layers": LAYER, "octaves": 1} | arguments
    with pytest.raises((TypeError, ValueError), match=f"^{named}"):
        vision.dream(given.pop("network"), given.pop("image"), given.pop("layers"), **given)


def test_wrong_animations_are_named(tmp_path, image):
    for path, frames, named in (("a.mp4", [image], "path"), ("a.gif", [], "frames"), ("a.gif", [image + 1], "frames")):
        with pytest.raises((TypeError, ValueError), match=f"^{named}"):
            vision.save_animation(tmp_path / path, frames)
    assert list(tmp_path.iterdir()) == []


def test_other_networks_dream_too(image):
    for name, layer in (("googlenet", "inception3a"), ("vgg19", "relu2_1")):
        network = vision.load(name, random=True, device="cpu")
        one = vision.dream(network, image, layer, steps=2, octaves=1)
        assert one.objectives[0][1] > one.objectives[0][0]


def test_half_precision_is_the_same_to_two_digits(image):
    torch.manual_seed(0)
    module = models.small_inception(10)
    full, half = (vision.Network(module, caption="", device="cpu", precision=p) for p in ("float32", "bfloat16"))
    one, other = (vision.dream(n, image, LAYER, steps=1, octaves=1, jitter=0) for n in (full, half))
    assert other.objectives[0][0] == pytest.approx(one.objectives[0][0], rel=0.02)
    assert np.corrcoef((one.picture - image).ravel(), (other.picture - image).ravel())[0, 1] > 0.98
