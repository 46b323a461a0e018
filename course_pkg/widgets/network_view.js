const QUANTITIES = [["parameters", "parameters"], ["multiply_adds", "multiply-adds"], ["memory", "memory"]];
const COLUMNS = ["name", "kind", "output", "parameters", "multiply-adds", "memory"];

export default widget("Network view", ({ send, choice, button }) => {
  const title = h("p", { class: "cw-network-title" });
  const svg = s("svg", { role: "img" });
  const paper = h("div", { class: "cw-network" }, svg);
  const card = h("dl", { class: "cw-card" });
  const folds = h("div", { class: "cw-controls" });
  const rows = h("tbody");
  let drawn = null; // the state that is on the page
  let nodes = []; // for each box { box, element, bar, amount }
  let ways = []; // for each way its element
  let selected = 0;

  arrows(paper, "Network: the arrow keys go from box to box, Enter unfolds", (direction) => send(direction));
  paper.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && drawn.boxes[selected].folded) send("unfold", drawn.boxes[selected].details[0][1]);
  });

  /** The curve along the points of a way: from row to row it bends, past a row it is straight. */
  function curve(points) {
    const [[x, y], ...rest] = points;
    let path = `M${x} ${y}`;
    rest.forEach(([x1, y1], i) => {
      const [x0, y0] = points[i];
      const middle = (y0 + y1) / 2;
      path += i % 2 ? `L${x1} ${y1}` : `C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`;
    });
    return path;
  }

  function node(box, [wide, high]) {
    const [x, y] = [-wide / 2, -high / 2];
    const rect = (attributes) => s("rect", { x, y, width: wide, height: high, rx: 5, ...attributes });
    const bar = s("rect", { class: "cw-amount", x: x + 1, y: y + 1, height: high - 2, rx: 4 });
    const amount = s("text", { x: -x - 6, y: y + 33, "text-anchor": "end" });
    const [name, kind] = box.head;
    const element = s(
      "g",
      {
        class: "cw-layer",
        transform: `translate(${box.at})`,
        onclick: () => send("select", box.layer),
        ondblclick: () => box.folded && send("unfold", box.details[0][1]),
        onpointerenter: () => describe(box),
        onpointerleave: () => describe(drawn.boxes[selected]),
      },
      box.folded && rect({ transform: "translate(4 -4)" }),
      rect({}),
      bar,
      s("text", { x: x + 6, y: y + 15, class: "cw-name" }, name),
      s("text", { x: -x - 6, y: y + 15, "text-anchor": "end" }, kind),
      s("text", { x: x + 6, y: y + 33 }, box.shape),
      amount,
    );
    return { box, element, bar, amount };
  }

  function describe(box) {
    card.replaceChildren(...box.details.map(([label, text]) => h("div", {}, h("dt", {}, label), h("dd", {}, text))));
  }

  function drawGraph(state) {
    const [width, height] = state.size;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", `Graph of ${state.boxes.length} boxes`);
    svg.style.width = `${width}px`;
    paper.parentElement.classList.toggle("cw-wide", width > 480); // then the card stands below
    nodes = state.boxes.map((box) => node(box, state.box));
    ways = state.ways.map(({ points }) => {
      const [x, y] = points.at(-1);
      const head = `M${x - 4} ${y - 7}L${x + 4} ${y - 7}L${x} ${y}Z`;
      return s("g", { class: "cw-way" }, s("path", { d: curve(points) }), s("path", { class: "cw-head", d: head }));
    });
    svg.replaceChildren(...ways, ...nodes.map(({ element }) => element));
    rows.replaceChildren(
      ...state.boxes.map(({ details }) => {
        const values = Object.fromEntries(details);
        return h("tr", {}, COLUMNS.map((column) => h("td", {}, values[column])));
      }),
    );
  }

  return {
    hideText: true,
    controls: [
      choice("quantity", "bars show", () => QUANTITIES, (state) => state.quantity),
      button("unfold", "Unfold a level", (state) => state.unfoldable),
      button("fold", "Fold a level", (state) => state.foldable),
    ],
    body: [
      title,
      h("div", { class: "cw-with-card" }, paper, h("div", {}, card, folds)),
      h(
        "details",
        {},
        h("summary", {}, "The boxes as a table"),
        h(
          "div",
          { class: "cw-scroll" },
          h(
            "table",
            {},
            h("thead", {}, h("tr", {}, COLUMNS.map((label) => h("th", { scope: "col" }, label)))),
            rows,
          ),
        ),
      ),
    ],
    draw(state) {
      title.replaceChildren(h("strong", {}, state.title), `: ${state.totals}`);
      if (drawn?.boxes !== state.boxes) drawGraph(state);
      const moved = drawn?.boxes !== state.boxes || selected !== state.selected;
      drawn = state;
      selected = state.selected;
      nodes.forEach(({ box, element, bar, amount }, i) => {
        bar.setAttribute("width", box.shares[state.quantity] * (state.box[0] - 2));
        amount.textContent = box.amounts[state.quantity];
        element.classList.toggle("cw-chosen", i === selected);
      });
      ways.forEach((element, i) => {
        element.classList.toggle("cw-chosen", [state.ways[i].from, state.ways[i].to].includes(selected));
      });
      const box = state.boxes[selected];
      describe(box);
      const press = (control, path) =>
        h("button", { type: "button", onclick: () => send(control, path) }, `${control === "fold" ? "Fold" : "Unfold"} ${path}`);
      if (folds.matches(":focus-within")) paper.focus(); // the button that was pressed goes
      folds.replaceChildren(
        ...(box.folded ? [press("unfold", box.details[0][1])] : []),
        ...box.around.map((path) => press("fold", path)),
      );
      if (moved) {
        const [x, y] = box.at;
        const [wide, high] = [paper.clientWidth, paper.clientHeight];
        if (x - 90 < paper.scrollLeft || x + 90 > paper.scrollLeft + wide) paper.scrollLeft = x - wide / 2;
        if (y - 40 < paper.scrollTop || y + 40 > paper.scrollTop + high) paper.scrollTop = y - high / 2;
      }
    },
  };
});
