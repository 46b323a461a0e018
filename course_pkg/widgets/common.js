// What all widgets share; Python puts this before each widget's own file.

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M0-9 2.1-2.9 8.6-2.8 3.4 1.1 5.3 7.3 0 3.6-5.3 7.3-3.4 1.1-8.6-2.8-2.1-2.9Z"; // marks the lowest place
const TRAITS = ["scenery", "state", "error"]; // what Python sends

/** Make an element. Attributes named on… are listeners; those that are false, null or undefined are left out. */
function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child != null && child !== false));
  return node;
}

const h = (tag, attributes = {}, ...children) => make(document.createElement(tag), attributes, children);
const s = (tag, attributes = {}, ...children) => make(document.createElementNS(SVG, tag), attributes, children);

/** A number with four significant digits, a real minus sign, and a power of 10 where it is very small or large. */
function shown(value) {
  const [digits, exponent] = String(Number(value.toPrecision(4)))
    .replaceAll("-", "−")
    .split("e");
  return exponent ? `${digits === "1" ? "" : `${digits}·`}10${raised(exponent)}` : digits;
}

/** Digits and minus as superscripts. */
const raised = (text) => text.replace("+", "").replace(/[−\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["−0123456789".indexOf(c)]);

/**
 * Send what the reader does to Python, one message at a time. While an answer is awaited, messages queue up, and the
 * later number from a slider replaces the earlier one.
 */
function connect(model, draw) {
  const queue = [];
  let sent = null;
  const next = () => {
    if (sent || !queue.length) return;
    sent = queue.shift();
    model.send(sent);
  };
  const answered = () => {
    sent = null;
    next();
    draw();
  };
  const changed = () => sent || draw();
  model.on("msg:custom", answered);
  for (const name of TRAITS) model.on(`change:${name}`, changed);
  return {
    send(control, value) {
      const last = queue.at(-1);
      if (typeof value === "number" && last?.control === control) last.value = value;
      else queue.push({ control, value });
      next();
    },
    busy: () => sent !== null,
    waits: (control) => [sent, ...queue].some((message) => message?.control === control),
    close() {
      model.off("msg:custom", answered);
      for (const name of TRAITS) model.off(`change:${name}`, changed);
    },
  };
}

/**
 * Make a widget of a title and a function that gets the controls below and returns { controls, body, draw(state) }.
 * The frame around them shows errors and, in a live region, state.text (only for ears, with hideText).
 */
function widget(title, build) {
  return {
    render({ model, el }) {
      const error = h("p", { class: "cw-error", role: "alert" });
      const text = h("p", { class: "cw-text", role: "status" });
      const draw = () => {
        const state = { ...model.get("scenery"), ...model.get("state") };
        error.textContent = model.get("error") || state.error || "";
        text.textContent = state.text;
        text.setAttribute("aria-live", tools.playing() || parts.playing?.() ? "off" : "polite");
        parts.draw(state);
        tools.show(state);
      };
      const link = connect(model, draw);
      const tools = controls(link, () => model.get("error"));
      const parts = build(tools);
      text.classList.toggle("cw-unseen", Boolean(parts.hideText));
      const root = h(
        "div",
        { class: "course-widget", role: "group", "aria-label": title },
        h("div", { class: "cw-controls" }, parts.controls),
        error,
        parts.body,
        text,
      );
      // A notebook has shortcuts on plain keys (arrows, Enter, d d); inside the widget the keys belong to the widget.
      root.addEventListener("keydown", (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
      });
      el.append(root);
      draw();
      return () => {
        tools.pause();
        link.close();
      };
    },
  };
}

/** The controls of a widget. Their last arguments are functions of the state that say what they show. */
function controls(link, error) {
  const shows = [];
  const timers = new Map(); // control → the timer that presses it
  const labelled = (label, control, beside) => {
    if (label) control.setAttribute("aria-label", label);
    return h("div", { class: "cw-control" }, h("label", {}, h("span", {}, label), control), beside);
  };
  const button = (label, onclick) =>
    h(
      "button",
      { type: "button", onclick: (event) => event.currentTarget.ariaDisabled !== "true" && onclick() },
      label,
    );
  const pause = () => {
    for (const timer of timers.values()) clearInterval(timer);
    timers.clear();
  };

  return {
    send: link.send,
    error,
    show: (state) => shows.forEach((show) => show(state)),
    playing: () => timers.size > 0,
    pause,

    /** A slider; `range` gives [min, max, step], `text` what it says, seen beside it or only heard. */
    slider(name, label, range, get, text, showText = true) {
      const beside = showText && h("span", { class: "cw-beside" });
      const input = h("input", { type: "range", oninput: () => link.send(name, Number(input.value)) });
      shows.push((state) => {
        [input.min, input.max, input.step] = range(state);
        if (!link.waits(name)) input.value = get(state);
        if (beside) beside.textContent = text(state);
        input.setAttribute("aria-valuetext", text(state));
      });
      return labelled(label, input, beside);
    },

    /** A list to choose from; `options` gives pairs [value, text]. */
    choice(name, label, options, get) {
      const select = h("select", { onchange: () => link.send(name, select.value) });
      shows.push((state) => {
        if (!select.options.length)
          select.append(...options(state).map(([value, text]) => h("option", { value }, text)));
        if (!link.waits(name)) select.value = get(state);
      });
      return labelled(label, select);
    },

    /** A field to type in. What is being typed stays, and so does what was refused. */
    field(name, label, get, attributes = {}) {
      let typing = false;
      let mine = false;
      const input = h("input", {
        type: "text",
        autocomplete: "off",
        ...attributes,
        oninput: () => (typing = true),
        onblur: () => (typing = false),
        onchange: () => {
          typing = false;
          mine = true;
          link.send(name, input.value);
        },
      });
      shows.push((state) => {
        if (link.waits(name)) return;
        const refused = mine && error() !== "";
        input.setAttribute("aria-invalid", refused);
        if (refused || typing) return;
        mine = false;
        input.value = get(state);
      });
      return labelled(label, input);
    },

    /** A box to tick. */
    tick(name, label, get) {
      const input = h("input", { type: "checkbox", onchange: () => link.send(name, input.checked) });
      shows.push((state) => {
        if (!link.waits(name)) input.checked = get(state);
      });
      return h("div", { class: "cw-control" }, h("label", {}, input, h("span", {}, label)));
    },

    /** A button. Where `enabled` says no it stays focusable, so that the keyboard does not lose its place. */
    button(name, label, enabled = () => true) {
      const element = button(label, () => link.send(name));
      shows.push((state) => (element.ariaDisabled = String(!enabled(state))));
      return element;
    },

    /** A button that presses `name` every `interval` ms until `done`, and begins with `restart` after the end. */
    player(name, restart, interval, done) {
      let atEnd = false;
      const element = button("Play", () => {
        if (timers.has(name)) pause();
        else {
          if (atEnd) link.send(restart);
          timers.set(
            name,
            setInterval(() => link.busy() || link.send(name), interval),
          );
        }
        label();
      });
      const label = () => (element.textContent = timers.has(name) ? "Pause" : "Play");
      shows.push((state) => {
        atEnd = done(state);
        if (atEnd && !link.waits(restart)) pause();
        label();
      });
      return element;
    },
  };
}

/** A picture with a title above it; `label` is its text for those who cannot see it. */
function panel(title, width, height, attributes = {}) {
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const heading = h("figcaption", {}, title);
  const element = h(
    "figure",
    { class: "cw-panel", style: `flex-basis: ${width * 0.85}px; max-width: ${width}px`, ...attributes },
    heading,
    svg,
  );
  return {
    element,
    svg,
    draw(label, ...content) {
      svg.setAttribute("aria-label", label);
      svg.replaceChildren(...content.flat(2).filter(Boolean));
    },
    rename: (text) => (heading.textContent = text),
  };
}

/** Let the arrow keys send "left", "right", "up" and "down" while `element` has the focus. */
function arrows(element, label, send) {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  element.addEventListener("keydown", (event) => {
    const control = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!control) return;
    event.preventDefault();
    send(control);
  });
}

/** Round numbers between low and high, about five of them. */
function ticks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.75);
  const first = Math.ceil(low / step - 1e-6);
  const count = Math.floor(high / step + 1e-6) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** Powers of ten between low and high, at most seven of them. */
function powers(low, high) {
  const first = Math.ceil(Math.log10(low) - 1e-6);
  const last = Math.floor(Math.log10(high) + 1e-6);
  const step = Math.max(1, Math.ceil((last - first + 1) / 7));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
}

let clips = 0;

/**
 * Axes for data from xs = [low, high] by ys = [low, high]. X and Y turn data into pixels, `back` pixels into data;
 * `line` draws points [x, y]; `axes(...content)` returns the drawing with the content clipped to the axes.
 */
function axes({ width, height, xs, ys, xlabel = "", ylabel = "", log = false }) {
  const box = { left: 46, right: width - 8, top: 8, bottom: height - (xlabel ? 40 : 24) };
  const scale = log ? Math.log10 : (value) => value;
  const [low, high] = ys.map(scale);
  const X = (x) => box.left + ((x - xs[0]) / (xs[1] - xs[0])) * (box.right - box.left);
  const Y = (y) => box.bottom - ((scale(y) - low) / (high - low)) * (box.bottom - box.top);
  const clip = `cw-clip-${(clips += 1)}-${Math.random().toString(36).slice(2)}`;
  const text = (x, y, anchor, value, extra = {}) => s("text", { x, y, "text-anchor": anchor, ...extra }, value);
  return {
    X,
    Y,
    box,
    back: (px, py) => [
      xs[0] + ((px - box.left) / (box.right - box.left)) * (xs[1] - xs[0]),
      ys[0] + ((box.bottom - py) / (box.bottom - box.top)) * (ys[1] - ys[0]),
    ],
    line: (points, attributes) =>
      s("polyline", {
        points: points.map(([x, y]) => `${X(x).toFixed(2)},${Y(y).toFixed(2)}`).join(" "),
        fill: "none",
        ...attributes,
      }),
    axes: (...content) =>
      [
        s(
          "clipPath",
          { id: clip },
          s("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }),
        ),
        ticks(...xs).map((x) => [
          s("line", { class: "cw-grid", x1: X(x), x2: X(x), y1: box.top, y2: box.bottom }),
          text(X(x), box.bottom + 15, "middle", shown(x)),
        ]),
        (log ? powers : ticks)(...ys).map((y) => [
          s("line", { class: "cw-grid", x1: box.left, x2: box.right, y1: Y(y), y2: Y(y) }),
          text(
            box.left - 6,
            Y(y) + 4,
            "end",
            log && (y < 0.01 || y > 1000) ? `10${raised(shown(Math.log10(y)))}` : shown(y),
          ),
        ]),
        s("g", { "clip-path": `url(#${clip})` }, content),
        text((box.left + box.right) / 2, height - 6, "middle", xlabel),
        text(0, 0, "middle", ylabel, { transform: `translate(11 ${(box.top + box.bottom) / 2}) rotate(-90)` }),
      ].flat(2),
  };
}
