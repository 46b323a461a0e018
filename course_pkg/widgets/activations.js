export default widget("Activation function and its derivative", ({ choice, slider, field }) => {
  const size = { width: 364, height: 270 };
  const left = panel("f(x)", size.width, size.height);
  const right = panel("f'(x)", size.width, size.height);

  function graph(where, { x, xs }, { title, curve, ys }, value, colour, tangent) {
    const { X, Y, box, line, axes: draw } = axes({ ...size, xs, ys, xlabel: "x" });
    const up = !tangent && value < 0.6; // f' has room above its curve, f to its lower right or upper left
    const beside = up
      ? { x: Math.min(X(x), box.right - 70), y: Y(value) - 14, "text-anchor": "middle" }
      : x < 2.5
        ? { x: X(x) + 12, y: Y(value) + 18 }
        : { x: X(x) - 12, y: Y(value) + (tangent ? -12 : 22), "text-anchor": "end" };
    where.rename(title);
    where.draw(
      `${title} from ${xs[0]} to ${xs[1]}; at x = ${shown(x)} it is ${shown(value)}`,
      draw(
        s("line", { class: "cw-axis", x1: box.left, x2: box.right, y1: Y(0), y2: Y(0) }),
        s("line", { class: "cw-axis", x1: X(0), x2: X(0), y1: box.top, y2: box.bottom }),
        s("line", { class: "cw-axis", x1: X(x), x2: X(x), y1: Y(0), y2: Y(value), "stroke-dasharray": "3 3" }),
        curve.map((piece) => line(piece, { stroke: `var(--cw-${colour})`, "stroke-width": 2.5 })),
        tangent && line(tangent, { stroke: "var(--cw-red)", "stroke-width": 2.5 }),
      ),
      s("circle", { class: "cw-point", cx: X(x), cy: Y(value), r: 6 }),
      s("text", { class: "cw-note", ...beside }, `${tangent ? "f" : "f'"}(${shown(x)}) = ${shown(value)}`),
    );
  }

  return {
    controls: [
      choice(
        "name",
        "activation",
        (state) => state.names.map((name) => [name, name === "relu" ? "ReLU" : name]),
        (state) => state.name,
      ),
      slider(
        "x",
        "x",
        (state) => [...state.xs, 0.01],
        (state) => state.x,
        (state) => shown(state.x),
        false,
      ),
      field("x", "x =", (state) => shown(state.x)),
    ],
    body: [h("div", { class: "cw-panels" }, left.element, right.element)],
    draw(state) {
      graph(left, state, state.f, state.value, "blue", state.tangent);
      graph(right, state, state.df, state.slope, "green");
    },
  };
});
