export default widget("Gradient descent on a surface", ({ send, choice, slider, field, button, player }) => {
  const size = { width: 390, height: 340 };
  const curveSize = { width: 330, height: 340 };
  const map = panel("", size.width, size.height);
  const curve = panel("f(x, y) above its lowest value", curveSize.width, curveSize.height);
  const verdict = h("p", { class: "cw-verdict" });
  let back = null;

  map.element.classList.add("cw-map");
  arrows(map.element, "Start of the path: move it with the arrow keys", send);
  map.svg.addEventListener("click", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.svg.getScreenCTM().inverse());
    send("start", back(point.x, point.y));
  });

  function drawMap({ bounds: [xs, ys], points, step, map: layers, minima, formula }) {
    const { X, Y, line, back: toData, axes: draw } = axes({ ...size, xs, ys, xlabel: "x", ylabel: "y" });
    back = toData;
    const walked = points.slice(0, step + 1);
    const scale = [X(1) - X(0), Y(1) - Y(0)];
    const dots = points.length <= 300 ? walked : [];
    const [from, to] = [points[0], walked.at(-1)].map((point) => point.map(shown).join(", "));
    map.rename(formula);
    map.draw(
      `Map of ${formula}, dark where it is low, with the path from ${from} to ${to}`,
      draw(
        s(
          "g",
          { transform: `translate(${X(0)} ${Y(0)}) scale(${scale})` },
          layers.map(({ path, colour }) => s("path", { d: path, fill: colour, "fill-rule": "evenodd" })),
        ),
        minima.map(([x, y]) =>
          s("path", { class: "cw-lowest", d: STAR, transform: `translate(${X(x)} ${Y(y)}) scale(1.3)` }),
        ),
        line(walked, { stroke: "white", "stroke-width": 4.5, "stroke-linejoin": "round" }),
        line(walked, { stroke: "#d55e00", "stroke-width": 2, "stroke-linejoin": "round" }),
        dots.map(([x, y]) => s("circle", { cx: X(x), cy: Y(y), r: 2.6, fill: "#d55e00" })),
        s("circle", { class: "cw-start", cx: X(points[0][0]), cy: Y(points[0][1]), r: 6.5 }),
        s("circle", { class: "cw-point", cx: X(walked.at(-1)[0]), cy: Y(walked.at(-1)[1]), r: 5.5 }),
      ),
    );
  }

  function drawCurve({ above, step, verdict: result }) {
    const low = Math.min(...above);
    const high = Math.max(...above);
    const ys = high / low < 10 ? [low / 3, high * 3] : [low, high * 1.5];
    const xs = [0, Math.max(1, above.length - 1)]; // a start far outside is a path of one point
    const { X, Y, line, axes: draw } = axes({ ...curveSize, xs, ys, xlabel: "step", log: true });
    const walked = above.slice(0, step + 1).map((value, i) => [i, value]);
    curve.draw(
      `The height above the lowest point goes from ${shown(above[0])} to ${shown(above[step])} in ${step} steps: ${result}`,
      draw(line(walked, { stroke: "var(--cw-red)", "stroke-width": 2.5 })),
      s("circle", { class: "cw-point", cx: X(step), cy: Y(above[step]), r: 5.5 }),
    );
  }

  const rates = ["too small", "right", "too large"].map((rate) =>
    h("button", { type: "button", onclick: () => send("rate", rate) }, rate),
  );

  return {
    controls: [
      choice(
        "surface",
        "surface",
        (state) => state.surfaces.map((name) => [name, name]),
        (state) => state.surface,
      ),
      slider(
        "exponent",
        "learning rate",
        ({ rates }) => [Math.log10(rates["too small"]) - 0.5, Math.log10(rates["too large"]) + 0.5, 0.01],
        (state) => Math.log10(state.lr || 1e-12),
        (state) => shown(state.lr),
        false,
      ),
      field("lr", "lr =", (state) => shown(state.lr)),
      h("div", { class: "cw-control" }, "try:", rates),
    ],
    body: [
      verdict,
      h("div", { class: "cw-panels cw-level" }, map.element, curve.element),
      h(
        "div",
        { class: "cw-controls" },
        slider(
          "step",
          "step",
          (state) => [0, state.points.length - 1, 1],
          (state) => state.step,
          (state) => `${state.step} of ${state.points.length - 1}`,
        ),
        player("forward", "restart", 60, (state) => state.step >= state.points.length - 1),
        h(
          "span",
          { class: "cw-hint" },
          "● start, ★ lowest point. Click on the map, or use the arrow keys on it, to move the start.",
        ),
      ),
    ],
    draw(state) {
      verdict.replaceChildren(h("strong", { "data-verdict": state.verdict }, state.verdict), ` ${state.meaning}`);
      drawMap(state);
      drawCurve(state);
    },
  };
});
