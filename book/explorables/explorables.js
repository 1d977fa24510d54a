// What the book's figures with sliders share in a reader's browser: numerics, how numbers are
// written, and everything that concerns the page. Each figure adds to `states` a function from the
// values of its controls to what it shows: the columns that are drawn, the numbers that a sentence
// can say, and which sentence is true. Its mathematics.py computes the same with gan_utils, and the
// tests compare the two.
"use strict";

window.ganExplorables = (() => {
  // --- Numerics -------------------------------------------------------------------------------

  const LOG_2 = Math.log(2);

  // Controls move by rounded steps: what is nearer than this is meant to be equal.
  const TINY = 1e-9;

  const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));

  const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

  const linspace = (start, end, count) =>
    Array.from({ length: count }, (_, i) => start + ((end - start) * i) / (count - 1));

  const mapValues = (object, change) =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

  const normalLogDensity = (x, mean, deviation) =>
    -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);

  // The integral over the line of a smooth function that dies out at both ends. There the rule of
  // trapezoids converges faster than any power of the width.
  function integrate(integrand, start, end, width) {
    const count = Math.ceil((end - start) / width);
    let sum = 0;
    for (let i = 0; i <= count; i++) sum += integrand(start + (i * (end - start)) / count);
    return (sum * (end - start)) / count;
  }

  // JS of two normal distributions in nats, each given as {mean, deviation}.
  function jensenShannon(p, q) {
    const integrand = (x) => {
      const logP = normalLogDensity(x, p.mean, p.deviation);
      const logQ = normalLogDensity(x, q.mean, q.deviation);
      const partP = Math.exp(logP) * (LOG_2 - softplus(logQ - logP));
      const partQ = Math.exp(logQ) * (LOG_2 - softplus(logP - logQ));
      return 0.5 * (partP + partQ);
    };
    const start = Math.min(p.mean - 12 * p.deviation, q.mean - 12 * q.deviation);
    const end = Math.max(p.mean + 12 * p.deviation, q.mean + 12 * q.deviation);
    return integrate(integrand, start, end, Math.min(p.deviation, q.deviation) / 24);
  }

  // A series of positive terms, so that nothing cancels.
  function erf(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  // --- Words ----------------------------------------------------------------------------------

  const signed = (text) => (/^-[0.]*$/.test(text) ? text.slice(1) : text.replace(/^-/, "−"));

  const fixed = (number, digits) => signed(number.toFixed(digits));

  const SUPERSCRIPTS = Object.fromEntries([..."−0123456789"].map((c, i) => [c, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[i]]));

  const short = (number) => {
    const plain = number === 0 || (Math.abs(number) >= 1e-3 && Math.abs(number) < 1e4);
    if (plain) return fixed(number, 4);
    const [mantissa, exponent] = number.toExponential(1).split("e");
    const power = signed(exponent.replace("+", ""));
    return `${signed(mantissa)} × 10${[...power].map((c) => SUPERSCRIPTS[c]).join("")}`;
  };

  const percent = (share) => fixed(100 * share, 1);

  const FORMS = { short, percent };

  // A sentence with numbers in its places, as words.py fills them.
  const fill = (sentence, numbers) =>
    sentence.replace(/\{(\w+)(?::(\w+))?\}/g, (_, name, form) => {
      if (form === undefined) return numbers[name];
      return form in FORMS ? FORMS[form](numbers[name]) : fixed(numbers[name], Number(form));
    });

  // --- The page -------------------------------------------------------------------------------

  const states = {};

  // Called by Bokeh whenever a control moves.
  function refresh(name, controls, sources, ranges) {
    const state = states[name](mapValues(controls, (control) => control.value));
    for (const [source, columns] of Object.entries(state.columns)) sources[source].data = columns;
    const { reach } = state.numbers;
    for (const range of ranges) range.setv({ start: -reach, end: reach });
    const status = document.querySelector(`#explorable-${name} [role=status]`);
    status.textContent = fill(JSON.parse(status.dataset.sentences)[state.finding], state.numbers);
  }

  function* everyView(view) {
    yield view;
    for (const child of view.children()) yield* everyView(child);
  }

  // Bokeh gives its sliders no name and its plots no text, and lets the keyboard stop at plots
  // where it can do nothing.
  function describe(view) {
    if (view.model.type === "Slider") {
      view.shadow_el.querySelector("[role=slider]").setAttribute("aria-label", view.model.title);
    } else if (view.model.type === "Figure") {
      view.el.setAttribute("role", "img");
      view.el.setAttribute("aria-label", view.model.name);
      view.canvas_view.events_el.removeAttribute("tabindex");
    }
  }

  async function embed(box) {
    const figure = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    const views = await Bokeh.embed.embed_item(figure, box.querySelector(".explorable-figure"));
    for (const root of views) for (const view of everyView(root)) describe(view);
  }

  // The scripts of the figures run between this one and the end of the document.
  const ready = new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", () => {
      resolve(Promise.all([...document.querySelectorAll(".explorable")].map(embed)));
    });
  });

  const numerics = {
    LOG_2, TINY, sigmoid, softplus, linspace, mapValues, normalLogDensity, integrate,
    jensenShannon, erf,
  };

  return { numerics, fill, states, refresh, ready };
})();
