const WIDTH = 740;
const PLANE = { width: 460, height: 360 };
const CURVE = { width: 266, height: 360 };
const LETTER = 7.2; // width of a letter of a label
const DRAWN = "fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray paint-order font-size font-weight";

export default widget("word2vec on pairs of words", (tools) => {
  const { send, choice, tick, button } = tools;
  const network = panel("Network: the words on the left are buttons", WIDTH, 300);
  const heat = [panel("W, a row for each input word", 360, 300), panel("W', a row for each output neuron", 360, 300)];
  const tree = panel("Huffman tree: the path of the target, and the probability of each word", WIDTH, 300);
  const plane = panel("Plane of PCA: ● input vectors, ■ output vectors′", PLANE.width, PLANE.height, {
    class: "cw-panel cw-drag",
  });
  const curve = panel("Mean loss (dashed: the least)", CURVE.width, CURVE.height);
  const reading = h("p", { class: "cw-reading" }); // the number under the pointer or the cursor
  const said = h("p", { class: "cw-said", "aria-hidden": "true" }); // the live region says it to ears
  let state = null;
  let left = 0; // iterations that the animation still has to do
  let paused = false;
  let timer = 0;
  let shownSteps = 0;
  const cell = { matrix: 0, row: 0, column: 0 }; // where the reader is in the heat maps
  let view = null; // the part of the plane that is seen, { x, y, half }, or null for all

  // Training: all at once, or ten at a time with a drawing after each

  const animate = h("input", { type: "checkbox" });
  const press = (label, onclick, attributes = {}) => h("button", { type: "button", onclick, ...attributes }, label);
  const step = (count) => send("step", { count });
  const pause = press("Pause", () => {
    paused = left > 0 && !paused;
    advance();
    relabel();
  });
  function train(count) {
    paused = false;
    left = animate.checked ? count : 0;
    if (left) advance();
    else step(count);
  }
  function advance() {
    clearTimeout(timer);
    if (!left || paused) return;
    const count = Math.min(10, left);
    left -= count;
    step(count);
  }
  function relabel() {
    pause.textContent = paused && left ? "Go on" : "Pause";
    pause.ariaDisabled = String(!left);
  }

  // What is typed

  const area = (label, rows) => h("textarea", { rows, "aria-label": label, spellcheck: "false" });
  const config = area("config", 1);
  const pairs = area("training data", 3);
  let submitted = false;
  const submit = (control, value) => () => {
    left = 0;
    submitted = true;
    send(control, value());
  };
  const editor = h(
    "div",
    { class: "cw-editor" },
    h("label", {}, "Config", config),
    h("label", {}, "Training data: context|target, with ^ between several words on a side", pairs),
    h(
      "div",
      { class: "cw-controls" },
      press("Update learning rate", submit("rate", () => config.value)),
      press("Update and restart", submit("update", () => ({ config: config.value, pairs: pairs.value }))),
    ),
  );
  /** Mark what was refused, and leave what is being typed until Python has another text. */
  function drawEditor() {
    submitted &&= tools.error() !== "";
    const ofPairs = tools.error().startsWith("text");
    [[config, state.config, !ofPairs], [pairs, state.pairs, ofPairs]].forEach(([field, text, refused]) => {
      field.setAttribute("aria-invalid", submitted && refused);
      if (field.dataset.text !== text) field.dataset.text = field.value = text;
    });
  }

  // Network

  const sign = (value) => (value < 0 ? "cw-negative" : "cw-positive");
  const strength = (value) => Math.tanh(Math.abs(value)).toFixed(3);
  const label = (x, y, anchor, text, attributes = {}) =>
    s("text", { x, y: y + 4, "text-anchor": anchor, ...attributes }, text);
  const spread = (count, height) => (i) => (count === 1 ? height / 2 : 16 + (i * (height - 32)) / (count - 1));

  function drawNetwork() {
    const { words, rows, saved, hidden, neurons, answers, excited, asked } = state;
    const height = Math.max(220, 24 * words.length + 10);
    const [inY, midY, outY] = [words, hidden, rows].map(({ length }) => spread(length, height));
    const [inX, midX, outX] = [140, WIDTH / 2, WIDTH - 190];
    const signs = (row) => asked.filter(([other]) => other === row).map(([, right]) => (right > 0 ? "+1" : "−1"));
    const marked = !state.mode.startsWith("softmax"); // there every target is simply a target
    const usual = state.mode.startsWith("softmax") ? 1.2 / rows.length : 0.6; // above it a neuron counts as excited
    const edges = [[], []]; // those at rest, and those that are lit, drawn above them
    const edge = (x1, y1, x2, y2, value, lit) =>
      edges[Number(lit)].push(
        lit
          ? s("line", { class: `cw-weight ${sign(value)}`, x1, y1, x2, y2, "stroke-width": 1 + 4 * strength(value) })
          : s("line", { class: "cw-weight", x1, y1, x2, y2 }),
      );
    const disc = (x, y, attributes) => s("circle", { cx: x, cy: y, r: 9, ...attributes });
    const neuron = (x, y, value) =>
      s(
        "g",
        { class: "cw-neuron" },
        disc(x, y),
        disc(x, y, { class: sign(value), "fill-opacity": strength(value * 1.5) }),
      );
    const arrow = (x, y, toRight) => s("path", { class: "cw-arrow", d: `M${x} ${y}l${toRight ? -22 : 22} -6v12Z` });
    const focused = network.svg.getRootNode().activeElement?.dataset?.word;
    saved.W.forEach((row, i) =>
      row.forEach((value, j) => edge(inX + 9, inY(i), midX - 9, midY(j), value, excited.includes(words[i]))),
    );
    saved["W'"].forEach((row, i) => {
      const lit = neurons[i] > usual || signs(i).length > 0;
      row.forEach((value, j) => edge(midX + 9, midY(j), outX - 9, outY(i), value, lit));
    });
    network.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    network.draw(
      `Network of ${words.length} words, ${hidden.length} hidden units and ${rows.length} output neurons`,
      edges,
      words.map((word, i) =>
        s(
          "g",
          {
            class: "cw-word",
            role: "button",
            tabindex: 0,
            "data-word": word,
            "aria-pressed": String(excited.includes(word)),
            "aria-label": `excite ${word}`,
            onclick: () => send("excite", word),
            onkeydown: (event) => {
              if (![" ", "Enter"].includes(event.key)) return;
              event.preventDefault();
              send("excite", word);
            },
          },
          s("rect", { x: 0, y: inY(i) - 11, width: inX + 10, height: 22 }),
          neuron(inX, inY(i), excited.includes(word) ? 1 : 0),
          label(inX - 16, inY(i), "end", word),
          state.context.includes(word) && arrow(24, inY(i), true),
        ),
      ),
      hidden.map((value, j) =>
        s("g", {}, neuron(midX, midY(j), value), s("title", {}, `h${j + 1} = ${shown(value)}`)),
      ),
      rows.map((row, i) =>
        s(
          "g",
          { "data-row": row },
          neuron(outX, outY(i), neurons[i]),
          label(outX + 16, outY(i), "start", `${row} ${neurons[i].toFixed(2)}`),
          signs(i).length > 0 && arrow(WIDTH - 70, outY(i), false),
          marked && label(WIDTH - 4, outY(i), "end", signs(i).join(" ")),
        ),
      ),
    );
    network.svg.setAttribute("role", "group");
    if (focused) network.svg.querySelector(`[data-word="${CSS.escape(focused)}"]`)?.focus();
  }

  // Heat maps

  const matrices = () => [state.saved.W, state.saved["W'"]];
  const labels = () => [state.words, state.rows];

  function drawHeat() {
    matrices().forEach((matrix, m) => {
      const wide = 250 / matrix[0].length;
      const height = Math.max(120, 18 * matrix.length + 6);
      const high = (height - 6) / matrix.length;
      const gradient = state.gradients?.[m];
      heat[m].svg.setAttribute("viewBox", `0 0 360 ${height}`);
      heat[m].draw(
        `Heat map of ${m ? "W'" : "W"}, ${matrix.length} rows of ${matrix[0].length} numbers`,
        matrix.map((row, i) => label(92, 3 + high * (i + 0.5), "end", labels()[m][i])),
        matrix.map((row, i) =>
          row.map((value, j) =>
            s("rect", {
              class: `cw-heat ${sign(value)}`,
              "data-cell": `${m} ${i} ${j}`,
              "data-moves": Boolean(gradient?.[i][j]),
              x: 100 + j * wide,
              y: 3 + i * high,
              width: wide - 2,
              height: high - 2,
              "fill-opacity": strength(value),
            }),
          ),
        ),
      );
    });
    point(cell);
  }

  /** Go to a cell of a heat map, as near as there is one, and read it. */
  function point({ matrix, row, column }) {
    const values = matrices()[matrix];
    cell.matrix = matrix;
    cell.row = Math.min(Math.max(row, 0), values.length - 1);
    cell.column = Math.min(Math.max(column, 0), values[0].length - 1);
    const gradient = state.gradients?.[matrix][cell.row][cell.column];
    const place = `${matrix ? "W'" : "W"}[${labels()[matrix][cell.row]}, ${cell.column + 1}]`;
    const also = gradient === undefined ? "" : `, gradient ${shown(gradient)}`;
    reading.textContent = `${place} = ${shown(values[cell.row][cell.column])}${also}`;
    reading.ariaLive = heat.some(({ element }) => element.matches(":focus")) ? "polite" : "off";
    for (const { svg } of heat) svg.querySelector(".cw-here")?.classList.remove("cw-here");
    heat[matrix].svg.querySelector(`[data-cell="${matrix} ${cell.row} ${cell.column}"]`).classList.add("cw-here");
  }
  heat.forEach(({ element, svg }, matrix) => {
    arrows(element, `Heat map of ${matrix ? "W'" : "W"}: the arrow keys go from number to number`, (direction) => {
      const [down, right] = { up: [-1, 0], down: [1, 0], left: [0, -1], right: [0, 1] }[direction];
      point({ matrix, row: cell.row + down, column: cell.column + right });
    });
    element.addEventListener("focus", () => point({ ...cell, matrix }));
    svg.addEventListener("pointerover", ({ target }) => {
      if (!target.dataset.cell) return;
      const [, row, column] = target.dataset.cell.split(" ").map(Number);
      point({ matrix, row, column });
    });
  });

  // Tree of hierarchical softmax

  function drawTree() {
    tree.element.hidden = !state.tree;
    if (!state.tree) return;
    const { nodes, edges } = state.tree;
    const [xs, ys] = [nodes.map(([, x]) => x), nodes.map(([, , y]) => y)];
    const high = 54 * (1 - Math.min(...ys)) + 20;
    const low = Math.min(...xs);
    const X = (x) => 40 + ((x - low) / (Math.max(...xs) - low || 1)) * (WIDTH - 80);
    const Y = (y) => 22 - 54 * y;
    const places = new Map(nodes.map(([key, x, y]) => [key, [X(x), Y(y)]]));
    const V = state.words.length;
    tree.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${high}`);
    tree.draw(
      `Huffman tree. ${state.words.map((word, i) => `${word} ${state.answers[i].toFixed(2)}`).join(", ")}`,
      edges.map(([above, below, step]) => {
        const [[x1, y1], [x2, y2]] = [places.get(above), places.get(below)];
        const onPath = state.asked.some(([row, right]) => row === above - V && right > 0 === (step === "+1"));
        return [
          s("line", { class: onPath ? "cw-path" : "cw-axis", x1, y1, x2, y2 }),
          label((x1 + x2) / 2, (y1 + y2) / 2, "middle", step, { class: "cw-note" }),
        ];
      }),
      nodes.map(([key, , , name]) => {
        const [x, y] = places.get(key);
        const word = key < V;
        return [
          label(x, y, "middle", name.replace("node ", "v'"), {
            class: "cw-note",
            "font-weight": word && state.targets.includes(name) ? 700 : null,
          }),
          word && label(x, y + 15, "middle", state.answers[key].toFixed(2), { class: "cw-note" }),
        ];
      }),
    );
  }

  // Plane

  const room = axes({ ...PLANE, xs: [0, 1], ys: [0, 1] }).box;
  const [roomX, roomY] = [room.right - room.left, room.bottom - room.top];

  function frame() {
    if (view) return view;
    const [xs, ys] = [2, 3].map((k) => [0, ...state.points.map((place) => place[k])]);
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const half = 0.6 * Math.max((right - left) * 1.1, ((top - bottom) * roomX) / roomY, 1e-3);
    return { x: (left + right) / 2, y: (top + bottom) / 2, half };
  }

  /** Where labels may stand so that none lies on a point or on another label: [x, y, "start" or "end"] for each. */
  function placed(points) {
    const taken = points.map(({ x, y }) => [x - 5, x + 5, y - 5, y + 5]);
    const free = (box) => taken.every(([l, r, t, b]) => box[0] > r || box[1] < l || box[2] > b || box[3] < t);
    return points.map(({ x, y, text }) => {
      const width = LETTER * [...text].reduce((sum, letter) => sum + (letter > "⺀" ? 2 : 1), 0);
      for (let far = 0; ; far += 1) {
        for (const dy of far ? [-13 * far, 13 * far] : [0]) {
          for (const toLeft of [false, true]) {
            const start = toLeft ? x - 9 - width : x + 9;
            const box = [start, start + width, y + dy - 7, y + dy + 7];
            if (!free(box) && far < 40) continue;
            taken.push(box);
            return [toLeft ? x - 9 : x + 9, y + dy, toLeft ? "end" : "start"];
          }
        }
      }
    });
  }

  function drawPlane() {
    const { x, y, half } = frame();
    const up = (half * roomY) / roomX;
    const xs = [x - half, x + half];
    const ys = [y - up, y + up];
    const { X, Y, box, line, axes: draw } = axes({ ...PLANE, xs, ys });
    const inside = state.points
      .map(([kind, text, px, py]) => ({ kind, text, x: X(px), y: Y(py) }))
      .filter((place) => place.x >= box.left && place.x <= box.right && place.y >= box.top && place.y <= box.bottom);
    const spots = placed(inside);
    const shape = {
      input: (cx, cy) => s("circle", { class: "cw-input", cx, cy, r: 5 }),
      output: (cx, cy) => s("rect", { class: "cw-output", x: cx - 4.5, y: cy - 4.5, width: 9, height: 9 }),
    };
    const about = state.points.map(([, text, px, py]) => `${text} at ${px.toFixed(2)}, ${py.toFixed(2)}`);
    plane.draw(
      `Plane with ${about.join("; ") || "no vectors"}`,
      draw(
        line([[xs[0], 0], [xs[1], 0]], { class: "cw-axis" }),
        line([[0, ys[0]], [0, ys[1]]], { class: "cw-axis" }),
        inside.map(({ x: x1, y: y1 }, i) => {
          const [x2, y2] = spots[i];
          return Math.abs(y2 - y1) > 12 && s("line", { class: "cw-axis", x1, y1, x2, y2 }); // to a label far away
        }),
        inside.map(({ kind, x: px, y: py }) => shape[kind](px, py)),
      ),
      inside.map(({ text }, i) => label(spots[i][0], spots[i][1], spots[i][2], text, { class: "cw-spot" })),
    );
  }

  const zoom = (factor, at) => {
    const { x, y, half } = frame();
    const [cx, cy] = at ?? [x, y];
    view = { x: cx + (x - cx) * factor, y: cy + (y - cy) * factor, half: half * factor };
    drawPlane();
  };
  const move = (right, up) => {
    const { x, y, half } = frame();
    view = { x: x + right * half, y: y + up * half, half };
    drawPlane();
  };
  const reset = () => {
    view = null;
    drawPlane();
  };
  arrows(plane.element, "Plane: the arrow keys move it, plus and minus zoom, 0 shows all", (direction) => {
    move(...{ left: [-0.2, 0], right: [0.2, 0], up: [0, 0.2], down: [0, -0.2] }[direction]);
  });
  plane.element.addEventListener("keydown", ({ key }) => {
    if (key === "+" || key === "=") zoom(0.8);
    if (key === "-") zoom(1.25);
    if (key === "0") reset();
  });
  const scale = () => (2 * PLANE.width) / plane.svg.getBoundingClientRect().width / roomX; // half-widths a pixel
  plane.svg.addEventListener("pointerdown", (event) => plane.svg.setPointerCapture(event.pointerId));
  plane.svg.addEventListener("pointermove", ({ buttons, movementX, movementY }) => {
    if (buttons) move(-movementX * scale(), movementY * scale());
  });
  plane.svg.addEventListener(
    "wheel",
    (event) => {
      if (!plane.element.contains(plane.svg.getRootNode().activeElement) && !event.ctrlKey) return; // the page scrolls
      event.preventDefault();
      const { x, y, half } = frame();
      const { left, top, width, height } = plane.svg.getBoundingClientRect();
      const [right, down] = [event.clientX - left - width / 2, event.clientY - top - height / 2];
      zoom(event.deltaY < 0 ? 0.8 : 1.25, [x + right * scale() * half, y - down * scale() * half]);
    },
    { passive: false },
  );

  // Loss

  function drawCurve() {
    const points = state.curve;
    const values = [...points.map(([, value]) => value), state.floor ?? 0];
    const top = Math.max(...values) * 1.05 || 1;
    const xs = [0, Math.max(20, points.at(-1)?.[0] ?? 0)];
    const { line, axes: draw } = axes({ ...CURVE, xs, ys: [0, top], xlabel: "iteration" });
    curve.draw(
      points.length ? `Loss ${shown(points[0][1])} at first, ${shown(points.at(-1)[1])} now` : "Loss: no iteration yet",
      draw(
        state.floor !== null && line([[0, state.floor], [1e9, state.floor]], { class: "cw-floor" }),
        points.length > 0 && line(points, { class: "cw-loss" }),
      ),
    );
  }

  // Files

  const download = (name, blob) => {
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const saveState = () =>
    download("word_vectors.json", new Blob([JSON.stringify(state.saved, null, 1)], { type: "application/json" }));

  /** All pictures, one below the other, on the colour of the page. */
  async function savePicture() {
    const figures = [network, ...heat, tree, plane, curve].filter(({ element }) => !element.hidden);
    const sizes = figures.map(({ svg }) => svg.getAttribute("viewBox").split(" ").slice(2).map(Number));
    const total = sizes.reduce((sum, [, height]) => sum + height + 30, 0);
    const canvas = h("canvas", { width: 2 * WIDTH, height: 2 * total });
    const pen = canvas.getContext("2d");
    const { color, fontFamily } = getComputedStyle(network.element);
    pen.scale(2, 2);
    pen.fillStyle = getComputedStyle(pause).backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    let top = 0;
    for (const [i, { svg, element }] of figures.entries()) {
      const [width, height] = sizes[i];
      const copy = svg.cloneNode(true);
      const from = [svg, ...svg.querySelectorAll("*")];
      [copy, ...copy.querySelectorAll("*")].forEach((node, k) => {
        const style = getComputedStyle(from[k]);
        for (const name of DRAWN.split(" ")) node.style.setProperty(name, style.getPropertyValue(name));
        node.style.fontFamily = fontFamily;
      });
      copy.setAttribute("width", width);
      copy.setAttribute("height", height);
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
      await image.decode();
      pen.fillStyle = color;
      pen.font = `600 14px ${fontFamily}`;
      pen.fillText(element.querySelector("figcaption").textContent, 4, top + 18);
      pen.drawImage(image, 0, top + 26, width, height);
      top += height + 30;
    }
    canvas.toBlob((blob) => download("word_vectors.png", blob));
  }

  return {
    hideText: true,
    playing: () => left > 0 && !paused,
    controls: [
      choice("preset", "preset", ({ presets }) => presets.map((name) => [name, name]), (now) => now.preset),
      choice("mode", "output", ({ modes }) => modes.map((name) => [name, name]), (now) => now.mode),
    ],
    body: [
      editor,
      h(
        "div",
        { class: "cw-controls" },
        button("next", "Next"),
        [20, 100, 500].map((count) => press(count, () => train(count), { "aria-label": `${count} iterations` })),
        h("label", { class: "cw-control" }, animate, "animate"),
        pause,
        button("back", "Back", (now) => now.saved.steps > 0 || now.gradients !== null),
        button("restart", "Restart"),
        button("clear", "Clear query", (now) => now.query),
      ),
      said,
      h("div", { class: "cw-scroll" }, network.element, tree.element),
      h("div", { class: "cw-panels" }, heat.map(({ element }) => element)),
      reading,
      h("div", { class: "cw-panels" }, plane.element, curve.element),
      h(
        "div",
        { class: "cw-controls" },
        tick("inputs", "input vectors", (now) => now.inputs),
        tick("outputs", "output vectors", (now) => now.outputs),
        tick("untrained", "vectors that no pair trains", (now) => now.untrained),
        tick("hold", "hold the plane", (now) => now.hold),
        press("Zoom in", () => zoom(0.8)),
        press("Zoom out", () => zoom(1.25)),
        press("Show all", reset),
      ),
      h(
        "div",
        { class: "cw-controls" },
        press("Save picture (PNG)", savePicture),
        press("Save state (JSON)", saveState),
      ),
    ],
    draw(now) {
      state = now;
      if (tools.error() || now.saved.steps < shownSteps) left = 0; // an error, or the reader began anew
      shownSteps = now.saved.steps;
      said.textContent = state.text;
      drawEditor();
      drawNetwork();
      drawTree();
      drawHeat();
      drawPlane();
      drawCurve();
      relabel();
      clearTimeout(timer);
      timer = setTimeout(advance, 40);
    },
  };
});
