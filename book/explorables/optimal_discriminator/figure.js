"use strict";

{
  const { LOG_2, TINY, linspace, normalLogDensity, jensenShannon, sigmoid } =
    ganExplorables.numerics;

  const LINE = linspace(-7, 7, 281);

  ganExplorables.states["optimal-discriminator"] = ({ mean, deviation }) => {
    const p = { mean: 0, deviation: 1 };
    const q = { mean, deviation };
    const js = jensenShannon(p, q);
    const logDensity = (r) => LINE.map((x) => normalLogDensity(x, r.mean, r.deviation));
    const [logP, logQ] = [logDensity(p), logDensity(q)];
    return {
      columns: {
        curves: {
          x: LINE,
          p: logP.map(Math.exp),
          q: logQ.map(Math.exp),
          d: LINE.map((_, i) => sigmoid(logP[i] - logQ[i])),
        },
      },
      numbers: { mean, deviation, js, value: 2 * js - 2 * LOG_2, share: js / LOG_2 },
      finding: Math.abs(mean) < TINY && Math.abs(deviation - 1) < TINY ? "equal" : "apart",
    };
  };
}
