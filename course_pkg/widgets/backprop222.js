export default widget("Backpropagation in the 2-2-2 network", ({ button, slider, field, tick }) => {
  const network = panel("2-2-2 network", 740, 440);
  const gate = h("div", { class: "cw-gate" });
  const history = h("p", { class: "cw-history" });
  const slide = h("div", { class: "cw-slide" });
  const atEnd = (state) => state.at === state.count;

  /** Lines of text above each other; `y` is the middle of the first. */
  const lines = (x, y, notes) =>
    notes.map(({ text, phase }, i) =>
      s("text", { class: "cw-note", "data-phase": phase, x, y: y + 16 * i + 4, "text-anchor": "middle" }, text),
    );

  function drawNetwork({ size: [, height], places, ends, labels, radius, nodes, edges, current }) {
    const lit = (name) => (current?.lit.includes(name) ? current.phase : "");
    const edge = (name, from, to) => {
      const [[x1, y1], [x2, y2]] = [places[from], places[to]];
      return s("line", { class: "cw-edge", "data-edge": name, "data-lit": lit(name), x1, y1, x2, y2 });
    };
    const label = ([name, notes]) => {
      const [x, y, side] = labels[name];
      const top = { "-1": y + 2 - 16 * notes.length, 0: y - 8 * (notes.length - 1), 1: y + 15 }[side];
      return s("g", { "data-label": name }, lines(x, top, notes));
    };
    const node = ([name, { value, notes }]) => {
      const [x, y] = places[name];
      const outside = y < height / 2 ? y - radius - 12 - 16 * notes.length : y + radius + 28;
      return s(
        "g",
        { class: "cw-node", "data-node": name, "data-lit": lit(name) },
        s("circle", { cx: x, cy: y, r: radius }),
        s("text", { x, y: y - 5, "text-anchor": "middle", "font-weight": 700 }, name),
        s("text", { class: "cw-value", x, y: y + 16, "text-anchor": "middle" }, value),
        name === "Error" ? null : lines(x, outside, notes),
      );
    };
    const values = Object.entries(nodes).map(([name, { value }]) => `${name} = ${value}`);
    const weights = Object.values(edges).map((notes) => notes.map(({ text }) => text).join(", "));
    network.draw(
      `The 2-2-2 network. ${[...values, ...weights].join("; ")}`,
      Object.entries(ends).map(([name, [from, to]]) => edge(name, from, to)),
      edge("o1", "o1", "Error"),
      edge("o2", "o2", "Error"),
      Object.entries(edges).map(label),
      Object.entries(nodes).map(node),
    );
  }

  function drawGate({ current, text }) {
    gate.dataset.phase = current?.phase ?? "";
    if (!current) return gate.replaceChildren(h("p", {}, text));
    const { phase, name, formula, substituted, value } = current;
    gate.replaceChildren(
      h("p", {}, h("strong", { class: "cw-phase" }, phase), " ", h("strong", {}, name), ` = ${formula}`),
      h("p", {}, `= ${substituted}`),
      h("p", {}, "= ", h("strong", { class: "cw-result" }, value)),
    );
  }

  function drawSlide({ comparison }) {
    const head = ["", "chain rule", "slide (wrong)", "what the slide calculates"];
    slide.hidden = !comparison.length;
    slide.replaceChildren(
      h(
        "table",
        {},
        h(
          "caption",
          {},
          "Where the chain rule needs ∂Error/∂h1 (or h2), the slide takes δ5 + δ6 (or δ7 + δ8), the gradients of weights.",
        ),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            head.map((title) => h("th", { scope: "col" }, title)),
          ),
        ),
        h(
          "tbody",
          {},
          comparison.map(({ name, right, slide: wrong, formula, flips }) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, name),
              h("td", {}, right),
              h("td", {}, wrong, flips && h("em", {}, " wrong sign")),
              h("td", {}, formula),
            ),
          ),
        ),
      ),
    );
  }

  return {
    hideText: true,
    controls: [
      button("restart", "Restart"),
      button("back", "Back", (state) => state.at > 0),
      button("next", "Next", (state) => !atEnd(state)),
      button("end", "To the end", (state) => !atEnd(state)),
      button("iterate", "Next iteration", atEnd),
      slider(
        "at",
        "step",
        (state) => [0, state.count, 1],
        (state) => state.at,
        (state) => `${state.at} of ${state.count}`,
      ),
      field("lr", "η =", (state) => shown(state.lr)),
      tick("slide", "show the slide's wrong δ1 … δ4", (state) => state.slide),
    ],
    body: [gate, h("div", { class: "cw-scroll" }, network.element), history, slide],
    draw(state) {
      drawGate(state);
      drawNetwork(state);
      drawSlide(state);
      history.textContent =
        `Iteration ${state.iteration}. ` +
        (state.errors.length ? `Error by iteration: ${state.errors.join(" → ")}` : "");
    },
  };
});
