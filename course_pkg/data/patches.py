"""Patches of natural photos, and of the same photos with their edges destroyed: edges are what tells them apart."""

import numpy as np

from course_pkg._validate import as_array, as_float_dtype, as_generator, as_int, as_number
from course_pkg.data.digits import Split
from course_pkg.data.photos import photo

_TRAIN = ("astronaut", "camera", "coffee", "flower", "rocket")
_TEST = ("cat", "china")
_HEIGHT = 256  # photos are scaled to this, which also takes away the traces of JPEG compression
_FLAT = 0.25  # patches with less than this share of their photo's standard deviation show nothing


def whiten(picture, *, cutoff=0.25):
    """Return a grey picture with the coarse weakened and the fine strengthened: all scales come out about as strong.

    Each Fourier coefficient at frequency f (cycles a pixel) is multiplied by f·exp(−(f/cutoff)⁴). The amplitudes of
    photos fall roughly like 1/f, so what comes out is roughly flat below ``cutoff``. Above it is much noise: cut away.
    Shapes: ``picture`` (H, W), any unit, to (H, W) with mean 0 and standard deviation 1.
    Raises TypeError or ValueError naming the argument that is wrong; a picture of one grey has nothing to whiten.
    Source: Olshausen & Field, 1997, who train on such pictures; the eye does alike (Atick & Redlich, 1992).
    """
    picture = as_array("picture", picture, ndim=2).astype(np.float64)
    cutoff = as_number("cutoff", cutoff, above=0)
    if picture.size == 0 or np.ptp(picture) == 0:
        raise ValueError(f"picture: expected different greys, got one grey everywhere (shape {picture.shape})")
    height, width = picture.shape
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    flat = np.fft.irfft2(np.fft.rfft2(picture) * f * np.exp(-((f / cutoff) ** 4)), s=picture.shape)
    return flat / flat.std()


def scramble(picture, *, rng=0):
    """Return a picture with the same Fourier amplitudes as a grey ``picture``, but random phases: its edges are gone.

    Mean, variance and, with the borders wrapped round, the correlation of pixels at any given distance stay exactly the
    same. What the amplitudes do not hold is where waves of different lengths are in step: there lie the edges.
    Shapes: (H, W) to (H, W). ``rng`` is a NumPy generator or a seed. Raises TypeError or ValueError for other input.
    Source: the idea of random phases is that of Oppenheim & Lim, 1981, "The importance of phase in signals".
    """
    picture = as_array("picture", picture, ndim=2)
    noise = as_generator("rng", rng).standard_normal(picture.shape)
    if picture.size == 0:
        raise ValueError(f"picture: expected at least one pixel, got shape {picture.shape}")
    turn = np.fft.rfft2(noise)
    turn /= np.abs(turn)
    turn[0, 0] = 1  # the mean stays
    return np.fft.irfft2(np.fft.rfft2(picture) * turn, s=picture.shape)


def real_or_scrambled(size=20, *, train=16000, test=2000, seed=0, dtype=np.float64):
    """Return patches as a :class:`Split`: label 1 cut from whitened photos, label 0 from the same photos scrambled.

    ``size`` is the side of a patch in pixels, 4 … 128; ``train`` and ``test`` are the numbers of patches, half of each
    label. The training patches come from five photos, the test patches from two others (the cat, the temple). Each
    patch is turned by a random number of quarter turns, half of them mirrored, and set to mean 0 and standard deviation
    1; patches of empty sky and the like are left out.
    Raises TypeError or ValueError for arguments outside these ranges.
    """
    size = as_int("size", size, minimum=4)
    if size > _HEIGHT // 2:
        raise ValueError(f"size: expected at most {_HEIGHT // 2} pixels, got {size}")
    dtype = as_float_dtype("dtype", dtype)
    rng = as_generator("seed", seed)
    x_train, y_train = _both_kinds(_TRAIN, size, as_int("train", train, minimum=2), rng)
    x_test, y_test = _both_kinds(_TEST, size, as_int("test", test, minimum=2), rng)
    return Split(x_train.astype(dtype), y_train, x_test.astype(dtype), y_test)


def _both_kinds(names, size, number, rng):
    real = [whiten(photo(name, height=_HEIGHT, grey=True)) for name in names]
    fake = [scramble(picture, rng=rng) for picture in real]
    y = np.arange(number) % 2
    x = np.empty((number, 1, size, size))
    for label, pictures in enumerate((fake, real)):
        x[y == label, 0] = _cut(pictures, size, int((y == label).sum()), rng)
    order = rng.permutation(number)
    return x[order], y[order]


def patches(pictures, size, count, *, contrast=0.0, rng=0):
    """Return ``count`` square pieces of side ``size``, cut at random places from grey ``pictures``, about as many each.

    ``pictures`` is a list of arrays (H, W); the result is (count, size, size), in the order of the pictures. Only
    patches are taken whose standard deviation, in the unit of the pictures, is above ``contrast``. ``rng`` is a NumPy
    generator or a seed.
    Raises TypeError or ValueError naming the argument that is wrong, or the picture that has no such patch.
    """
    pictures = [as_array(f"pictures[{i}]", picture, ndim=2) for i, picture in enumerate(pictures)]
    size, count = as_int("size", size, minimum=1), as_int("count", count, minimum=1)
    contrast, rng, found = as_number("contrast", contrast, minimum=0), as_generator("rng", rng), []
    if not pictures:
        raise ValueError("pictures: expected at least one picture, got none")
    for i, share in enumerate(np.array_split(np.arange(count), len(pictures))):
        if size > min(pictures[i].shape):
            raise ValueError(f"pictures[{i}]: expected at least {size}×{size} pixels, got shape {pictures[i].shape}")
        windows = np.lib.stride_tricks.sliding_window_view(pictures[i], (size, size))
        variance = _window_mean(pictures[i] ** 2, size) - _window_mean(pictures[i], size) ** 2
        good = np.argwhere(variance > contrast**2)
        if not len(good):
            raise ValueError(f"contrast: expected less than that of the best patch of pictures[{i}], got {contrast}")
        rows, columns = good[rng.integers(len(good), size=len(share))].T
        found.append(windows[rows, columns])
    return np.concatenate(found)


def _window_mean(picture, size):
    """Return the mean of every ``size``×``size`` window that lies wholly in the picture, by sums of sums."""
    sums = np.pad(picture, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    corners = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return corners / size**2


def _cut(pictures, size, number, rng):
    """Return ``number`` patches (number, size, size) with mean 0 and standard deviation 1, turned and mirrored."""
    x = patches(pictures, size, number, contrast=_FLAT, rng=rng)
    x -= x.mean(axis=(1, 2), keepdims=True)
    x /= x.std(axis=(1, 2), keepdims=True)
    turns, mirrored = rng.integers(4, size=number), rng.integers(2, size=number).astype(bool)
    for k in range(1, 4):
        x[turns == k] = np.rot90(x[turns == k], k, axes=(1, 2))
    x[mirrored] = x[mirrored, :, ::-1]
    return x
