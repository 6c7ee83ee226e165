// Reads pictures from files, resizes them, mixes them, shows and saves them.

const LARGEST = 40e6; // pixels that a canvas holds in every browser

// Return the picture in a file as an ImageBitmap, upright as its EXIF data say.
export async function read(file) {
  if (file.type && !file.type.startsWith("image/")) {
    throw new Error(`${file.name} is not a picture. Choose a JPEG, PNG or WebP.`);
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Error(
      `This browser cannot read ${file.name || "this picture"}. Choose a JPEG, PNG or WebP.`,
    );
  }
  if (bitmap.width * bitmap.height > LARGEST) {
    throw new Error(
      `${file.name || "This picture"} has ${Math.round((bitmap.width * bitmap.height) / 1e6)} ` +
        `million pixels; at most ${LARGEST / 1e6} million can be painted here.`,
    );
  }
  return bitmap;
}

// Return a size whose longer side is at most a limit, in pixels; 0 for no limit.
export function fit({ width, height }, limit) {
  const scale = limit ? Math.min(1, limit / Math.max(width, height)) : 1;
  return sized({ width, height }, scale);
}

export function sized({ width, height }, scale) {
  const to = (side) => Math.max(1, Math.round(side * scale));
  return { width: to(width), height: to(height) };
}

// Return an image, bitmap, canvas or video at a size, as ImageData; what is transparent
// becomes white.
export function pixels(source, { width, height }, mirror = false) {
  const context = canvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  if (mirror) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

// Return ImageData at another size.
export function resized(image, size) {
  if (image.width === size.width && image.height === size.height) return image;
  const from = canvas(image.width, image.height);
  from.getContext("2d").putImageData(image, 0, 0);
  return pixels(from, size);
}

// Return the painting as it is shown: with the photograph's colors if they are kept (as in
// data/colors.py), then mixed by strength with the photograph (0: photograph, 1: painting).
export function finished(photograph, painting, strength, keepColors) {
  const image = new ImageData(photograph.width, photograph.height);
  const [from, to, out] = [photograph.data, painting.data, image.data];
  for (let i = 0; i < out.length; i += 4) {
    let brighter = 0;
    if (keepColors) {
      brighter =
        0.299 * (to[i] - from[i]) + 0.587 * (to[i + 1] - from[i + 1]) + 0.114 * (to[i + 2] - from[i + 2]);
    }
    for (let c = i; c < i + 3; c++) {
      const full = keepColors ? Math.min(Math.max(from[c] + brighter, 0), 255) : to[c];
      out[c] = from[c] + strength * (full - from[c]);
    }
    out[i + 3] = 255;
  }
  return image;
}

// Show ImageData on a canvas.
export function show(element, image) {
  if (element.width !== image.width || element.height !== image.height) {
    element.width = image.width;
    element.height = image.height;
  }
  element.getContext("2d").putImageData(image, 0, 0);
}

// Save what a canvas shows, as PNG if the photograph is a PNG file, otherwise as JPEG.
export async function save(element, name, type) {
  const kind = type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await new Promise((done) => element.toBlob(done, kind, 0.95));
  if (!blob) throw new Error("This painting is too large to be saved here. Choose a smaller size.");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.${kind === "image/png" ? "png" : "jpg"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function canvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}
