// Computes γ and β for mixes of paintings and sizes of strokes, as models/conditions.py.
//
// rows are a style's rows in site.js; each has a painting, and a stroke in pixels.

// Return the weights of the rows, which sum to 1. amounts are {painting: amount}, each 0 or
// more; broader is the size of the strokes, relative to each painting's broadest.
export function mix(rows, amounts, broader) {
  const total = Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
  const weights = new Float64Array(rows.length);
  for (const [painting, amount] of Object.entries(amounts)) {
    for (const [i, share] of atStroke(rows, painting, broader)) {
      weights[i] += (share * amount) / total;
    }
  }
  return weights;
}

// Return [[row, share], …] of a painting. A stroke between two learned sizes is a mix of
// both, linear in its logarithm. Beyond the learned sizes, the nearest one is used.
function atStroke(rows, painting, broader) {
  const learned = strokesOf(rows, painting);
  const stroke = learned.at(-1)[1] * broader;
  const above = learned.findIndex(([, size]) => size >= stroke);
  if (above < 0) return [[learned.at(-1)[0], 1]];
  if (above === 0) return [[learned[0][0], 1]];
  const [low, high] = [learned[above - 1], learned[above]];
  const share = Math.log(stroke / low[1]) / Math.log(high[1] / low[1]);
  return [[low[0], 1 - share], [high[0], share]];
}

// Return [[row, stroke], …] of a painting, from fine to broad.
export function strokesOf(rows, painting) {
  return rows
    .map((row, i) => [i, row.stroke, row.painting])
    .filter((row) => row[2] === painting)
    .sort((a, b) => a[1] - b[1]);
}

// Return γ and β, float32: the weighted sum of the rows of a table.
export function mixed(table, weights) {
  const length = table.length / weights.length;
  const sums = new Float64Array(length);
  weights.forEach((weight, i) => {
    if (weight) for (let j = 0; j < length; j++) sums[j] += weight * table[i * length + j];
  });
  return Float32Array.from(sums);
}

// Return the factor by which to scale a photograph before it is painted, so that strokes
// beyond the learned sizes come out as broad as asked. For a mix it is the geometric mean.
export function scaleFor(rows, amounts, broader) {
  const total = Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
  return Object.entries(amounts).reduce((scale, [painting, amount]) => {
    const learned = strokesOf(rows, painting).map(([, size]) => size);
    const stroke = learned.at(-1) * broader;
    const nearest = Math.min(Math.max(stroke, learned[0]), learned.at(-1));
    return nearest ? scale * (nearest / stroke) ** (amount / total) : scale;
  }, 1);
}
