"use strict";

{
  const { LOG_2, TINY, linspace, mapValues, normalLogDensity, integrate, jensenShannon, erf } =
    ganExplorables.numerics;

  const DISTANCES = linspace(0, 6, 61);

  // JS of two normal distributions that differ by a shift of delta standard deviations.
  const shiftJs = (delta) => jensenShannon({ mean: 0, deviation: 1 }, { mean: delta, deviation: 1 });

  // The derivative of JS in the distance.
  function jsSlope(distance, deviation) {
    const delta = distance / deviation;
    const integrand = (z) => Math.exp(normalLogDensity(z, 0, 1)) / Math.cosh((delta * z) / 2);
    const mean = integrate(integrand, -12, 12, 1 / 64);
    return ((delta / 4) * Math.exp((-delta * delta) / 8) * mean) / deviation;
  }

  function measuresOver(distances, deviation) {
    const delta = distances.map((distance) => distance / deviation);
    return {
      distance: distances,
      kl: delta.map((each) => each ** 2 / 2),
      js: delta.map(shiftJs),
      tv: delta.map((each) => erf(each / Math.sqrt(8))),
      w1: distances,
    };
  }

  ganExplorables.states.separation = ({ distance, deviation }) => {
    const marker = measuresOver([distance], deviation);
    const share = marker.js[0] / LOG_2;
    return {
      columns: { curves: measuresOver(DISTANCES, deviation), marker },
      numbers: {
        ...mapValues(marker, ([number]) => number),
        deviation,
        slope: jsSlope(distance, deviation),
        share,
      },
      finding: distance < TINY ? "equal" : share > 0.99 ? "ceiling" : "apart",
    };
  };
}
