// Starts the service worker, which keeps the page so that it works without a network.

// Start the service worker; return whether it controls this page. Reload the page once if
// that gives WebAssembly its threads.
export async function keep() {
  if (!navigator.serviceWorker) return false;
  try {
    await navigator.serviceWorker.register("serviceworker.js");
    await Promise.race([navigator.serviceWorker.ready, wait(5000)]); // installing may fail
  } catch {
    return false; // a private window, or a browser that forbids it
  }
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
      wait(2000).then(resolve); // after Shift and Reload it controls nothing
    });
  }
  const kept = Boolean(navigator.serviceWorker.controller);
  if (kept && !self.crossOriginIsolated && !sessionStorage.isolated) {
    sessionStorage.isolated = "tried";
    location.reload();
    await new Promise(() => {}); // until the page is reloaded
  }
  return kept;
}

// Fetch the models of all styles, so that they are kept, too; return whether this was done.
export async function keepStyles(styles) {
  if (navigator.connection?.saveData) return false;
  for (const { folder, measured } of styles) {
    const models = ["whole.onnx", "tile.onnx", ...(measured ? ["measure.onnx"] : [])];
    for (const file of [...models, "weights.bin", "styles.bin"]) {
      const response = await fetch(`${folder}/${file}`);
      await response.arrayBuffer();
    }
  }
  return true;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
