"""What style and content are as numbers, with every gradient written out: the formulas of Neural Style.

F is what a layer answers to a picture: C maps of h × w places, as a matrix C × M with M = h·w, a row I_f a map. The
content of a picture is F itself. Its style is the Gram matrix of F, which knows how often two maps answer together and
not where. A gradient by F is what a framework of layers (the Caffe way) feeds back into the network at that layer.

Source: Gatys, Ecker & Bethge, "A neural algorithm of artistic style", 2015.
"""

from course_pkg._validate import as_choice

NORMALISATIONS = ("relative", "printed", "paper", "tutorial")


def gram(maps):
    """Return the Gram matrices (..., C, C) of ``maps`` (..., C, h, w): G_fg = I_f · I_g = Σ_p I_f(p) I_g(p).

    Takes tensors and NumPy arrays.
    """
    flat = maps.reshape(*maps.shape[:-2], -1)
    return flat @ flat.swapaxes(-1, -2)


def content_loss(maps, target):
    """Return ½ ‖F − P‖², for ``maps`` F and ``target`` P of the same shape."""
    return 0.5 * (maps - target).square().sum()


def content_gradient(maps, target):
    """Return ∂/∂F of ½ ‖F − P‖², which is F − P."""
    return maps - target


def style_loss(own, target):
    """Return ‖G − A‖² for Gram matrices ``own`` G (N, C, C) and ``target`` A (C, C)."""
    return (own - target).square().sum()


def style_gradient(maps, own, target, weight=1.0):
    """Return ∂/∂F of ‖G − A‖², which is 4 (G − A) F, shape (N, C, h, w), times ``weight``.

    ``maps`` F (N, C, h, w), their Gram matrices ``own`` G (N, C, C), ``target`` A (C, C). G = F Fᵀ, so
    dG = dF Fᵀ + F dFᵀ, and ⟨2 (G − A), dG⟩ = ⟨4 (G − A) F, dF⟩ because G − A is symmetric.
    """
    flat = maps.reshape(*maps.shape[:-2], -1)
    difference = (4 * weight * (own - target)).to(maps.dtype)
    # (G − A) F as the transpose of Fᵀ (G − A): in memory the channels come last, as the networks want them
    return (flat.swapaxes(-1, -2) @ difference).swapaxes(-1, -2).reshape(maps.shape)


def variation(images):
    """Return the total variation of ``images`` (N, C, H, W): Σ (differences of neighbours)², a pixel.

    Neighbours stand below each other and side by side. Noise has much of it, flat areas have none. Source: Mahendran &
    Vedaldi, 2015, with β = 2.
    """
    height, width = images.shape[-2:]
    return (images.diff(dim=-2).square().sum() + images.diff(dim=-1).square().sum()) / (height * width)


def variation_gradient(images):
    """Return ∂/∂X of the total variation: each difference pulls its two pixels together."""
    height, width = images.shape[-2:]
    down, right = images.diff(dim=-2), images.diff(dim=-1)
    gradient = images.new_zeros(images.shape)
    gradient[..., 1:, :] += down
    gradient[..., :-1, :] -= down
    gradient[..., :, 1:] += right
    gradient[..., :, :-1] -= right
    return gradient * (2 / (height * width))


def content_factor(normalisation, target):
    """Return the number by which a ``normalisation`` multiplies ``content_loss``.

    "printed" and "paper": 1. "tutorial" (PyTorch's): the mean in place of ½ Σ. "relative": 1 / ½‖P‖², so that 1 is the
    loss of a network that answers nothing.
    """
    as_choice("normalisation", normalisation, NORMALISATIONS)
    if normalisation == "relative":
        return 2 / float(target.square().sum().clamp(min=1e-12))
    return 2 / target.numel() if normalisation == "tutorial" else 1.0


def style_factor(normalisation, target, places):
    """Return the number by which a ``normalisation`` multiplies ``style_loss``, for maps with M = ``places``.

    "printed": 1. "paper": 1 / (4 C² M²). "tutorial" (PyTorch's): Gram matrices divided by C·M, and the mean of the
    squares, 1 / (C⁴ M²). "relative": 1 / ‖A‖², which makes layers of all sizes and strengths count alike.
    """
    as_choice("normalisation", normalisation, NORMALISATIONS)
    channels = target.shape[-1]
    if normalisation == "relative":
        return 1 / float(target.square().sum().clamp(min=1e-12))
    factors = {"printed": 1.0, "paper": 1 / (4 * channels**2), "tutorial": 1 / channels**4}
    return factors[normalisation] / (1 if normalisation == "printed" else places**2)
