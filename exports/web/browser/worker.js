// Paints in a thread of its own, so that the page never freezes.
//
// From the page:  {id, picture, style, gammaBeta, region}, or {id, style} to get ready;
//                 {newer: true} if another job waits.
// To the page:    {id, share} during a job, then {id, painting, seconds, device},
//                 {id, superseded: true} if another job waits, or {id, error}.

import { gather, mirrored, paintInTiles, photographOf, samples } from "./tiles.js";

const WHOLE = 1000 * 1000; // the most pixels that are painted in one piece
const REGION = 768; // the side of a tile, in pixels
const asked = new URL(self.location).searchParams;

let newer = false;
let ready = null;
const styles = new Map(); // {folder: {model: promise of its session}}

self.onmessage = async ({ data: job }) => {
  newer = Boolean(job.newer);
  if (newer) return;
  const { id } = job;
  try {
    const begun = performance.now();
    const { painting, device } = await work(job);
    const seconds = (performance.now() - begun) / 1000;
    const superseded = Boolean(job.picture && !painting);
    const transfer = painting ? [painting.buffer] : [];
    self.postMessage({ id, painting, seconds, device, superseded }, transfer);
  } catch (error) {
    self.postMessage({ id, error: `${error?.message ?? error}` });
  }
};

// Do a job. If WebGPU fails, this job and all later ones use WebAssembly.
async function work(job) {
  ready ??= start();
  const runtime = await ready;
  try {
    const { device } = runtime;
    if (job.picture) return { painting: await paint(runtime, job), device };
    await session(runtime, job.style.folder, "whole");
    return { painting: null, device };
  } catch (error) {
    if (runtime.provider !== "webgpu") throw error;
    console.warn(`WebGPU failed, WebAssembly goes on: ${error?.message ?? error}`);
    styles.clear();
    ready = webAssembly();
    return work(job);
  }
}

// Return what runs models: WebGPU if the device has it, otherwise WebAssembly.
async function start() {
  if (asked.get("device") === "wasm") return webAssembly();
  if (!(await self.navigator.gpu?.requestAdapter())) return webAssembly();
  const ort = await import("./runtime/ort.webgpu.min.mjs");
  return { ort, provider: "webgpu", device: "WebGPU" };
}

// Return WebAssembly; it can use threads only if the page is cross-origin isolated.
async function webAssembly() {
  const ort = await import("./runtime/ort.wasm.min.mjs");
  const threads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 8) : 1;
  ort.env.wasm.numThreads = threads;
  const device = `WebAssembly, ${threads} ${threads > 1 ? "threads" : "thread"}`;
  return { ort, provider: "wasm", device };
}

// Return a model's session, which is made at its first use.
function session({ ort, provider }, folder, model) {
  const sessions = styles.get(folder) ?? {};
  styles.set(folder, sessions);
  sessions[model] ??= Promise.all([
    fetched(`${folder}/${model}.onnx`),
    fetched(`${folder}/weights.bin`),
  ]).then(([bytes, data]) =>
    ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      externalData: [{ path: "weights.bin", data }],
      logSeverityLevel: 3,
    }),
  );
  sessions[model].catch(() => delete sessions[model]);
  return sessions[model];
}

async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} cannot be loaded (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

// Return the painting of a job's picture as RGBA bytes; null if another job waits.
async function paint(runtime, { id, picture, style, gammaBeta, region }) {
  const { Tensor } = runtime.ort;
  const run = async (model, result, feeds) => {
    const outputs = await (await session(runtime, style.folder, model)).run(feeds);
    const values = await outputs[result].getData();
    outputs[result].dispose();
    return values;
  };
  const rows = (values) => new Tensor("float32", values, [2, values.length / 2]);
  const rgb = (values, ...shape) => new Tensor("float32", values, [...shape, 3]);
  const fixed = style.norms ? { style: rows(gammaBeta) } : {};
  const { width, height } = picture;
  if (region ? Math.max(width, height) + 2 * style.margin <= region : width * height <= WHOLE) {
    const rgbOf = gather(picture, mirrored(0, height, height), mirrored(0, width, width),
      new Float32Array(3 * width * height));
    const painted = await run("whole", "painting", { picture: rgb(rgbOf, 1, height, width), ...fixed });
    return opaque(painted);
  }
  if (style.standardizes) fixed.photograph = rows(photographOf(picture));
  const tile = { ...fixed };
  if (style.measured) {
    const { data, count, side } = samples(picture);
    const measured = await run("measure", "statistics", { picture: rgb(data, count, side, side), ...fixed });
    tile.statistics = rows(Float32Array.from(measured));
  }
  const paintTile = (data, tall, wide) =>
    run("tile", "painting", { picture: rgb(data, 1, tall, wide), ...tile });
  const progress = async (share) => {
    self.postMessage({ id, share });
    await new Promise((resume) => setTimeout(resume)); // messages about newer jobs arrive here
    return !newer;
  };
  return paintInTiles(picture, style, region || REGION, paintTile, progress);
}

// Return RGB numbers as RGBA bytes.
function opaque(rgb) {
  const bytes = new Uint8ClampedArray((4 * rgb.length) / 3);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    bytes[to] = rgb[from];
    bytes[to + 1] = rgb[from + 1];
    bytes[to + 2] = rgb[from + 2];
    bytes[to + 3] = 255;
  }
  return bytes;
}
