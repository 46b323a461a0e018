const WIDTH = 2.2;

export default widget("Race of the optimisers", ({ send, choice, slider, field, tick, button, player }) => {
  const size = { width: 380, height: 350 };
  const curveSize = { width: 345, height: 350 };
  const map = panel("", size.width, size.height);
  const curve = panel("f(x, y) above its lowest value", curveSize.width, curveSize.height);
  const rows = h("tbody");
  const heights = new Map(); // name → the cell with its height now

  const strokes = ({ colour, dashes }) => ({
    stroke: colour,
    "stroke-width": WIDTH,
    "stroke-dasharray": dashes.map((dash) => dash * WIDTH).join(" ") || null,
    "stroke-linejoin": "round",
  });
  const drawnOnes = ({ runners, drawn }) => runners.filter(({ name }) => drawn.includes(name));
  const arrived = ({ arrival }) => (arrival === null ? "never" : `step ${arrival}`);

  function drawMap(state) {
    const { X, Y, line, axes: draw } = axes({ ...size, xs: state.bounds[0], ys: state.bounds[1], xlabel: "x", ylabel: "y" });
    const scale = [X(1) - X(0), Y(1) - Y(0)];
    const ways = drawnOnes(state).map((runner) => ({ ...runner, way: runner.points.slice(0, state.step + 1) }));
    const [x, y] = state.runners[0].points[0];
    map.rename(state.formula);
    map.draw(
      `Map of ${state.formula}, dark where it is low, with the paths of ${ways.map(({ name }) => name).join(", ") || "nobody"}`,
      draw(
        s(
          "g",
          { transform: `translate(${X(0)} ${Y(0)}) scale(${scale})` },
          state.map.map(({ path, colour }) => s("path", { d: path, fill: colour, "fill-rule": "evenodd" })),
        ),
        ways.map(({ way }) => line(way, { stroke: "white", "stroke-width": WIDTH + 2, "stroke-linejoin": "round" })),
        ways.map((runner) => line(runner.way, { ...strokes(runner), "data-way": runner.name })),
        s("circle", { class: "cw-start", cx: X(x), cy: Y(y), r: 6.5 }),
        ways.map(({ way, colour }) =>
          s("circle", { cx: X(way.at(-1)[0]), cy: Y(way.at(-1)[1]), r: 5, fill: colour, stroke: "white", "stroke-width": 1.5 }),
        ),
        state.minima.map(([mx, my]) => s("path", { class: "cw-lowest", d: STAR, transform: `translate(${X(mx)} ${Y(my)}) scale(1.3)` })),
      ),
    );
  }

  function drawCurve(state) {
    const { box, line, axes: draw } = axes({ ...curveSize, xs: [0, state.steps], ys: [state.floor, state.floor * 1e9], xlabel: "step", log: true });
    const paper = { class: "cw-paper", x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
    curve.draw(
      state.text,
      s("rect", paper),
      draw(
        drawnOnes(state).map((runner) =>
          line(runner.above.slice(0, state.step + 1).map((value, i) => [i, value]), strokes(runner)),
        ),
      ),
    );
  }

  function row(runner) {
    const { name } = runner;
    const own = (state) => state.runners.find((other) => other.name === name);
    const sample = s("svg", { class: "cw-sample", viewBox: "0 0 54 14", "aria-hidden": "true" });
    sample.append(
      s("rect", { class: "cw-paper", width: 54, height: 14 }),
      s("line", { x1: 3, x2: 51, y1: 7, y2: 7, ...strokes(runner) }),
    );
    heights.set(name, [h("td"), h("td")]);
    return h(
      "tr",
      {},
      h("td", {}, tick(`draw ${name}`, name, (state) => state.drawn.includes(name))),
      h("td", {}, sample),
      h("td", {}, field(`rate ${name}`, "", (state) => shown(own(state).lr), { "aria-label": `learning rate of ${name}` })),
      heights.get(name),
    );
  }

  function drawRows(state) {
    if (!rows.children.length) rows.append(...state.runners.map(row));
    for (const runner of state.runners) {
      const [now, arrival] = heights.get(runner.name);
      const gone = runner.points.length <= state.step;
      const above = runner.above[state.step];
      now.textContent = gone ? "gone" : `${above <= state.floor ? "≤ " : ""}${shown(Number(above?.toPrecision(2)))}`;
      arrival.textContent = arrived(runner);
    }
  }

  return {
    hideText: true,
    controls: [
      choice("surface", "surface", (state) => state.surfaces.map((name) => [name, name]), (state) => state.surface),
      slider(
        "exponent",
        "all learning rates",
        () => [-1.5, 1.5, 0.05],
        (state) => Math.log10(state.factor),
        (state) => `× ${shown(state.factor)}`,
      ),
      h("div", { class: "cw-control" }, button("best", "best for each"), button("same", "SGD's for all")),
    ],
    body: [
      h("div", { class: "cw-panels cw-level" }, map.element, curve.element),
      h(
        "div",
        { class: "cw-controls" },
        slider("step", "step", (state) => [0, state.steps, 1], (state) => state.step, (state) => `${state.step} of ${state.steps}`),
        player("forward", "restart", 80, (state) => state.step >= state.steps),
        h("span", { class: "cw-hint" }, "● start, ★ lowest point"),
      ),
      h(
        "div",
        { class: "cw-scroll" },
        h(
          "table",
          { class: "cw-race" },
          h(
            "thead",
            {},
            h("tr", {}, ["optimiser", "line", "learning rate", "height now", "below 1 % since"].map((title) => h("th", { scope: "col" }, title))),
          ),
          rows,
        ),
      ),
    ],
    draw(state) {
      drawMap(state);
      drawCurve(state);
      drawRows(state);
    },
  };
});
