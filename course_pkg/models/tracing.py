"""Follow a forward pass through a torch module and write down each layer; ``course_pkg.models.profile`` is its face.

torch calls ``_Recorder.__torch_function__`` for every function that touches a tensor, and hooks before and after every
module. What is called inside a module that has no modules inside belongs to that module; every other function that
returns a tensor is a layer of its own. So no change of the module is needed, and loops and branches are followed.
"""

import copy
from collections import Counter

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode


def trace(module, examples):
    """Return one dict a layer, with the fields of ``profile.Layer``; ``examples`` are shapes or tensors."""
    try:
        return _run(module, examples, "meta")
    except ValueError as error:
        # Numbers that the module itself asks for (x.item(), a branch on a sum) do not exist on the device "meta".
        if "meta" not in str(error.__cause__).lower():
            raise
    return _run(module, examples, "cpu")


def _run(module, examples, device):
    module = _copy(module, device)
    dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
    inputs = [
        example.detach().to(device, copy=True)
        if isinstance(example, torch.Tensor)
        else torch.zeros(example, dtype=dtype, device=device)
        for example in examples
    ]
    with torch.no_grad(), torch.device(device), FlopCounterMode(display=False) as flops:
        recorder = _Recorder(flops)
        for name, part in module.named_modules():
            part.register_forward_pre_hook(recorder.enter(name), with_kwargs=True)
            part.register_forward_hook(recorder.leave, with_kwargs=True)
        for i, x in enumerate(inputs, start=1):
            recorder.given("input" if len(inputs) == 1 else f"input {i}", x)
        try:
            with recorder:
                module(*inputs)
        except Exception as error:  # whatever the module's own code raises
            got = " and ".join(str(tuple(x.shape)) for x in inputs)
            raise ValueError(
                f"input_shapes: expected shapes, with the batch, that the module can take, got {got}; "
                f"{recorder.where()} says: {error}"
            ) from error
    return recorder.layers


def _copy(module, device):
    """Return a copy on ``device``; on "meta" no number is copied, so that it takes no memory."""
    if device != "meta":
        return copy.deepcopy(module).to(device)
    memo = {}
    for part in module.modules():
        for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False), *vars(part).values()):
            if isinstance(tensor, torch.Tensor) and id(tensor) not in memo:
                empty = torch.empty_like(tensor, device="meta")
                is_parameter = isinstance(tensor, torch.nn.Parameter)
                memo[id(tensor)] = torch.nn.Parameter(empty, tensor.requires_grad) if is_parameter else empty
    return copy.deepcopy(module, memo)


class _Recorder(TorchFunctionMode):
    def __init__(self, flops):
        super().__init__()
        self.layers = []
        self._flops = flops
        self._path = []  # the modules at work, the innermost last: (name with call number, name, module)
        self._leaf = None  # while a module without modules inside works: what `_before` returned
        self._calls = Counter()
        self._writers = {}  # id of a tensor → position of the layer that wrote it
        self._kept = []  # tensors stay alive, or another one would get the same id
        self._storages = set()
        self._counted = set()  # ids of parameters

    def given(self, name, x):
        """Write down the input ``x``."""
        self._write(name, "input", [], [x], [], self._before([]))

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._leaf:
            return func(*args, **kwargs)
        inputs = list(_tensors([args, kwargs]))
        before = self._before(inputs)
        result = _renewed(func(*args, **kwargs), before)
        kind = func.__self__.__name__ if func.__name__ == "__get__" else func.__name__.strip("_")
        outputs = inputs[:1] if kind == "setitem" else list(_tensors(result))
        if outputs:  # not for a size, a flag …
            parameters = [x for x in inputs if isinstance(x, torch.nn.Parameter)]
            name = self._named(self._path[-1][0] if self._path else "", kind)
            self._write(name, kind, inputs, outputs, parameters, before)
        return result

    def enter(self, name):
        """Return the hook that runs before the module that is called ``name``."""

        def hook(module, args, kwargs):
            parent, parent_name, _ = self._path[-1] if self._path else ("", "", None)
            inside = name.removeprefix(f"{parent_name}.") if parent_name else name
            self._path.append((self._named(parent, inside) if inside else "", name, module))
            if not any(module.children()):
                self._leaf = self._before(list(_tensors([args, kwargs])))

        return hook

    def leave(self, module, args, kwargs, output):
        """The hook that runs after each module."""
        if self._leaf:
            output = _renewed(output, self._leaf)
            kind = type(module).__name__
            inputs, outputs = list(_tensors([args, kwargs])), list(_tensors(output))
            self._write(self._path[-1][0] or kind, kind, inputs, outputs, module.parameters(), self._leaf)
            self._leaf = None
        self._path.pop()
        return output

    def where(self):
        """Return the module at work, in words."""
        name, _, module = self._path[-1] if self._path else ("", "", None)
        return f"{type(module).__name__} {name!r}" if name else "the module"

    def _named(self, parent, name):
        full = f"{parent}.{name}" if parent else name
        self._calls[full] += 1
        return full if self._calls[full] == 1 else f"{full}#{self._calls[full]}"

    def _before(self, inputs):
        """Return the products so far, and each input with the number of times that it was changed in place."""
        return self._flops.get_total_flops() // 2, [(x, x._version) for x in inputs]

    def _write(self, name, kind, inputs, outputs, parameters, before):
        new_parameters = {id(p): p.numel() for p in parameters if id(p) not in self._counted}
        self._counted |= new_parameters.keys()
        storages = {x.untyped_storage()._cdata: x.untyped_storage().nbytes() for x in outputs}
        activations = [x for x in inputs if not isinstance(x, torch.nn.Parameter)]
        read = dict.fromkeys(self._writers[id(x)] for x in activations if id(x) in self._writers)
        self.layers.append(
            {
                "name": name,
                "kind": kind,
                "inputs": tuple(read),
                "input_shapes": tuple(tuple(x.shape) for x in activations),
                "output_shapes": tuple(tuple(x.shape) for x in outputs),
                "parameters": sum(new_parameters.values()),
                "multiply_adds": self._flops.get_total_flops() // 2 - before[0],
                "memory": sum(size for key, size in storages.items() if key not in self._storages),
            }
        )
        self._storages |= storages.keys()
        self._writers |= {id(x): len(self.layers) - 1 for x in outputs}
        self._kept += outputs


def _tensors(value):
    """The tensors in nested lists, tuples and dicts."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _renewed(result, before):
    """Return another tensor object where a function hands back an argument as it is, so that each has one writer."""
    if any(result is x and x._version == version for x, version in before[1]):
        return result.view_as(result)
    return result
