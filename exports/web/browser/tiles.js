// Paints large pictures in tiles, with the same results as inference/tiles.py and
// inference/statistics.py.
//
// A picture is {data, width, height} with RGBA bytes, like ImageData. A graph is a style's
// entry in site.js; its halo, multiple, smallest and margin are in pixels.

const FLOOR = 2; // its square is added to variances; as in models/config.py

// Return the indices start to stop of an axis of size pixels. Outside of the axis, the
// indices go back and forth as in a mirror.
export function mirrored(start, stop, size) {
  const last = Math.max(size - 1, 1);
  return Int32Array.from({ length: stop - start }, (_, i) => {
    const wave = (((start + i) % (2 * last)) + 2 * last) % (2 * last);
    return Math.min(last - Math.abs(last - wave), size - 1);
  });
}

// Return how to cut one axis into as few regions as possible, all of the same length:
// {length, parts: [{start, first, last}]}. A region begins at start; the pixels from first
// up to last, which is not included, are kept.
export function spans(size, region, halo, multiple, smallest) {
  const up = (n) => Math.ceil(n / multiple) * multiple;
  const extended = Math.max(up(size), smallest);
  if (extended <= region) {
    return { length: extended, parts: [{ start: 0, first: 0, last: size }] };
  }
  const count = Math.ceil((extended - 2 * halo) / (region - 2 * halo));
  const length = up((extended + (count - 1) * 2 * halo) / count);
  const starts = Array.from({ length: count }, (_, i) =>
    Math.min(i * (length - 2 * halo), extended - length),
  );
  const borders = [0, ...starts.slice(1).map((start) => start + halo), size];
  const parts = starts.map((start, i) => ({
    start,
    first: borders[i],
    last: borders[i + 1],
  }));
  return { length, parts };
}

// Copy the pixels of some rows and columns, as float32 RGB, to target from an offset on.
export function gather(picture, rows, columns, target, offset = 0) {
  for (const row of rows) {
    for (const column of columns) {
      const from = 4 * (row * picture.width + column);
      target[offset++] = picture.data[from];
      target[offset++] = picture.data[from + 1];
      target[offset++] = picture.data[from + 2];
    }
  }
  return target;
}

// Return the mean of each channel, then one over its standard deviation: six numbers.
export function photographOf({ data }) {
  const count = data.length / 4;
  const mean = [0, 0, 0];
  const squares = [0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c++) mean[c] += data[i + c];
  }
  mean.forEach((sum, c) => (mean[c] = sum / count));
  for (let i = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c++) squares[c] += (data[i + c] - mean[c]) ** 2;
  }
  const factor = squares.map((sum) => 1 / Math.sqrt(sum / count + FLOOR ** 2));
  return Float32Array.of(...mean, ...factor);
}

// Return squares of a picture from which to take the statistics of the whole picture:
// {data, count, side}, with float32 RGB data.
export function samples(picture, side = 128, most = 8) {
  const along = (size) => {
    const count = Math.min(Math.max(Math.floor(size / side), 1), most);
    const end = Math.max(size - side, 0);
    return Array.from({ length: count }, (_, i) => {
      const start = count > 1 ? Math.floor((end * i) / (count - 1)) : 0;
      return mirrored(start, start + side, size);
    });
  };
  const rows = along(picture.height);
  const columns = along(picture.width);
  const length = side * side * 3;
  const data = new Float32Array(rows.length * columns.length * length);
  rows.forEach((row, i) =>
    columns.forEach((column, j) =>
      gather(picture, row, column, data, (i * columns.length + j) * length),
    ),
  );
  return { data, count: rows.length * columns.length, side };
}

// Return the painting of a picture as RGBA bytes. paint(data, height, width) paints a tile.
// progress(share) is called after each tile; if it returns false, the result is null.
export async function paintInTiles(picture, graph, region, paint, progress) {
  const { halo, multiple, smallest, margin } = graph;
  const { width, height } = picture;
  const down = spans(height + 2 * margin, region, halo, multiple, smallest);
  const across = spans(width + 2 * margin, region, halo, multiple, smallest);
  const painted = new Uint8ClampedArray(4 * width * height).fill(255);
  const count = down.parts.length * across.parts.length;
  let done = 0;
  for (const row of down.parts) {
    const rows = mirrored(row.start - margin, row.start - margin + down.length, height);
    for (const part of across.parts) {
      const left = part.start - margin;
      const columns = mirrored(left, left + across.length, width);
      const tile = new Float32Array(3 * down.length * across.length);
      gather(picture, rows, columns, tile);
      const result = await paint(tile, down.length, across.length);
      keep(result, row, part, across.length, margin, painted, width, height);
      if (!(await progress(++done / count))) return null;
    }
  }
  return painted;
}

// Copy the part of a tile that is kept to the painting.
function keep(tile, row, part, length, margin, painted, width, height) {
  const top = Math.max(row.first, margin);
  const bottom = Math.min(row.last, height + margin);
  const left = Math.max(part.first, margin);
  const right = Math.min(part.last, width + margin);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const from = 3 * ((y - row.start) * length + x - part.start);
      const to = 4 * ((y - margin) * width + x - margin);
      for (let c = 0; c < 3; c++) painted[to + c] = tile[from + c];
    }
  }
}
