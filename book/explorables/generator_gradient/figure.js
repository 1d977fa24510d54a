"use strict";

{
  const { TINY, linspace, sigmoid, softplus } = ganExplorables.numerics;

  const LOGITS = linspace(-8, 8, 161);

  // What the generator minimises on a sample with this logit, and the slope in the logit.
  const losses = {
    minimax: (logit) => -softplus(logit),
    minimax_slope: (logit) => -sigmoid(logit),
    non_saturating: (logit) => softplus(-logit),
    non_saturating_slope: (logit) => -sigmoid(-logit),
  };

  const lossesOver = (logits) => ({
    logit: logits,
    ...Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, logits.map(loss)])),
  });

  ganExplorables.states["generator-gradient"] = ({ logit }) => {
    const marker = lossesOver([logit]);
    return {
      columns: { curves: lossesOver(LOGITS), marker },
      numbers: {
        ...Object.fromEntries(Object.entries(marker).map(([name, [number]]) => [name, number])),
        probability: sigmoid(logit),
        ratio: Math.exp(Math.abs(logit)),
      },
      finding: logit < -TINY ? "recognised" : logit > TINY ? "deceived" : "even",
    };
  };
}
