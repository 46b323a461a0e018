"""Recurrent layers (循环神经网络) for sequences (N, T, D): N sequences, T time steps, D numbers a step.

The state is what a layer hands from one time step to the next, a tuple of arrays (N, H): ``(h,)`` for ``RNN``,
``(h, c)`` for ``LSTM``. The output of a step is its h. The gradient goes the same way back, from the last step to the
first: backpropagation through time (随时间反向传播; Werbos, 1990). :class:`EachStep` and :class:`AtStep` lead from
sequences to the layers and losses that take one row a sample.
"""

import numpy as np

from course_pkg._validate import as_array, as_generator, as_int, as_number, describe
from course_pkg.nn.init import initial_bias, initial_weight
from course_pkg.nn.layer import Layer


class Recurrent(Layer):
    """What recurrent layers share: the sums a_t = W_ih x_t + W_hh h_{t−1} + b go through a cell, which makes h_t.

    A cell is two methods, ``_cell(a, *rest) -> kept, (h, *rest)`` and ``_cell_backward(kept, dh, *drest) -> da,
    drest``, where ``rest`` is the state without h. With the gradients da_t of the sums of all steps::

        ∂L/∂W_ih = Σ_t da_tᵀ x_t        ∂L/∂W_hh = Σ_t da_tᵀ h_{t−1}        ∂L/∂b = Σ_t Σ_n da_t
        ∂L/∂x_t = da_t W_ih             ∂L/∂h_{t−1} = da_t W_hh + dy_{t−1}
    """

    states = ("h",)
    gates = 1  # sums for each number of h

    def __init__(self, input_size, hidden_size, *, rng=0, init="xavier", dtype="float64"):
        self.input_size = as_int("input_size", input_size, minimum=1)
        self.hidden_size = as_int("hidden_size", hidden_size, minimum=1)
        rows = self.gates * self.hidden_size
        start = {"fan_out": self.hidden_size, "init": init, "rng": as_generator("rng", rng), "dtype": dtype}
        self.weight_ih = initial_weight((rows, self.input_size), fan_in=self.input_size, **start)
        self.weight_hh = initial_weight((rows, self.hidden_size), fan_in=self.hidden_size, **start)
        self.bias = initial_bias(rows, dtype=dtype)
        super().__init__(weight_ih=self.weight_ih, weight_hh=self.weight_hh, bias=self.bias)
        self.final = self.dinitial = None

    def forward(self, x, initial=None):
        """Return the h of all steps, shape (N, T, H), for ``x`` of shape (N, T, D).

        ``initial`` is the state before the first step, zeros if left out. Afterwards ``layer.final`` is the state after
        the last step.
        """
        x = as_array("x", x, shape=(None, None, self.input_size)).transpose(1, 0, 2)
        sums = x @ self.weight_ih.data.T + self.bias.data
        state = self._state("initial", initial, sums)
        hs = np.empty((len(x) + 1, *state[0].shape), np.result_type(sums, *state))
        hs[0], kept = state[0], []
        for t, a in enumerate(sums):
            needed, state = self._cell(a + hs[t] @ self.weight_hh.data.T, *state[1:])
            hs[t + 1] = state[0]
            kept.append(needed)
        self.final = state
        return self._keep(hs[1:].transpose(1, 0, 2).copy(), x, hs, kept)

    def backward(self, dy):
        """Return ∂L/∂x (N, T, D) for ``dy`` of shape (N, T, H); add to the gradients of both matrices and the bias.

        Afterwards ``layer.dinitial`` is the gradient of the initial state, a tuple of arrays (N, H).
        """
        dy, x, hs, kept = self._recall(dy)
        dh, *drest = (np.zeros(hs.shape[1:], np.result_type(hs, dy)) for _ in self.states)
        das = np.empty((len(x), dh.shape[0], len(self.bias.data)), dh.dtype)
        for t in reversed(range(len(x))):
            das[t], drest = self._cell_backward(kept[t], dh + dy[:, t], *drest)
            dh = das[t] @ self.weight_hh.data
        self.dinitial = (dh, *drest)
        flat = das.reshape(-1, das.shape[-1])
        self.weight_ih.diff += flat.T @ x.reshape(-1, self.input_size)
        self.weight_hh.diff += flat.T @ hs[:-1].reshape(-1, self.hidden_size)
        self.bias.diff += flat.sum(axis=0)
        return (das @ self.weight_ih.data).transpose(1, 0, 2)

    def step(self, x, state=None):
        """Return the next state for one step ``x`` (N, D) after ``state``; nothing is remembered for backward.

        This is the cell by itself, for whoever makes the sequence while reading it, as a text that is written
        character by character. ``state`` is a tuple of arrays (N, H), zeros if left out; the output is the h of the
        next.
        """
        x = as_array("x", x, shape=(None, self.input_size))
        a = x @ self.weight_ih.data.T + self.bias.data
        h, *rest = self._state("state", state, a)
        return self._cell(a + h @ self.weight_hh.data.T, *rest)[1]

    def _state(self, name, state, sums):
        """Return ``state``, checked, or zeros, for as many sequences as there are in ``sums`` (…, N, rows)."""
        shape = sums.shape[-2], self.hidden_size
        if state is None:
            return tuple(np.zeros(shape, sums.dtype) for _ in self.states)
        if not isinstance(state, (tuple, list)) or len(state) != len(self.states):
            wanted = f"a tuple ({', '.join(self.states)}) of arrays, {len(self.states)} in all"
            raise TypeError(f"{name}: expected {wanted}, got {describe(state)}")
        return tuple(as_array(f"{name}[{i}]", array, shape=shape) for i, array in enumerate(state))


class RNN(Recurrent):
    """Recurrent layer h_t = tanh(W_ih x_t + W_hh h_{t−1} + b), the same weights at every step (Elman, 1990).

    Shapes: x (N, T, input_size), W_ih (H, input_size), W_hh (H, H), b (H,), output (N, T, H) with H = hidden_size; the
    state is ``(h,)``, h (N, H). Backward through the cell: da_t = dh_t (1 − h_t²).

    ``init`` is as in :class:`Dense`, for both matrices; biases start at 0. ``rng`` is a NumPy generator or a seed.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: notes on architectures (004), RNN; torch.nn.RNN, whose two biases are here one, their sum.
    """

    def _cell(self, a):
        h = np.tanh(a)
        return h, (h,)

    def _cell_backward(self, h, dh):
        return dh * (1 - h**2), ()


class LSTM(Recurrent):
    """Long short-term memory (长短期记忆网络): a memory cell c with gates that decide what is kept, written and shown::

        i, f, o = σ(W x_t + W' h_{t−1} + b), each with its own W, W', b      input, forget and output gate, 0 … 1
        g = tanh(W x_t + W' h_{t−1} + b)                                     what may be written
        c_t = f c_{t−1} + i g        h_t = o tanh(c_t)

    Shapes: x (N, T, input_size), W_ih (4H, input_size), W_hh (4H, H), b (4H,), with the rows of i, f, g and o below
    each other in this order; output (N, T, H) with H = hidden_size; the state is ``(h, c)``, both (N, H). Backward::

        do = dh tanh(c_t)      dc ← dc + dh o (1 − tanh²(c_t))
        di = dc g      df = dc c_{t−1}      dg = dc i      dc_{t−1} = dc f

    ``init`` is as in :class:`Dense`, for both matrices. Biases start at 0, those of the forget gates at
    ``forget_bias``: with 1 each step keeps about σ(1) = 0.73 of c at first, with 5 it keeps 0.993. ``rng`` is a NumPy
    generator or a seed.
    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Hochreiter & Schmidhuber, 1997, with the forget gate of Gers and others; notes on architectures (004), LSTM;
    torch.nn.LSTM, whose two biases are here one, their sum.
    """

    states = ("h", "c")
    gates = 4

    def __init__(self, input_size, hidden_size, *, rng=0, init="xavier", forget_bias=1.0, dtype="float64"):
        super().__init__(input_size, hidden_size, rng=rng, init=init, dtype=dtype)
        self.bias.data[self.hidden_size : 2 * self.hidden_size] = as_number("forget_bias", forget_bias)
        # σ(a) = ½ + ½ tanh(a/2), so that one tanh, scaled, does for all four; g is a plain tanh.
        self._scale = np.repeat([0.5, 0.5, 1, 0.5], self.hidden_size).astype(dtype)

    def _cell(self, a, c):
        t = np.tanh(self._scale * a)
        gates = self._scale * t + (1 - self._scale)
        i, f, g, o = gates.reshape(len(a), 4, self.hidden_size).swapaxes(0, 1)
        new = f * c + i * g
        shown = np.tanh(new)
        return (t, i, f, g, o, c, shown), (o * shown, new)

    def _cell_backward(self, kept, dh, dc):
        t, i, f, g, o, c, shown = kept
        dc = dc + dh * o * (1 - shown**2)
        dgates = np.concatenate([dc * g, dc * c, dc * i, dh * shown], axis=1)
        return dgates * self._scale**2 * (1 - t**2), (dc * f,)


class Bidirectional(Layer):
    """Bidirectional layer (双向循环神经网络): y_t = [ahead_t, back_t], past and future of each step side by side.

    ``ahead`` and ``back`` are two recurrent layers of the same input_size D; ``ahead`` reads x from the first step to
    the last, ``back`` from the last to the first. Shapes: x (N, T, D), y (N, T, H + H'), where H and H' are their
    hidden sizes. Both begin with the state 0. The parameters are called "ahead.weight_ih", "back.bias" and so on.

    Raises TypeError or ValueError naming the argument that is wrong.
    Source: Schuster & Paliwal, 1997; notes on architectures (004), Bi-RNN; torch's ``bidirectional=True``.
    """

    def __init__(self, ahead, back):
        for name, layer in (("ahead", ahead), ("back", back)):
            if not isinstance(layer, Recurrent):
                raise TypeError(f"{name}: expected an RNN or LSTM layer, got {describe(layer)}")
        if ahead is back or ahead.input_size != back.input_size:
            got = "the same layer twice" if ahead is back else f"input_size {back.input_size}"
            raise ValueError(f"back: expected another layer of input_size {ahead.input_size}, as ahead has, got {got}")
        self.ahead, self.back = ahead, back
        parts = {"ahead": ahead, "back": back}
        super().__init__(**{f"{part}.{key}": blob for part in parts for key, blob in parts[part].params.items()})

    def forward(self, x):
        """Return y (N, T, H + H') for ``x`` of shape (N, T, D)."""
        x = as_array("x", x, shape=(None, None, self.ahead.input_size))
        y = np.concatenate([self.ahead.forward(x), self.back.forward(x[:, ::-1])[:, ::-1]], axis=2)
        return self._keep(y)

    def backward(self, dy):
        """Return ∂L/∂x (N, T, D) for ``dy`` of shape (N, T, H + H'); add to the gradients of both layers."""
        (dy,) = self._recall(dy)
        dahead, dback = np.split(dy, [self.ahead.hidden_size], axis=2)
        return self.ahead.backward(dahead) + self.back.backward(dback[:, ::-1])[:, ::-1]


class EachStep(Layer):
    """Make each time step a sample of its own: (N, T, H) becomes (N·T, H), for a layer or a loss that takes rows.

    The labels for the loss are in the same order: ``labels.ravel()`` for labels of shape (N, T).
    Raises TypeError or ValueError when x is not a batch of sequences of finite numbers.
    """

    def forward(self, x):
        """Return ``x`` of shape (N, T, H) as rows of shape (N·T, H), the steps of the first sequence first."""
        x = as_array("x", x, ndim=3)
        return self._keep(x.reshape(x.shape[0] * x.shape[1], x.shape[2]), x.shape)

    def backward(self, dy):
        """Return ``dy`` in the shape that x had."""
        dy, shape = self._recall(dy)
        return dy.reshape(shape)


class AtStep(Layer):
    """Take one time step: (N, T, H) becomes (N, H), x[:, step]; no gradient goes to the others.

    ``step`` counts from 0, or from the end with −1, the default, for the last step, at which a recurrent layer has
    read everything. Raises TypeError or ValueError naming the argument that is wrong, also where x has no such step.
    """

    def __init__(self, step=-1):
        super().__init__()
        self.step = as_int("step", step)

    def forward(self, x):
        """Return x[:, step] (N, H) of ``x`` (N, T, H)."""
        x = as_array("x", x, ndim=3)
        if not -x.shape[1] <= self.step < x.shape[1]:
            raise ValueError(f"x: expected sequences with a step {self.step}, got shape {x.shape}")
        return self._keep(x[:, self.step].copy(), x.shape)

    def backward(self, dy):
        """Return ∂L/∂x (N, T, H): ``dy`` at the step, otherwise 0."""
        dy, shape = self._recall(dy)
        dx = np.zeros(shape, dy.dtype)
        dx[:, self.step] = dy
        return dx
