"""Optimisers (优化器): seven rules for what to do with a gradient, in one shape; ``OPTIMISERS`` has them by name.

Each has its numbers as arguments with the names and defaults of torch.optim, a state of the shape of each parameter,
and one rule, ``_update(name, w, g)``, which changes the values w of a parameter in place, given the gradient g::

    optimiser = nn.Adam(net, lr=0.001)
    net.loss(x, y)
    net.zero_grad()
    net.backward()
    optimiser.step()

Everywhere ``lr`` multiplies the finished step, as in torch: velocities and means are made of gradients alone. Papers
that write v ← momentum·v − lr·g; w ← w + v take the same way as long as the learning rate does not change.
"""

from collections.abc import Mapping

import numpy as np

from course_pkg._validate import as_number, as_share, describe
from course_pkg.nn.blob import Blob
from course_pkg.nn.net import Net
from course_pkg.nn.regularise import Regulariser


class Optimiser:
    """What all optimisers share: a step goes through the parameters and applies the rule to each.

    ``net`` is a Net, or a dict from name to Blob. ``lr`` > 0 is the learning rate (学习率) η. With a ``regulariser``,
    ∂R/∂w is added to the gradient first: for the weights of a net, not its biases; for every blob of a dict.
    Raises TypeError or ValueError naming the argument that is wrong.
    """

    def __init__(self, net, lr, *, regulariser=None):
        if regulariser is not None and not isinstance(regulariser, Regulariser):
            raise TypeError(f"regulariser: expected L2(strength), L1(strength) or None, got {describe(regulariser)}")
        self.net = net
        self.parameters = _as_parameters(net)
        self.lr = as_number("lr", lr, above=0)
        self.regulariser = regulariser
        self.steps = 0

    def step(self):
        """Change every parameter by the rule. ``diff`` stays: clear it with ``net.zero_grad()`` afterwards."""
        if self.regulariser is not None:
            weights = self.net.weights() if isinstance(self.net, Net) else self.parameters
            self.regulariser.add_gradient(weights)
        self.steps += 1
        for name, blob in self.parameters.items():
            self._update(name, blob.data, blob.diff)

    def _update(self, name, w, g):
        raise NotImplementedError(f"{type(self).__name__} has no _update")

    def _zeros(self):
        """Return a new state: for each parameter an array of its shape, all 0."""
        return {name: np.zeros_like(blob.data) for name, blob in self.parameters.items()}


class SGD(Optimiser):
    """Stochastic gradient descent (随机梯度下降): w ← w − lr · g.

    Source: university deck, gradient descent; Robbins & Monro, 1951. In torch: ``SGD``.
    """

    def _update(self, name, w, g):
        w -= self.lr * g


class Momentum(Optimiser):
    """Momentum (动量), a ball with mass: v ← momentum·v + g, w ← w − lr·v.

    0 ≤ ``momentum`` < 1. Source: Polyak, 1964 (the heavy ball). In torch: ``SGD(momentum=…)``, without dampening.
    """

    def __init__(self, net, lr, *, momentum=0.9, regulariser=None):
        super().__init__(net, lr, regulariser=regulariser)
        self.momentum = as_share("momentum", momentum)
        self.v = self._zeros()

    def _update(self, name, w, g):
        v = self.v[name] = self.momentum * self.v[name] + g
        w -= self.lr * v


class Nesterov(Momentum):
    """Nesterov's momentum, a ball that looks ahead: v ← momentum·v + g, w ← w − lr·(g + momentum·v).

    The w that is kept is the place looked ahead to, so that g is its gradient. Source: Nesterov, 1983, in the form of
    Sutskever, Martens, Dahl & Hinton, 2013. In torch: ``SGD(momentum=…, nesterov=True)``.
    """

    def _update(self, name, w, g):
        v = self.v[name] = self.momentum * self.v[name] + g
        w -= self.lr * (g + self.momentum * v)


class AdaGrad(Optimiser):
    """AdaGrad, a rate for every weight, which only falls: s ← s + g², w ← w − lr · g / (√s + eps).

    ``eps`` > 0. Source: Duchi, Hazan & Singer, 2011. In torch: ``Adagrad``.
    """

    def __init__(self, net, lr=0.01, *, eps=1e-10, regulariser=None):
        super().__init__(net, lr, regulariser=regulariser)
        self.eps = as_number("eps", eps, above=0)
        self.s = self._zeros()

    def _update(self, name, w, g):
        s = self.s[name] = self.s[name] + g**2
        w -= self.lr * g / (np.sqrt(s) + self.eps)


class RMSProp(Optimiser):
    """RMSProp, AdaGrad that forgets: s ← alpha·s + (1 − alpha)·g², w ← w − lr · g / (√s + eps).

    0 ≤ ``alpha`` < 1, ``eps`` > 0. Source: Tieleman & Hinton, 2012 (lecture 6.5). In torch: ``RMSprop``.
    """

    def __init__(self, net, lr=0.01, *, alpha=0.99, eps=1e-8, regulariser=None):
        super().__init__(net, lr, regulariser=regulariser)
        self.alpha = as_share("alpha", alpha)
        self.eps = as_number("eps", eps, above=0)
        self.s = self._zeros()

    def _update(self, name, w, g):
        s = self.s[name] = self.alpha * self.s[name] + (1 - self.alpha) * g**2
        w -= self.lr * g / (np.sqrt(s) + self.eps)


class AdaDelta(Optimiser):
    """AdaDelta, steps in the unit of the weights: s ← rho·s + (1 − rho)·g², Δ = √(u + eps) / √(s + eps) · g,
    u ← rho·u + (1 − rho)·Δ², w ← w − lr·Δ.

    0 ≤ ``rho`` < 1; ``eps`` > 0 stands under the roots, and the first steps are about √eps long. The paper has no
    learning rate, which is ``lr`` = 1. Source: Zeiler, 2012. In torch: ``Adadelta``.
    """

    def __init__(self, net, lr=1.0, *, rho=0.9, eps=1e-6, regulariser=None):
        super().__init__(net, lr, regulariser=regulariser)
        self.rho = as_share("rho", rho)
        self.eps = as_number("eps", eps, above=0)
        self.s, self.u = self._zeros(), self._zeros()

    def _update(self, name, w, g):
        s = self.s[name] = self.rho * self.s[name] + (1 - self.rho) * g**2
        delta = np.sqrt(self.u[name] + self.eps) / np.sqrt(s + self.eps) * g
        self.u[name] = self.rho * self.u[name] + (1 - self.rho) * delta**2
        w -= self.lr * delta


class Adam(Optimiser):
    """Adam, momentum and RMSProp with corrected means: m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g²,
    w ← w − lr · m̂ / (√ŝ + eps) with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ) in step t = 1, 2, …

    ``betas`` = (β₁, β₂), both from 0 to below 1; ``eps`` > 0. The paper calls s v. Source: Kingma & Ba, 2015. In
    torch: ``Adam``.
    """

    def __init__(self, net, lr=0.001, *, betas=(0.9, 0.999), eps=1e-8, regulariser=None):
        super().__init__(net, lr, regulariser=regulariser)
        try:
            beta1, beta2 = betas
        except (TypeError, ValueError):
            raise TypeError(f"betas: expected two numbers (β₁, β₂), got {describe(betas)}") from None
        self.betas = as_share("betas[0]", beta1), as_share("betas[1]", beta2)
        self.eps = as_number("eps", eps, above=0)
        self.m, self.s = self._zeros(), self._zeros()

    def _update(self, name, w, g):
        beta1, beta2 = self.betas
        m = self.m[name] = beta1 * self.m[name] + (1 - beta1) * g
        s = self.s[name] = beta2 * self.s[name] + (1 - beta2) * g**2
        m_hat, s_hat = m / (1 - beta1**self.steps), s / (1 - beta2**self.steps)
        w -= self.lr * m_hat / (np.sqrt(s_hat) + self.eps)


OPTIMISERS = {kind.__name__: kind for kind in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam)}


def _as_parameters(net):
    if isinstance(net, Net):
        return net.parameters()
    if isinstance(net, Mapping) and all(isinstance(blob, Blob) for blob in net.values()):
        return dict(net)
    raise TypeError(f"net: expected a Net, or a dict from name to Blob, got {describe(net)}")
