export default widget("A picture and its knobs", ({ choice, slider }) => {
  const knobs = h("div", { class: "cw-controls" });
  const image = h("img", { style: "width: 100%" });
  return {
    controls: knobs,
    body: h("figure", { class: "cw-panel", style: "max-width: 640px" }, image),
    draw(state) {
      if (!knobs.children.length)
        knobs.append(
          ...state.knobs.map(({ name, choices, range }) => {
            const get = (now) => now.values[name];
            return choices
              ? choice(name, name, () => choices.map((each) => [each, each]), get)
              : slider(name, name, () => range, get, (now) => String(get(now)));
          }),
        );
      image.src = state.image;
      image.alt = state.text;
    },
    hideText: true,
  };
});
