// The page: reads pictures, sends them to the worker, and shows their paintings.

import { Gallery } from "./gallery.js";
import { mix, mixed, scaleFor } from "./mix.js";
import { keep, keepStyles } from "./offline.js";
import { Painter } from "./painter.js";
import { finished, fit, pixels, read, resized, save, show, sized } from "./picture.js";
import { Webcam } from "./webcam.js";

const { styles, runtime, madeBy } = self.SITE;
const FRAME = 320; // pixels, the longer side of the camera's frames
const $ = (id) => document.getElementById(id);
const number = (id) => Number($(id).value);

const asked = new URL(location).searchParams;
const region = Number(asked.get("tile")) || 0; // ?tile=256 for devices with little memory
const kept = await keep();
const painter = new Painter(`worker.js${location.search}`, progress);
const gallery = new Gallery(styles, () => (limitStroke(), repaint()));
const webcam = new Webcam();
const tables = new Map(); // {folder: promise of the rows of γ and β}
let source = null; // {image, name, type}
let result = null; // {photograph, painting}
let turns = 0; // how often `repaint` has begun

// --- painting

// Return the chosen style, with γ, β and the scale that the sliders ask for.
async function style() {
  const { style, mix: amounts } = gallery;
  const broader = 2 ** number("stroke");
  const scale = scaleFor(style.rows, amounts, broader);
  if (!style.norms) return { style, scale };
  if (!tables.has(style.folder)) {
    const table = fetch(`${style.folder}/styles.bin`).then((response) => response.arrayBuffer());
    tables.set(style.folder, table);
    table.catch(() => tables.delete(style.folder));
  }
  const table = new Float32Array(await tables.get(style.folder));
  return { style, scale, gammaBeta: mixed(table, mix(style.rows, amounts, broader)) };
}

// Paint an image at a size; return the worker's answer, or null if a newer job replaced it.
async function paint(image, size, mirror = false) {
  const { style: chosen, scale, gammaBeta } = await style();
  const photograph = pixels(image, size, mirror);
  const job = scale === 1 ? photograph : pixels(image, sized(size, scale), mirror);
  const answer = await painter.paint(job, chosen, gammaBeta, region);
  if (!answer) return null;
  const painted = new ImageData(answer.painting, job.width, job.height);
  result = { photograph, painting: resized(painted, size) };
  facts(answer.device);
  refresh();
  return answer;
}

// Paint the present picture again, with the present settings.
async function repaint() {
  if (!source || webcam.on) return;
  const { image } = source;
  complain("");
  const size = fit(image, number("size"));
  const turn = ++turns;
  $("stage").setAttribute("aria-busy", "true");
  document.body.dataset.shows = "picture";
  if (!result) show($("photograph"), pixels(image, size));
  $("status").textContent = "Painting…";
  try {
    const answer = await paint(image, size);
    if (!answer) return;
    const { width, height } = result.painting;
    $("status").textContent = `${width} × ${height}, painted in ${answer.seconds.toFixed(1)} s`;
    $("download").disabled = false;
  } catch (error) {
    $("status").textContent = "";
    complain(inWords(error));
  } finally {
    if (turn === turns) $("stage").setAttribute("aria-busy", "false");
  }
}

// Show the photograph and the painting, at its strength.
function refresh() {
  if (!result) return;
  const { photograph, painting } = result;
  const image = finished(photograph, painting, number("strength") / 100, $("colors").checked);
  show($("photograph"), photograph);
  show($("painting"), image);
}

// --- pictures

async function open(file) {
  if (!file) return;
  stopCamera();
  try {
    const image = await read(file);
    source = { image, name: file.name ?? "picture", type: file.type };
  } catch (error) {
    return complain(error.message);
  }
  result = null;
  $("download").disabled = true;
  $("painting").width = $("painting").width; // setting the width clears a canvas
  $("divider").value = 0;
  split();
  await repaint();
}

async function openExample() {
  const blob = await (await fetch("example.jpg")).blob();
  await open(new File([blob], "example.jpg", { type: blob.type }));
}

function download() {
  const stem = webcam.on || !source ? "camera" : source.name.replace(/\.[^.]*$/, "");
  const name = `${stem}-${gallery.name}`;
  save($("painting"), name, source?.type).catch((error) => complain(error.message));
}

// --- the camera

async function toggleCamera() {
  if (webcam.on) {
    stopCamera();
    return source && repaint();
  }
  complain("");
  $("status").textContent = "Waiting for the camera…";
  try {
    await webcam.start();
  } catch (error) {
    stopCamera();
    return complain(error.message);
  }
  try {
    source = null;
    document.body.dataset.shows = "camera";
    $("camera").setAttribute("aria-pressed", "true");
    $("turn").hidden = !(await webcam.hasOther());
    const told = (rate) => ($("status").textContent = `Live: ${rate.toFixed(1)} frames a second`);
    const frame = async (video) => {
      await paint(video, fit(webcam.size, FRAME), webcam.facing === "user");
      $("download").disabled = !result;
    };
    await webcam.frames(frame, told);
  } catch (error) {
    stopCamera();
    complain(inWords(error));
  }
}

async function turnCamera() {
  try {
    await webcam.turn();
  } catch (error) {
    stopCamera();
    complain(error.message);
  }
}

function stopCamera() {
  webcam.stop();
  $("camera").setAttribute("aria-pressed", "false");
  $("turn").hidden = true;
  $("status").textContent = "";
  if (document.body.dataset.shows === "camera" && !result) document.body.dataset.shows = "nothing";
}

// --- messages

// Show how far a job is, from 0 to 1; null if that is not known; undefined if there is no job.
function progress(share) {
  const bar = $("progress");
  bar.hidden = share === undefined || document.body.dataset.shows !== "picture";
  $("cancel").hidden = bar.hidden;
  if (share) bar.value = share;
  else bar.removeAttribute("value");
}

function complain(words) {
  $("error").textContent = words;
  $("error").hidden = !words;
}

function inWords(error) {
  if (/memory|alloc|RangeError|^\d+$/i.test(error.message)) {
    return "There is not enough memory for this size. Choose a smaller one.";
  }
  if (/fetch|load|import/i.test(error.message)) {
    return "A part of this page could not be loaded. Check your connection, then reload the page.";
  }
  return `The picture could not be painted: ${error.message}`;
}

function facts(device) {
  $("facts").textContent = `${madeBy}, ${runtime}${device ? `, ${device}` : ""}`;
}

function split() {
  const share = number("divider");
  const place = share === 0 ? "0%" : share === 100 ? "100%" : `calc(22px + (100% - 44px) * ${share / 100})`;
  $("painting").style.clipPath = `inset(0 0 0 ${place})`;
}

function say() {
  const broader = 2 ** number("stroke");
  $("strength_said").textContent = `${number("strength")}%`;
  $("stroke_said").textContent = broader === 1 ? "as learned" : `× ${broader.toFixed(2)}`;
}

// Allow strokes from half the finest learned size to twice the broadest.
function limitStroke() {
  const { strokes, stroke } = gallery;
  $("stroke").disabled = !stroke; // 0: the size is not known
  $("stroke").min = stroke ? Math.floor(4 * Math.log2(strokes[0] / stroke)) / 4 - 1 : 0;
  $("stroke").max = stroke ? 1 : 0;
  say();
}

// --- events

for (const id of ["choose", "choose_again"]) $(id).onclick = () => $("file").click();
for (const id of ["camera", "camera_first"]) $(id).onclick = toggleCamera;
$("turn").onclick = turnCamera;
$("example").onclick = openExample;
$("download").onclick = download;
$("cancel").onclick = () => (painter.cancel(), ($("status").textContent = "Canceled"));
$("file").onchange = () => (open($("file").files[0]), ($("file").value = ""));
$("divider").oninput = split;
$("size").onchange = repaint;
$("stroke").oninput = () => (say(), repaint());
$("strength").oninput = () => (say(), refresh());
$("colors").onchange = refresh;
document.onpaste = (event) => open([...event.clipboardData.files][0]);
document.ondragover = (event) => (event.preventDefault(), $("stage").classList.add("over"));
document.ondragleave = () => $("stage").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  $("stage").classList.remove("over");
  open(event.dataTransfer.files[0]);
};

facts();
limitStroke();
document.body.dataset.ready = "true";
painter
  .prepare(gallery.style)
  .then((answer) => answer && facts(answer.device))
  .then(() => kept && keepStyles(styles))
  .then((all) => all && ($("offline").textContent = "This page works without a network now."))
  .catch((error) => complain(inWords(error)));
