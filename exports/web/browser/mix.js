// Which γ and β a mix of paintings has, at a stroke size: what models/conditions.py does.
//
// rows are those of a style in site.js, each with its painting and its stroke in pixels.

// The weights of the rows, which sum to 1. amounts are {painting: amount}, 0 or more;
// broader is how much broader strokes shall be than each painting's broadest.
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

// [[row, share], …] of a painting: linear between the two strokes that are nearest, in
// their logarithm; beyond those that were learned, the nearest one.
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

// [[row, stroke], …] of a painting, from fine to broad.
export function strokesOf(rows, painting) {
  return rows
    .map((row, i) => [i, row.stroke, row.painting])
    .filter((row) => row[2] === painting)
    .sort((a, b) => a[1] - b[1]);
}

// γ and β, float32: the rows of a table, added with their weights.
export function mixed(table, weights) {
  const length = table.length / weights.length;
  const sums = new Float64Array(length);
  weights.forEach((weight, i) => {
    if (weight) for (let j = 0; j < length; j++) sums[j] += weight * table[i * length + j];
  });
  return Float32Array.from(sums);
}

// By how much a photograph must be scaled before it is painted, so that strokes come out
// as broad as asked where nothing of that stroke was learned. A mix takes the geometric
// mean.
export function scaleFor(rows, amounts, broader) {
  const total = Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
  return Object.entries(amounts).reduce((scale, [painting, amount]) => {
    const learned = strokesOf(rows, painting).map(([, size]) => size);
    const stroke = learned.at(-1) * broader;
    const nearest = Math.min(Math.max(stroke, learned[0]), learned.at(-1));
    return nearest ? scale * (nearest / stroke) ** (amount / total) : scale;
  }, 1);
}
