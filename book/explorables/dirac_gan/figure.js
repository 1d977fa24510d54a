"use strict";

{
  const { TINY, linspace, sigmoid } = ganExplorables.numerics;

  const FIELD = linspace(-0.9, 0.9, 12);
  const STEPS = 200;

  // Where the players pull, and how they step.
  const generatorPull = ([theta, psi]) => -sigmoid(-theta * psi) * psi;
  const discriminatorPull = ([theta, psi], penalty) =>
    sigmoid(-theta * psi) * theta - penalty * psi;

  const updates = {
    simultaneous: ([theta, psi], step, penalty) => [
      theta + step * generatorPull([theta, psi]),
      psi + step * discriminatorPull([theta, psi], penalty),
    ],
    alternating: ([theta, psi], step, penalty) => {
      const moved = psi + step * discriminatorPull([theta, psi], penalty);
      return [theta + step * generatorPull([theta, moved]), moved];
    },
  };

  function pathFrom(start, update, step, penalty) {
    const points = [start];
    for (let i = 0; i < STEPS; i++) points.push(updates[update](points[i], step, penalty));
    return points;
  }

  // Trace and determinant of the update's Jacobian at the equilibrium, where the pull is 1/2.
  const traces = {
    simultaneous: (step, penalty) => 2 - step * penalty,
    alternating: (step, penalty) => 2 - step * penalty - (step * step) / 4,
  };
  const determinants = {
    simultaneous: (step, penalty) => 1 - step * penalty + (step * step) / 4,
    alternating: (step, penalty) => 1 - step * penalty,
  };

  function spectralRadius(update, step, penalty) {
    const trace = traces[update](step, penalty);
    const determinant = determinants[update](step, penalty);
    const discriminant = trace * trace - 4 * determinant;
    if (discriminant < 0) return Math.sqrt(determinant);
    return (Math.abs(trace) + Math.sqrt(discriminant)) / 2;
  }

  const coordinates = (points) => ({
    theta: points.map((point) => point[0]),
    psi: points.map((point) => point[1]),
  });

  // Strokes over the plane, from places to where the players are pulled there.
  function directions(penalty, reach) {
    const places = FIELD.flatMap((a) => FIELD.map((b) => [a * reach, b * reach]));
    const ends = places.map((place) => {
      const pull = [generatorPull(place), discriminatorPull(place, penalty)];
      const length = Math.hypot(...pull);
      return place.map((from, i) => from + (length && (0.1 * reach * pull[i]) / length));
    });
    const { theta: theta_end, psi: psi_end } = coordinates(ends);
    return { ...coordinates(places), theta_end, psi_end };
  }

  function findingOf(start, radius) {
    if (start < TINY) return "still";
    if (radius > 1 + TINY) return "repelled";
    return radius < 1 - TINY ? "attracted" : "circling";
  }

  ganExplorables.states["dirac-gan"] = ({ update, step, penalty, theta, psi }) => {
    const path = pathFrom([theta, psi], update, step, penalty);
    const distance = path.map((point) => Math.hypot(...point));
    const radius = spectralRadius(update, step, penalty);
    const reach = 2 ** Math.ceil(Math.log2(Math.max(2, 1.05 * Math.max(...distance))));
    return {
      columns: {
        path: coordinates(path),
        start: coordinates(path.slice(0, 1)),
        end: coordinates(path.slice(-1)),
        field: directions(penalty, reach),
        distances: { step: path.map((_, i) => i), distance: distance.map((r) => r || NaN) },
      },
      numbers: {
        update,
        step,
        penalty,
        start: distance[0],
        distance: distance[STEPS],
        radius,
        reach,
      },
      finding: findingOf(distance[0], radius),
    };
  };
}
