"""The small network that ships: shapes, folding, the file format, and what the model card says of its accuracy."""

import io
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg import models
from course_pkg.data import TEXTURES
from course_pkg.models import load_small, preprocess, small_inception
from course_pkg.models.small import WEIGHTS, fold, save_small
from tools import train_small

ROOT = Path(__file__).parents[2]
CARD = (WEIGHTS.parent / "MODEL_CARD.md").read_text(encoding="utf-8")
LAYERS = {"conv1": (16, 1), "conv2": (40, 2), "mixed3a": (96, 4), "mixed3b": (128, 4), "mixed4a": (192, 8)}
LAYERS |= {"mixed4b": (224, 8), "mixed5a": (256, 16)}


@pytest.fixture(scope="module")
def shipped():
    return load_small()


@pytest.fixture(scope="module")
def contents():
    with np.load(WEIGHTS, allow_pickle=False) as file:
        return dict(file)


def test_the_function_is_found_under_its_name_each_time():
    assert models.small_inception is models.small_inception
    assert callable(models.small_inception)


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (75, 101)])
def test_layers_have_the_channels_and_sides_that_the_docstring_says(size):
    x, seen = torch.zeros(2, 3, *size), {}
    for name, layer in small_inception(7).eval().named_children():
        x = layer(x)
        seen[name] = tuple(x.shape)
    assert seen["head"] == (2, 7)
    for name, (channels, stride) in LAYERS.items():
        assert seen[name] == (2, channels, size[0] // stride, size[1] // stride)
        assert seen[name.replace("mixed", "relu").replace("conv", "relu")] == seen[name]


def test_relus_leave_what_they_read_alone():
    assert not any(layer.inplace for layer in small_inception().modules() if isinstance(layer, nn.ReLU))


def test_folding_changes_nothing_but_takes_the_batch_normalisations_away():
    torch.manual_seed(1)
    model = small_inception(9, batch_norm=True)
    for layer in model.modules():  # as if trained: nothing at its start value
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight, layer.running_var):
                nn.init.uniform_(tensor, 0.5, 2)
            for tensor in (layer.bias, layer.running_mean):
                nn.init.normal_(tensor, std=0.5)
    model.eval()
    folded, x = fold(model), torch.randn(3, 3, 40, 40)
    torch.testing.assert_close(folded(x), model(x), rtol=1e-5, atol=1e-5)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
    plain = small_inception(9).eval()
    plain.load_state_dict(folded.state_dict())  # the names are those of the network without batch normalisation
    torch.testing.assert_close(plain(x), folded(x))


def test_the_shipped_network(shipped):
    assert shipped.classes == train_small.CLASSES
    assert shipped.classes[: len(TEXTURES)] == TEXTURES
    assert not shipped.training
    assert sum(p.numel() for p in shipped.parameters()) < 500_000
    assert WEIGHTS.stat().st_size < 1.2e6
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in shipped.parameters())


def stated(what):
    """Return the percentage that the model card gives in the row of its table that starts with ``what``."""
    return float(re.search(rf"^\| {what}[^|]*\| ([\d.]+) %", CARD, re.MULTILINE)[1]) / 100


def test_the_accuracy_on_new_textures_is_what_the_card_says(shipped):
    """Five pictures of each kind from seeds that nothing else uses; the standard error is about 2.5 %."""
    x = torch.from_numpy(np.concatenate([train_small.textures(kind, 5, 77) for kind in TEXTURES])).permute(0, 3, 1, 2)
    y = torch.arange(len(TEXTURES)).repeat_interleave(5)
    right = train_small.accuracy(shipped, x, y).mean().item()
    assert right == pytest.approx(stated("new generated textures"), abs=0.075)
    pushed = train_small.adversarial_accuracy(shipped, x, y, 3.0).mean().item()
    assert pushed == pytest.approx(stated("the same, pushed"), abs=0.075)
    assert pushed < right


def test_the_card_names_every_photo_and_its_licence():
    for photo in {region[0] for region in train_small.REGIONS.values()}:
        row = re.search(rf"^\| `{photo}` \|(.*)\|(.*)\|$", CARD, re.MULTILINE)
        assert row, photo
        assert re.search("CC0|CC BY 2.0|public domain|No known copyright", row[2]), photo


def test_it_takes_what_preprocess_gives(shipped):
    """A clear texture, enlarged as preprocess enlarges photos, is still among the three best guesses."""
    picture = torch.from_numpy(train_small.textures("honeycomb", 1, 5)[0]).permute(2, 0, 1)
    with torch.no_grad():
        scores = shipped(train_small.standardise(picture[None] / 255))[0]
    assert TEXTURES.index("honeycomb") in scores.topk(3).indices
    assert shipped(preprocess(np.zeros((64, 64, 3)))).shape == (1, len(shipped.classes))


def written(folder, contents, **changes):
    path = folder / "weights.npz"
    np.savez(path, **{key: value for key, value in (contents | changes).items() if value is not None})
    return path


def test_saving_and_loading_gives_the_same_network(tmp_path, shipped):
    save_small(shipped, shipped.classes, tmp_path / "again.npz")
    again = load_small(str(tmp_path / "again.npz"))
    assert again.classes == shipped.classes
    for key, value in shipped.state_dict().items():
        assert torch.equal(again.state_dict()[key], value), key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv1.weight": None}, r"expected conv1.weight of shape \(16, 3, 5, 5\), float16, got NoneType None"),
        ({"conv1.bias": np.zeros(17, np.float16)}, r"expected conv1.bias of shape \(16,\).*got array of shape \(17,\)"),
        ({"conv1.bias": np.zeros(16)}, "expected conv1.bias.*float16, got array.*float64"),
        ({"conv1.bias": np.full(16, np.nan, np.float16)}, "expected finite numbers in conv1.bias"),
        ({"conv9.bias": np.zeros(16, np.float16)}, "expected only this network's weights, got also 'conv9.bias'"),
        ({"classes": None}, "expected the names of the classes"),
        ({"classes": np.arange(9)}, "expected the names of the classes"),
    ],
)
def test_a_file_that_does_not_fit_says_what_is_wrong(tmp_path, contents, changes, message):
    with pytest.raises(ValueError, match=message):
        load_small(written(tmp_path, contents, **changes))


class Hostile:
    def __reduce__(self):
        return Path.touch, (Path("hostile"),)


def test_nothing_in_a_file_is_executed(tmp_path, contents, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "bare.npz", tmp_path / "boxed.npz"):
        if path.stem == "bare":
            path.write_bytes(pickle.dumps(Hostile()))
        else:
            np.savez(path, **contents, extra=np.array([Hostile()], dtype=object))
        with pytest.raises(ValueError, match=rf"{path.name}: expected an \.npz file of arrays"):
            load_small(path)
    assert not Path("hostile").exists()


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_file_cut_short(tmp_path, share):
    whole = WEIGHTS.read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"expected an \.npz file of arrays"):
        load_small(tmp_path / "half.npz")


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_flipped_bytes(tmp_path, seed):
    whole = bytearray(WEIGHTS.read_bytes())
    for place in np.random.default_rng(seed).integers(len(whole), size=3):
        whole[place] ^= 255
    (tmp_path / "flipped.npz").write_bytes(whole)
    with pytest.raises(ValueError, match=r"flipped\.npz: expected"):
        load_small(tmp_path / "flipped.npz")


def test_an_npy_or_another_archive_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("readme.txt", "no array")
    (tmp_path / "box.npz").write_bytes(box.getvalue())
    for name in ("one.npy", "box.npz"):
        with pytest.raises(ValueError, match=rf"{name}: expected"):
            load_small(tmp_path / name)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="install it again"):
        load_small(tmp_path / "none.npz")
    with pytest.raises(TypeError, match="path: expected the path"):
        load_small(3)


def test_the_command_trains_a_network_that_learns_something(tmp_path):
    command = [sys.executable, "tools/train_small.py", "--quick", "--threads", "1", "--out", str(tmp_path / "w.npz")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(re.search(r"folding changed the scores by at most (\S+)", done.stdout)[1]) < 1e-5
    assert float(re.search(r"on new generated textures ([\d.]+)%", done.stdout)[1]) > 2 * 100 / 6
    assert len(load_small(tmp_path / "w.npz").classes) == 6


def test_training_twice_with_one_seed_gives_the_same_weights():
    classes = ("stripes", "dots")
    x, y = train_small.data_set(classes, 6, 3, 1)
    results = [train_small.train(x, y, classes, steps=4, batch=8, lr=1e-3, push=1.0, seed=seed) for seed in (5, 5, 6)]
    weights = [model.conv1[0].weight.detach().numpy() for model in results]
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-4, atol=1e-6)
    assert np.abs(weights[0] - weights[2]).max() > 1e-2
