"""The torch networks: every tensor of the published weights has its place, and the scores are what they should be."""

import architectures_oracle as oracle
import pytest
import torch
from torch import nn

from course_pkg import models
from course_pkg.models import profile
from course_pkg.models.blocks import he_start
from course_pkg.models.inception import Inception
from course_pkg.models.resnet import BasicBlock, Bottleneck
from course_pkg.models.vgg import layer_names

# torchvision's documentation: parameters (of GoogLeNet without and with its heads: 6,624,904), and GFLOPS, which are
# thousand millions of multiply-adds for one image of 224×224.
PUBLISHED = {
    "alexnet": (61_100_840, 0.71),
    "vgg16": (138_357_544, 15.47),
    "vgg19": (143_667_240, 19.63),
    "googlenet": (13_004_888, 1.50),
    "resnet34": (21_797_672, 3.66),
    "resnet152": (60_192_808, 11.51),
    "densenet121": (7_978_856, 2.83),
}


def without_numbers(name, **options):
    """Return a network on the device "meta": shapes only, no time and no memory."""
    with torch.device("meta"):
        return getattr(models, name)(**options)


def with_state(name, state, **options):
    model = without_numbers(name, **options)
    model.load_state_dict(state, assign=True)
    return model.eval()


def shapes(model):
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


@pytest.mark.parametrize("name", PUBLISHED)
class TestPublished:
    def test_parameter_count(self, name):
        assert sum(p.numel() for p in without_numbers(name).parameters()) == PUBLISHED[name][0]

    def test_names_and_shapes_of_all_tensors(self, name):
        assert shapes(without_numbers(name)) == oracle.state_dict_shapes(name)

    def test_multiply_adds(self, name):
        found = profile(without_numbers(name).eval(), (1, 3, 224, 224))
        assert found.multiply_adds / 1e9 == pytest.approx(PUBLISHED[name][1], abs=0.006)

    def test_scores_equal_those_of_an_independent_forward_pass(self, name):
        state = oracle.random_state(oracle.state_dict_shapes(name))
        model = with_state(name, state)
        # The odd sides show how halves are rounded.
        x = torch.randn(2, 3, 75, 90, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            expected = getattr(oracle, name)(state, x)
            expected = expected[0] if name == "googlenet" else expected
            found = model(x)
        assert found.shape == (2, 1000)
        assert expected.std() > 0.01
        assert not torch.allclose(expected[0], expected[1], rtol=0.1)  # the scores depend on the image
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))

    def test_another_number_of_classes_changes_the_last_layers_only(self, name):
        usual, other = shapes(without_numbers(name)), shapes(without_numbers(name, num_classes=7))
        different = {key: shape for key, shape in other.items() if usual[key] != shape}
        assert usual.keys() == other.keys()
        assert {shape[0] for shape in different.values()} == {7}
        assert len(different) == (6 if name == "googlenet" else 2)

    @pytest.mark.parametrize(
        ("value", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), (None, TypeError)]
    )
    def test_wrong_number_of_classes(self, name, value, error):
        with pytest.raises(error, match="num_classes"):
            without_numbers(name, num_classes=value)


@pytest.mark.parametrize("name", ["googlenet", "resnet34", "densenet121"])
def test_seed_gives_the_same_network_again(name):
    first, second = [], []
    for weights in (first, second):
        torch.manual_seed(3)
        weights += getattr(models, name)(num_classes=2).parameters()
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_names_are_listed_and_unknown_ones_are_not_there():
    assert {*PUBLISHED, "unet", "lenet5", "load_published", "preprocess"} <= set(dir(models))
    with pytest.raises(AttributeError, match="resnet1001"):
        models.resnet1001  # noqa: B018


class TestVGG:
    def test_layer_names(self):
        # The places that Neural Style implementations use for conv1_1, conv2_1, ... and conv4_2 of VGG-19.
        names = layer_names(without_numbers("vgg19"))
        assert [names[f"conv{stage}_1"] for stage in range(1, 6)] == [0, 5, 10, 19, 28]
        assert (names["conv4_2"], names["relu4_1"], names["relu5_4"], names["pool5"]) == (21, 20, 35, 36)
        assert len(names) == 16 + 16 + 5
        assert list(names.values()) == list(range(37))

    def test_layer_names_of_vgg16(self):
        names = layer_names(without_numbers("vgg16"))
        assert (names["conv3_3"], names["pool3"], names["conv5_3"]) == (14, 16, 28)
        assert "conv3_4" not in names

    @pytest.mark.parametrize("other", [nn.Linear(2, 2), "vgg19", None])
    def test_layer_names_of_something_else(self, other):
        with pytest.raises(TypeError, match="vgg"):
            layer_names(other)

    def test_layer_names_of_another_network(self):
        with pytest.raises(TypeError, match="vgg"):
            layer_names(without_numbers("densenet121"))

    def test_he_start_keeps_the_signal(self):
        torch.manual_seed(0)
        features = he_start(without_numbers("vgg16").features.to_empty(device="cpu"))
        with torch.no_grad():
            out = features(torch.randn(1, 3, 64, 64))
        assert 0.1 < out.std() < 10
        assert all((layer.bias == 0).all() for layer in features if isinstance(layer, nn.Conv2d))


class TestGoogLeNet:
    def test_without_heads(self):
        model = without_numbers("googlenet", aux=False)
        assert sum(p.numel() for p in model.parameters()) == 6_624_904
        expected = oracle.state_dict_shapes("googlenet")
        assert shapes(model) == {key: shape for key, shape in expected.items() if not key.startswith("aux")}

    def test_heads_speak_in_training_only(self):
        state = oracle.random_state(oracle.state_dict_shapes("googlenet"))
        model = with_state("googlenet", state)
        x = torch.randn(2, 3, 70, 70, generator=torch.Generator().manual_seed(1))
        model.training = True  # the network trains, its layers do not: no dropout, no statistics of the batch
        with torch.no_grad():
            scores = model(x)
            expected = oracle.googlenet(state, x)
        assert scores._fields == ("logits", "aux_logits2", "aux_logits1")
        for found, wanted in zip(scores, expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4 * float(wanted.std()))

    def test_heads_have_dropout_of_their_own(self):
        rates = [layer.p for layer in without_numbers("googlenet").modules() if isinstance(layer, nn.Dropout)]
        assert sorted(rates) == [0.2, 0.7, 0.7]

    def test_training_without_heads_gives_scores(self):
        model = with_state(
            "googlenet", oracle.random_state(shapes(without_numbers("googlenet", aux=False))), aux=False
        ).train()
        assert model(torch.randn(2, 3, 40, 40)).shape == (2, 1000)

    def test_transform_input(self):
        """A photo standardised for ImageNet gives the scores of the same photo on the scale −1 … 1."""
        state = oracle.random_state(oracle.state_dict_shapes("googlenet"))
        photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, None, :, None, None]
        with torch.no_grad():
            plain = with_state("googlenet", state)(2 * photo - 1)
            transformed = with_state("googlenet", state, transform_input=True)((photo - mean) / deviation)
        torch.testing.assert_close(transformed, plain, rtol=1e-3, atol=1e-3 * float(plain.std()))

    def test_kernel_of_the_paper(self):
        usual, paper = shapes(without_numbers("googlenet")), shapes(without_numbers("googlenet", kernel=5))
        different = [key for key, shape in paper.items() if usual[key] != shape]
        assert len(different) == 9
        assert all(key.endswith("branch3.1.conv.weight") and paper[key][2:] == (5, 5) for key in different)

    @pytest.mark.parametrize("wrong", [{"aux": 1}, {"transform_input": "yes"}, {"kernel": 7}])
    def test_wrong_options(self, wrong):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            models.googlenet(**wrong)

    def test_module_stacks_its_branches(self):
        module = Inception(5, 1, 2, 3, 4, 6, 7, kernel=5)
        assert module(torch.randn(2, 5, 9, 8)).shape == (2, 1 + 3 + 6 + 7, 9, 8)


class TestResidual:
    @pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
    def test_a_block_that_adds_nothing_is_relu(self, block):
        module = block(8 * block.expansion, 8)
        assert module.downsample is None
        last = module.bn3 if block is Bottleneck else module.bn2
        nn.init.zeros_(last.weight)
        x = torch.randn(2, 8 * block.expansion, 5, 5)
        torch.testing.assert_close(module(x), x.relu())

    @pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
    def test_stride_halves_and_the_shortcut_follows(self, block):
        module = block(6, 8, stride=2)
        assert module(torch.randn(2, 6, 9, 7)).shape == (2, 8 * block.expansion, 5, 4)

    def test_the_gradient_passes_by_the_shortcut(self):
        """With F's last scale at 0 the gradient of the sum is 1 at each input that ReLU lets through."""
        module = BasicBlock(4, 4)
        nn.init.zeros_(module.bn2.weight)
        x = torch.randn(3, 4, 6, 6, requires_grad=True)
        module(x).sum().backward()
        torch.testing.assert_close(x.grad, (x > 0).float())


class TestUNet:
    @pytest.mark.parametrize("skips", [True, False])
    def test_shapes(self, skips):
        model = models.unet(2, 5, width=4, depth=2, skips=skips)
        assert model(torch.randn(3, 2, 12, 20)).shape == (3, 5, 12, 20)

    def test_skips_carry_what_the_bottom_cannot(self):
        """Cut the decoder off from the bottom: with skips the scores still depend on the image, without they do not."""
        for skips in (True, False):
            torch.manual_seed(0)
            model = models.unet(1, 2, width=4, depth=2, skips=skips).eval()
            for grow in model.grow:
                nn.init.zeros_(grow.weight)
            with torch.no_grad():
                one, other = model(torch.randn(2, 1, 8, 8))
            assert torch.equal(one, other) == (not skips)

    def test_learns_to_copy_the_sign_of_each_pixel(self):
        torch.manual_seed(0)
        model = models.unet(1, 2, width=4, depth=2)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(60):
            x = torch.randn(8, 1, 8, 8)
            loss = nn.functional.cross_entropy(model(x), (x[:, 0] > 0).long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assert loss < 0.4  # guessing: log 2 = 0.69

    def test_sides_that_cannot_be_halved(self):
        with pytest.raises(ValueError, match=r"x: .*8 divides, got \(1, 3, 16, 20\)"):
            models.unet(width=2)(torch.zeros(1, 3, 16, 20))

    @pytest.mark.parametrize(
        "wrong", [{"in_channels": 0}, {"num_classes": 1.5}, {"width": 0}, {"depth": 0}, {"skips": "no"}]
    )
    def test_wrong_options(self, wrong):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            models.unet(**wrong)
