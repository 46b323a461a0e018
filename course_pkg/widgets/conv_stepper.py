"""A kernel slides over an image, one output at a time, with the products and their sum written out."""

import textwrap

import numpy as np

from course_pkg._validate import as_array, as_choice, as_int, as_number
from course_pkg.nn import conv2d, output_size
from course_pkg.show import COLOURS, new_figure
from course_pkg.widgets.base import CourseWidget, Setting, module, shown, typed_integer, typed_number

LARGEST = 12  # rows and columns that a page can show with readable numbers
IMAGE = (  # a written seven
    (0, 0, 0, 0, 0, 0, 0),
    (0, 3, 3, 3, 3, 3, 0),
    (0, 0, 0, 0, 1, 3, 0),
    (0, 0, 0, 0, 3, 1, 0),
    (0, 0, 0, 2, 3, 0, 0),
    (0, 0, 0, 3, 1, 0, 0),
    (0, 0, 0, 3, 0, 0, 0),
)


def kernels(size):
    """Return the preset kernels by name, each an array (size, size): identity, blur, edge and sharpen.

    Blur is the mean, edge is size² times the centre minus the sum (0 where all values are equal), and sharpen adds the
    edges to the image. Raises TypeError or ValueError for a size that is no integer from 1 to 12.
    """
    size = as_int("size", size, minimum=1)
    if size > LARGEST:
        raise ValueError(f"size: expected at most {LARGEST}, got {size}")
    ones, identity = np.ones((size, size)), np.zeros((size, size))
    identity[size // 2, size // 2] = 1
    edge = size**2 * identity - ones
    return {"identity": identity, "blur": ones / size**2, "edge": edge, "sharpen": identity + edge}


def _grid(name, value):
    grid = as_array(name, value, ndim=2)
    if not 1 <= min(grid.shape) <= max(grid.shape) <= LARGEST:
        raise ValueError(f"{name}: expected 1 to {LARGEST} rows and columns, got shape {grid.shape}")
    if np.abs(grid).max() > 1e6:
        raise ValueError(f"{name}: expected numbers from −10⁶ to 10⁶, got {grid.flat[np.abs(grid).argmax()]:g}")
    return tuple(tuple(float(v) for v in row) for row in grid)


def _up_to(low, high):
    def check(name, value):
        value = as_int(name, value, minimum=low)
        if value > high:
            raise ValueError(f"{name}: expected an integer from {low} to {high}, got {value}")
        return value

    return check


def _factor(value):
    text = shown(value, 3)
    return f"({text})" if value < 0 else text


class ConvStepper(CourseWidget):
    """Convolution (cross-correlation, as in ``course_pkg.nn.conv2d``) one output at a time.

    ``image`` and ``kernel`` are arrays of numbers with up to 12 rows and columns, by default a written seven (7, 7) and
    an edge kernel (3, 3); ``stride`` is from 1 to 12, ``padding`` from 0 to 6. ``at`` is the index of the current
    output, row by row. Raises ValueError or TypeError for anything else; a kernel that is larger than the padded image
    is shown with the reason why it has no output. Source: deck 001, 7×7 image and 3×3 kernel.
    """

    _esm = module("conv_stepper.js")

    image = Setting(_grid, IMAGE)
    kernel = Setting(_grid, None)
    stride = Setting(_up_to(1, LARGEST), 1)
    padding = Setting(_up_to(0, LARGEST // 2), 0)
    at = Setting(lambda name, value: as_int(name, value, minimum=0), 0)

    def __init__(self, image=None, kernel=None, stride=1, padding=0):
        image = IMAGE if image is None else image
        kernel = kernels(3)["edge"] if kernel is None else kernel
        super().__init__(image=image, kernel=kernel, stride=stride, padding=padding)

    def output(self):
        """Return the whole output (rows, columns); raises ValueError where the kernel exceeds the padded image."""
        image, kernel = (np.array(grid)[None, None] for grid in (self.image, self.kernel))
        return conv2d(image, kernel, stride=self.stride, padding=self.padding)[0, 0]

    def padded(self):
        """Return the image with its border of zeros."""
        return np.pad(np.array(self.image), self.padding)

    def sizes(self):
        """Return the output's rows and columns; raises ValueError where the kernel is larger than the padded image."""
        sides = zip(np.shape(self.image), np.shape(self.kernel), strict=True)
        return tuple(output_size(side, kernel, self.stride, self.padding) for side, kernel in sides)

    def place(self):
        """Return the row and column of the current output."""
        rows, columns = self.sizes()
        return divmod(min(self.at, rows * columns - 1), columns)

    def products(self):
        """Return the current sum written out, one line for each row of the kernel, such as "3·8 + 2·(−1)"."""
        (row, column), (height, width) = self.place(), np.shape(self.kernel)
        top, left = row * self.stride, column * self.stride
        window = self.padded()[top : top + height, left : left + width]
        pairs = zip(window, self.kernel, strict=True)
        return [" + ".join(f"{_factor(x)}·{_factor(w)}" for x, w in zip(*pair, strict=True)) for pair in pairs]

    def preset(self):
        """Return the name of the preset that the kernel is, or "own"."""
        if len(self.kernel) != len(self.kernel[0]):
            return "own"
        same = (name for name, kernel in kernels(len(self.kernel)).items() if np.array_equal(kernel, self.kernel))
        return next(same, "own")

    def picture(self):
        state = {
            "image": [[shown(v, 3) for v in row] for row in self.padded()],
            "shades": self._shades(self.padded()),
            "kernel": [[shown(w, 3) for w in row] for row in self.kernel],
            "preset": self.preset(),
            "presets": [*kernels(1), "own"],
            "stride": self.stride,
            "padding": self.padding,
        }
        try:
            rows, columns = self.sizes()
        except ValueError as error:
            return {**state, "place": None, "count": 0, "at": 0, "error": str(error), "text": "There is no output."}
        (row, column), output = self.place(), self.output()
        at = row * columns + column
        products, value = self.products(), shown(output[row, column])
        return {
            **state,
            "output": [
                [shown(v, 3) if i * columns + j <= at else "" for j, v in enumerate(line)]
                for i, line in enumerate(output)
            ],
            "output_shades": self._shades(output),
            "at": at,
            "count": rows * columns,
            "place": [row, column],
            "size": self._size_formula(),
            "products": products,
            "value": value,
            "text": f"output[{row}, {column}] = {' + '.join(products)} = {value}",
        }

    def react(self, control, value):
        match str(control).split():
            case ["preset"]:
                presets = kernels(len(self.kernel))
                if value != "own":
                    self.kernel = presets[as_choice("preset", value, list(presets))]
            case ["cell", row, column]:
                kernel = np.array(self.kernel)
                kernel[int(row), int(column)] = as_number("kernel", typed_number("kernel", value))
                self.kernel = kernel
            case ["size"]:
                name = self.preset()
                self.kernel, self.at = kernels(typed_integer("size", value))["edge" if name == "own" else name], 0
            case ["stride"]:
                self.stride, self.at = typed_integer("stride", value), 0
            case ["padding"]:
                self.padding, self.at = typed_integer("padding", value), 0
            case ["at"]:
                self.at = value
            case ["next" | "back" | "left" | "right" | "up" | "down" | "restart" | "end" as way]:
                self._go(way)
            case _:
                raise ValueError(f"control: expected a control of this widget, got {control!r}")

    def _go(self, way):
        (rows, columns), (row, column) = self.sizes(), self.place()
        at, last = row * columns + column, rows * columns - 1
        goal = {
            "next": min(at + 1, last),
            "back": max(at - 1, 0),
            "right": at + (column < columns - 1),
            "left": at - (column > 0),
            "down": at + columns * (row < rows - 1),
            "up": at - columns * (row > 0),
            "restart": 0,
            "end": last,
        }
        self.at = goal[way]

    def _size_formula(self):
        rows, columns = self.sizes()
        sides = dict.fromkeys(
            zip(np.shape(self.image), np.shape(self.kernel), (rows, columns), strict=True)
        )  # without twins
        formulas = [f"⌊({n} + 2·{self.padding} − {k})/{self.stride}⌋ + 1 = {out}" for n, k, out in sides]
        return f"output size: {' and '.join(formulas)}, so {rows} × {columns}"

    @staticmethod
    def _shades(grid):
        """Each value as a part of the largest one, from −1 to 1."""
        return np.round(grid / (np.abs(grid).max() or 1), 3).tolist()

    def static_figure(self):
        fig, axes = new_figure(1, 3, size=(9.2, 4.3), width_ratios=(7, 3.4, 5.5))
        kernel = np.array(self.kernel)
        self._draw_grid(axes[0], self.padded(), f"image, padding {self.padding}")
        self._draw_grid(axes[1], kernel, "kernel")
        try:
            self.sizes()
        except ValueError as error:
            axes[2].axis("off")
            axes[2].text(0, 0.5, textwrap.fill(str(error), 30), va="center", transform=axes[2].transAxes)
            return fig
        row, column = self.place()
        self._draw_grid(axes[2], self.output(), f"output, stride {self.stride}")
        _frame(axes[0], row * self.stride, column * self.stride, *kernel.shape)
        _frame(axes[2], row, column, 1, 1)
        value = shown(self.output()[row, column])
        terms = "\n+ ".join(self.products()) if kernel.size <= 16 else "…"
        fig.suptitle(f"{self._size_formula()}\noutput[{row}, {column}] = {terms} = {value}", fontsize=11)
        return fig

    def _draw_grid(self, ax, grid, title):
        from matplotlib.colors import LinearSegmentedColormap

        signed = LinearSegmentedColormap.from_list("signed", [COLOURS["sky"], "white", COLOURS["orange"]])
        ax.imshow(self._shades(grid), cmap=signed, vmin=-1.5, vmax=1.5)
        rows, columns = grid.shape
        ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, color="0.6", lw=0.6)
        ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, color="0.6", lw=0.6)
        for (i, j), value in np.ndenumerate(grid):
            ax.text(j, i, shown(value, 3), ha="center", va="center", fontsize=10 if max(grid.shape) < 9 else 8)
        ax.set_title(title)
        ax.axis("off")

    def alt(self):
        image, kernel = np.shape(self.padded()), np.shape(self.kernel)
        start = f"A padded image of {image[0]} × {image[1]} numbers and a kernel of {kernel[0]} × {kernel[1]}"
        try:
            rows, columns = self.sizes()
        except ValueError as error:
            return f"{start}. There is no output: {error}."
        return f"{start} give an output of {rows} × {columns}, with stride {self.stride}. {self.picture()['text']}"


def _frame(ax, row, column, height, width):
    """Frame cells of a grid."""
    top, left = row - 0.5, column - 0.5
    x, y = [left, left + width, left + width, left, left], [top, top, top + height, top + height, top]
    ax.plot(x, y, color=COLOURS["red"], lw=4, clip_on=False)
