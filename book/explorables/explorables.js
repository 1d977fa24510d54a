// The live half of the book's explorables: the numerics, what each figure shows at the values of
// its controls, and the sentence that says so. book/explorables/figures.py has the other half, which
// draws the figures and computes their first state with gan_utils; the tests compare the two.
"use strict";

window.ganExplorables = (() => {
  // --- Numerics -------------------------------------------------------------------------------

  const LOG_2 = Math.log(2);

  const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));

  const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

  const linspace = (start, end, count) =>
    Array.from({ length: count }, (_, i) => start + ((end - start) * i) / (count - 1));

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

  // The value of the best discriminator, in nats.
  const optimalValue = (p, q) => 2 * jensenShannon(p, q) - 2 * LOG_2;

  const optimalDiscriminator = (x, p, q) =>
    sigmoid(normalLogDensity(x, p.mean, p.deviation) - normalLogDensity(x, q.mean, q.deviation));

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

  // Two normal distributions with one standard deviation, and the distance between their means.
  const shift = {
    kl: (distance, deviation) => (distance / deviation) ** 2 / 2,
    js: (distance, deviation) =>
      jensenShannon({ mean: 0, deviation: 1 }, { mean: distance / deviation, deviation: 1 }),
    tv: (distance, deviation) => erf(distance / deviation / Math.sqrt(8)),
    w1: (distance) => distance,
    // The derivative of JS in the distance.
    jsSlope: (distance, deviation) => {
      const delta = distance / deviation;
      const integrand = (z) => Math.exp(normalLogDensity(z, 0, 1)) / Math.cosh((delta * z) / 2);
      const mean = integrate(integrand, -12, 12, 1 / 64);
      return ((delta / 4) * Math.exp((-delta * delta) / 8) * mean) / deviation;
    },
  };

  // What the generator minimises on a sample with this logit, and the slope in the logit.
  const losses = {
    minimax: (logit) => -softplus(logit),
    minimaxSlope: (logit) => -sigmoid(logit),
    nonSaturating: (logit) => softplus(-logit),
    nonSaturatingSlope: (logit) => -sigmoid(-logit),
  };

  // The Dirac-GAN: where the players pull, and how they step.
  const dirac = {
    generatorPull: ([theta, psi]) => -sigmoid(-theta * psi) * psi,
    discriminatorPull: ([theta, psi], penalty) => sigmoid(-theta * psi) * theta - penalty * psi,
    updates: {
      simultaneous: ([theta, psi], step, penalty) => [
        theta + step * dirac.generatorPull([theta, psi]),
        psi + step * dirac.discriminatorPull([theta, psi], penalty),
      ],
      alternating: ([theta, psi], step, penalty) => {
        const moved = psi + step * dirac.discriminatorPull([theta, psi], penalty);
        return [theta + step * dirac.generatorPull([theta, moved]), moved];
      },
    },
    path: (update, start, step, penalty, count) => {
      const points = [start];
      for (let i = 0; i < count; i++) {
        points.push(dirac.updates[update](points[i], step, penalty));
      }
      return points;
    },
    // Trace and determinant of the update's Jacobian at the equilibrium, where the pull is 1/2.
    trace: {
      simultaneous: (step, penalty) => 2 - step * penalty,
      alternating: (step, penalty) => 2 - step * penalty - (step * step) / 4,
    },
    determinant: {
      simultaneous: (step, penalty) => 1 - step * penalty + (step * step) / 4,
      alternating: (step, penalty) => 1 - step * penalty,
    },
    spectralRadius: (update, step, penalty) => {
      const trace = dirac.trace[update](step, penalty);
      const determinant = dirac.determinant[update](step, penalty);
      const discriminant = trace * trace - 4 * determinant;
      if (discriminant < 0) return Math.sqrt(determinant);
      return (Math.abs(trace) + Math.sqrt(discriminant)) / 2;
    },
  };

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

  const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);

  // --- What each figure shows -----------------------------------------------------------------

  const LINE = linspace(-7, 7, 281);
  const LOGITS = linspace(-8, 8, 161);
  const DISTANCES = linspace(0, 6, 61);
  const FIELD = linspace(-0.9, 0.9, 12);
  const STEPS = 200;
  // Controls move by rounded steps: what is nearer than this is meant to be equal.
  const TINY = 1e-9;

  const coordinates = (points) => ({
    theta: points.map((point) => point[0]),
    psi: points.map((point) => point[1]),
  });

  function diracFinding(start, radius) {
    if (start < TINY) return "still";
    if (radius > 1 + TINY) return "repelled";
    return radius < 1 - TINY ? "attracted" : "circling";
  }

  const states = {
    "optimal-discriminator": ({ mean, deviation }) => {
      const p = { mean: 0, deviation: 1 };
      const q = { mean, deviation };
      const js = jensenShannon(p, q);
      const density = (r) => LINE.map((x) => Math.exp(normalLogDensity(x, r.mean, r.deviation)));
      return {
        columns: {
          curves: {
            x: LINE,
            p: density(p),
            q: density(q),
            d: LINE.map((x) => optimalDiscriminator(x, p, q)),
          },
        },
        finding: Math.abs(mean) < TINY && Math.abs(deviation - 1) < TINY ? "equal" : "apart",
        words: {
          mean: fixed(mean, 1),
          deviation: fixed(deviation, 1),
          js: fixed(js, 4),
          value: fixed(optimalValue(p, q), 4),
          share: percent(js / LOG_2),
        },
      };
    },

    "generator-gradient": ({ logit }) => {
      const columns = (logits) => ({
        logit: logits,
        minimax: logits.map(losses.minimax),
        non_saturating: logits.map(losses.nonSaturating),
        minimax_slope: logits.map(losses.minimaxSlope),
        non_saturating_slope: logits.map(losses.nonSaturatingSlope),
      });
      return {
        columns: { curves: columns(LOGITS), marker: columns([logit]) },
        finding: logit < -TINY ? "recognised" : logit > TINY ? "deceived" : "even",
        words: {
          logit: fixed(logit, 1),
          probability: fixed(sigmoid(logit), 4),
          minimax: fixed(losses.minimax(logit), 4),
          minimax_slope: fixed(losses.minimaxSlope(logit), 4),
          non_saturating: fixed(losses.nonSaturating(logit), 4),
          non_saturating_slope: fixed(losses.nonSaturatingSlope(logit), 4),
          ratio: fixed(Math.exp(Math.abs(logit)), 1),
        },
      };
    },

    separation: ({ distance, deviation }) => {
      const columns = (distances) => ({
        distance: distances,
        kl: distances.map((each) => shift.kl(each, deviation)),
        js: distances.map((each) => shift.js(each, deviation)),
        tv: distances.map((each) => shift.tv(each, deviation)),
        w1: distances.map(shift.w1),
      });
      const js = shift.js(distance, deviation);
      return {
        columns: { curves: columns(DISTANCES), marker: columns([distance]) },
        finding: distance < TINY ? "equal" : js > 0.99 * LOG_2 ? "ceiling" : "apart",
        words: {
          distance: fixed(distance, 1),
          deviation: fixed(deviation, 1),
          kl: fixed(shift.kl(distance, deviation), 4),
          js: fixed(js, 4),
          tv: fixed(shift.tv(distance, deviation), 4),
          w1: fixed(shift.w1(distance), 1),
          slope: short(shift.jsSlope(distance, deviation)),
          share: percent(js / LOG_2),
        },
      };
    },

    "dirac-gan": ({ update, step, penalty, theta, psi }) => {
      const path = dirac.path(update, [theta, psi], step, penalty, STEPS);
      const distance = path.map((point) => Math.hypot(...point));
      const radius = dirac.spectralRadius(update, step, penalty);
      const reach = 2 ** Math.ceil(Math.log2(Math.max(2, 1.05 * Math.max(...distance))));
      const places = FIELD.flatMap((a) => FIELD.map((b) => [a * reach, b * reach]));
      const pulls = places.map((point) => [
        dirac.generatorPull(point),
        dirac.discriminatorPull(point, penalty),
      ]);
      const end = (coordinate) => (point, i) => {
        const length = Math.hypot(...pulls[i]);
        return point[coordinate] + (length && (0.1 * reach * pulls[i][coordinate]) / length);
      };
      return {
        columns: {
          path: coordinates(path),
          start: coordinates(path.slice(0, 1)),
          end: coordinates(path.slice(-1)),
          field: {
            ...coordinates(places),
            theta_end: places.map(end(0)),
            psi_end: places.map(end(1)),
          },
          distances: { step: path.map((_, i) => i), distance: distance.map((r) => r || NaN) },
        },
        reach,
        finding: diracFinding(distance[0], radius),
        words: {
          update,
          step: fixed(step, 2),
          penalty: fixed(penalty, 2),
          start: short(distance[0]),
          distance: short(distance[STEPS]),
          radius: fixed(radius, 4),
        },
      };
    },
  };

  // --- The page -------------------------------------------------------------------------------

  const values = (controls) =>
    Object.fromEntries(Object.entries(controls).map(([name, model]) => [name, model.value]));

  // Called by Bokeh whenever a control moves.
  function refresh(name, controls, sources, ranges) {
    const state = states[name](values(controls));
    for (const [source, columns] of Object.entries(state.columns)) sources[source].data = columns;
    for (const range of ranges) range.setv({ start: -state.reach, end: state.reach });
    const status = document.querySelector(`#explorable-${name} [role=status]`);
    status.textContent = fill(JSON.parse(status.dataset.sentences)[state.finding], state.words);
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

  const ready = Promise.all([...document.querySelectorAll(".explorable")].map(embed));

  return {
    sigmoid, softplus, jensenShannon, optimalValue, optimalDiscriminator, erf, shift, losses,
    dirac, fixed, short, states, refresh, ready,
  };
})();
