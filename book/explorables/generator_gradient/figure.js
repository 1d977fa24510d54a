"use strict";

{
  const { TINY, linspace, mapValues, sigmoid, softplus } = ganExplorables.numerics;

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
    ...mapValues(losses, (loss) => logits.map(loss)),
  });

  ganExplorables.states["generator-gradient"] = ({ logit }) => {
    const marker = lossesOver([logit]);
    return {
      columns: { curves: lossesOver(LOGITS), marker },
      numbers: {
        ...mapValues(marker, ([number]) => number),
        probability: sigmoid(logit),
        ratio: Math.exp(Math.abs(logit)),
      },
      finding: logit < -TINY ? "recognised" : logit > TINY ? "deceived" : "even",
    };
  };
}
