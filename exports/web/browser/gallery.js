// The paintings to choose from, and how much of each is in a mix.

import { strokesOf } from "./mix.js";

export class Gallery {
  // changed() is called when a person chooses or mixes.
  constructor(styles, changed) {
    this.changed = changed;
    this.mixer = document.getElementById("mixer");
    this.amounts = document.getElementById("amounts");
    const gallery = document.getElementById("gallery");
    for (const style of styles) {
      for (const row of paintingsOf(style)) {
        gallery.append(this.choice(style, row));
      }
    }
    gallery.querySelector("input").checked = true;
    this.choose(styles[0], paintingsOf(styles[0])[0]);
  }

  // Return a radio button with a thumbnail.
  choice(style, row) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), {
      type: "radio",
      name: "painting",
      value: row.painting,
    });
    const image = Object.assign(document.createElement("img"), {
      src: row.thumbnail,
      alt: "",
      width: 128,
      height: 128,
    });
    const name = document.createElement("span");
    name.textContent = row.title;
    label.title = [row.painter, row.title, row.year].filter(Boolean).join(", ");
    label.append(input, image, name);
    input.addEventListener("change", () => {
      this.choose(style, row);
      this.changed();
    });
    return label;
  }

  // Choose a painting, and offer the paintings that its network can mix with it.
  choose(style, chosen) {
    this.style = style;
    this.chosen = chosen;
    const rows = paintingsOf(style);
    this.mixer.hidden = rows.length < 2;
    this.sliders = rows.map((row, i) => {
      const input = Object.assign(document.createElement("input"), {
        type: "range",
        id: `amount_${i}`,
        min: 0,
        max: 100,
        value: row.painting === chosen.painting ? 100 : 0,
      });
      input.addEventListener("input", () => this.changed());
      return [row, input];
    });
    this.amounts.replaceChildren(
      ...this.sliders.map(([row, input]) => {
        const label = Object.assign(document.createElement("label"), { htmlFor: input.id });
        label.textContent = row.title;
        const slider = Object.assign(document.createElement("div"), { className: "slider" });
        slider.append(label, input);
        return slider;
      }),
    );
  }

  // The mix: {painting: amount}, amounts above 0; the chosen painting if all are 0.
  get mix() {
    const entries = this.sliders.map(([row, input]) => [row.painting, Number(input.value)]);
    const some = entries.filter(([, amount]) => amount > 0);
    return some.length ? Object.fromEntries(some) : { [this.chosen.painting]: 1 };
  }

  // The learned sizes of the chosen painting's strokes, in pixels, from fine to broad.
  get strokes() {
    return strokesOf(this.style.rows, this.chosen.painting).map(([, stroke]) => stroke);
  }

  // The size that is used by default: the broadest.
  get stroke() {
    return this.strokes.at(-1);
  }

  // The mix in the name of a file.
  get name() {
    return Object.keys(this.mix).join("-");
  }
}

// Return the first row of each painting of a style.
function paintingsOf({ rows }) {
  return rows.filter((row, i) => rows.findIndex((r) => r.painting === row.painting) === i);
}
