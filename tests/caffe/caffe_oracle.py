"""What the tests of course_pkg.caffe share: short texts for long ones, and torch as the oracle."""

import numpy as np
import torch

from course_pkg import caffe


def inputs(**shapes):
    """Return the text of one Input layer for each name and shape."""
    return "".join(
        f'layer {{ name: "in_{name}" type: "Input" top: "{name}" '
        f"input_param {{ shape {{ {' '.join(f'dim: {side}' for side in shape)} }} }} }}\n"
        for name, shape in shapes.items()
    )


def layer(type_, bottoms, tops, more="", name=None):
    """Return the text of a layer; bottoms and tops are names with blanks between them."""
    ends = [f'bottom: "{b}"' for b in bottoms.split()] + [f'top: "{t}"' for t in tops.split()]
    return f'layer {{ name: "{name or tops.split()[0]}" type: "{type_}" {" ".join(ends)} {more} }}\n'


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def assert_equal(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def check_against(text, f, arrays, *, phase="TRAIN", labels=None, seed=0):
    """Hold a net against f(inputs, params) of torch, both dicts of tensors: outputs, gradients of inputs and params.

    f returns a dict of outputs; those that the net weighs into its loss are left to the net, to all others a random
    gradient is given. Return the net.
    """
    net = caffe.Net(text, phase=phase, dtype="float64", rng=seed)
    for i, blob in enumerate(net.params.values()):
        blob.data[...] = normal(100 + i, *blob.shape)
    outputs = net.forward(**arrays, **(labels or {}))
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    blobs = {id(blob): torch.tensor(blob.data, requires_grad=True) for blob in net.params.values()}
    weights = {name: blobs[id(blob)] for name, blob in net.params.items()}
    expected = f(leaves, weights)
    assert outputs.keys() == expected.keys()
    costs = {net._all[number].name: weight for weight, number in net._costs()}
    diffs = {name: normal(seed + 1, *out.shape) for name, out in expected.items() if name not in costs}
    total = sum(
        (out * torch.as_tensor(diffs.get(name, costs.get(name)), dtype=torch.float64)).sum()
        for name, out in expected.items()
    )
    total.backward()
    net.zero_grad()
    net.backward(**diffs)
    for name, out in expected.items():
        assert_equal(outputs[name], out.detach().numpy())
    for name, leaf in leaves.items():
        if leaf.grad is not None:
            assert_equal(net.blobs[name].diff, leaf.grad.numpy())
    for name, blob in net.params.items():
        assert_equal(blob.diff, weights[name].grad.numpy())
    return net
