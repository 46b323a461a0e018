export default widget("Channel browser", ({ send, choice, button, field, slider }) => {
  const made = h("p", { class: "cw-made" });
  const sheet = h("div", { class: "cw-thumbnails" });
  const large = h("img", {});
  const name = h("figcaption", {});
  const found = h("div", { class: "cw-patches" });
  const beside = h("figure", { class: "cw-panel" }, name, large, found);
  let drawn = null; // the thumbnails that are on the page
  let buttons = [];

  sheet.setAttribute("role", "group");
  sheet.setAttribute("aria-label", "Channels: the arrow keys go from one to the next, Enter enlarges");
  sheet.addEventListener("keydown", (event) => {
    const columns = getComputedStyle(sheet).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const at = buttons[buttons.indexOf(document.activeElement) + step];
    if (!step) return;
    event.preventDefault();
    if (at) focus(at);
  });

  /** One thumbnail only is reached with the tab key. */
  function reach(at) {
    buttons.forEach((each) => (each.tabIndex = each === at ? 0 : -1));
  }

  function focus(at) {
    reach(at);
    at.focus();
  }

  function thumbnail({ channel, image, alt }, size) {
    const element = h(
      "button",
      { type: "button", "aria-label": alt, onclick: () => send("channel", channel) },
      h("img", { src: image, alt: "", width: size, height: size }),
      h("span", {}, channel),
    );
    return element;
  }

  return {
    controls: [
      choice("layer", "layer", (state) => state.layers, (state) => state.layer),
      choice("method", "method", (state) => state.methods, (state) => state.method),
      field("channel", "channel", (state) => state.channel, { inputmode: "numeric" }),
      field("mixed", "mixed with", (state) => state.mixed, { inputmode: "numeric" }),
      slider("share", "its share", () => [0, 1, 0.05], (state) => state.share, (state) => `${Math.round(100 * state.share)} %`),
      slider("steps", "steps", (state) => [1, state.most, 1], (state) => state.steps, (state) => String(state.steps)),
      button("earlier", "Earlier channels", (state) => state.earlier),
      button("further", "Further channels", (state) => state.further),
    ],
    body: [made, h("div", { class: "cw-browser" }, sheet, beside)],
    draw(state) {
      made.textContent = `Made with ${state.caption}.`;
      if (drawn !== state.thumbnails) {
        const had = sheet.matches(":focus-within");
        buttons = state.thumbnails.map((each) => thumbnail(each, state.size));
        sheet.replaceChildren(...buttons);
        if (had) buttons[0].focus();
      }
      const chosen = buttons[state.channel - state.thumbnails[0].channel];
      buttons.forEach((each) => each.setAttribute("aria-pressed", each === chosen));
      if (drawn !== state.thumbnails || !sheet.matches(":focus-within")) reach(chosen);
      drawn = state.thumbnails;
      name.textContent = `channel ${state.channel}${state.mixed && ` with ${state.mixed}`}`;
      large.src = state.large.image;
      large.alt = state.large.alt;
      found.replaceChildren(
        ...state.patches.map(({ image, alt, value }) =>
          h("figure", {}, h("img", { src: image, alt }), h("span", { "aria-hidden": "true" }, value)),
        ),
      );
    },
  };
});
