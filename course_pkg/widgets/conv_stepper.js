export default widget("Convolution, one output at a time", ({ send, choice, field, button, player }) => {
  const image = panel("", 1, 1);
  const output = panel("", 1, 1);
  const kernel = h("div", { class: "cw-kernel" });
  const size = h("span", { class: "cw-size" });
  const sum = h("div", { class: "cw-sum" });
  const atEnd = (state) => state.at >= state.count - 1;
  const editors = new Map(); // one for each shape of kernel, made when first needed

  arrows(output.element, "Output: go to another place with the arrow keys", send);

  /** The side of a cell, in pixels, with which image, kernel and output fit side by side, if they do. */
  function cellSide({ image: [pixels], kernel: [weights], output: [values] = [[]] }) {
    const together = (700 - 54 * weights.length) / (pixels.length + values.length);
    return Math.min(36, together >= 22 ? together : 320 / Math.max(pixels.length, values.length));
  }

  /** Draw a grid of numbers; `frame` is [row, column, height, width], `extra(row, column)` is small text in a cell. */
  function drawGrid(where, title, side, values, shades, frame, { extra = () => null, onclick = () => null }) {
    const [rows, columns] = [values.length, values[0].length];
    const width = columns * side + 4;
    const fit = (text, largest) => Math.min(largest, (1.55 * side) / text.length); // font size that fills the cell
    const shade = (value) => ({
      class: value < 0 ? "cw-negative" : "cw-positive",
      "fill-opacity": Math.abs(value) * 0.55,
    });
    const cell = (value, i, j) =>
      s(
        "g",
        {
          class: "cw-cell",
          "data-cell": `${i},${j}`,
          transform: `translate(${2 + j * side} ${2 + i * side})`,
          onclick: onclick(i * columns + j),
        },
        s("rect", { width: side, height: side, ...(value ? shade(shades[i][j]) : { "fill-opacity": 0 }) }),
        s("text", { x: side / 2, y: side / 2 + 4, "text-anchor": "middle", "font-size": fit(value, 13) }, value),
        extra(i, j) &&
          s(
            "text",
            { x: side - 2, y: side - 3, "text-anchor": "end", "font-size": fit(extra(i, j), 9.5) },
            extra(i, j),
          ),
      );
    where.rename(title);
    where.svg.setAttribute("viewBox", `0 0 ${width} ${rows * side + 4}`);
    where.svg.style.maxWidth = `${width}px`;
    where.element.style.maxWidth = where.element.style.flexBasis = `${Math.max(width, 120)}px`; // room for the title
    const [top, left, high, wide] = frame ?? [];
    where.draw(
      `${title}: ${values.map((row) => row.map((value) => value || "empty").join(" ")).join("; ")}`,
      values.map((row, i) => row.map((value, j) => cell(value, i, j))),
      frame &&
        s("rect", {
          class: "cw-window",
          x: 2 + left * side,
          y: 2 + top * side,
          width: wide * side,
          height: high * side,
        }),
    );
  }

  /** Show the fields to type a kernel of this shape in. */
  function drawKernel({ kernel: weights }) {
    const shape = `${weights.length}×${weights[0].length}`;
    if (kernel.dataset.shape === shape) return;
    kernel.dataset.shape = shape;
    if (!editors.has(shape)) {
      const cell = (i, j) =>
        field(`cell ${i} ${j}`, "", (state) => state.kernel[i]?.[j] ?? "", {
          "aria-label": `kernel row ${i}, column ${j}`,
        });
      const style = `grid-template-columns: repeat(${weights[0].length}, auto)`;
      editors.set(
        shape,
        h(
          "div",
          { class: "cw-grid", style },
          weights.map((row, i) => row.map((_, j) => cell(i, j))),
        ),
      );
    }
    kernel.replaceChildren(h("p", {}, "kernel"), editors.get(shape));
  }

  return {
    hideText: true,
    controls: [
      choice(
        "preset",
        "kernel",
        (state) => state.presets.map((name) => [name, name]),
        (state) => state.preset,
      ),
      field("size", "size", (state) => state.kernel.length, { type: "number", min: 1, max: 12 }),
      field("stride", "stride", (state) => state.stride, { type: "number", min: 1, max: 12 }),
      field("padding", "padding", (state) => state.padding, { type: "number", min: 0, max: 6 }),
    ],
    body: [
      h(
        "div",
        { class: "cw-controls" },
        button("restart", "Restart"),
        button("back", "Back", (state) => state.at > 0),
        button("next", "Next", (state) => !atEnd(state)),
        player("next", "restart", 500, atEnd),
        size,
      ),
      h("div", { class: "cw-panels" }, image.element, kernel, output.element),
      sum,
    ],
    draw(state) {
      const { kernel: weights, place, stride } = state;
      const [top, left] = place ? [place[0] * stride, place[1] * stride] : [-99, -99]; // no place: nothing is under it
      const side = cellSide(state);
      const factor = (i, j) => side >= 27 && weights[i - top]?.[j - left] && `×${weights[i - top][j - left]}`;
      const window = place && [top, left, weights.length, weights[0].length];
      drawGrid(image, `image, padding ${state.padding}`, side, state.image, state.shades, window, { extra: factor });
      drawKernel(state);
      output.element.hidden = sum.hidden = size.hidden = !place;
      if (!place) return;
      drawGrid(output, `output, stride ${stride}`, side, state.output, state.output_shades, [...place, 1, 1], {
        onclick: (index) => () => send("at", index),
      });
      size.textContent = state.size;
      const last = state.products.length - 1;
      sum.replaceChildren(
        h("p", {}, `output[${place.join(", ")}] =`),
        ...state.products.map((line, i) => h("p", {}, line, i < last && " +")),
        h("p", {}, "= ", h("strong", { class: "cw-result" }, state.value)),
      );
    },
  };
});
