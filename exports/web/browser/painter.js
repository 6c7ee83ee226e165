// Talks to the worker. One job is at work and one waits: the newest.

export class Painter {
  // progress(share) is told how far the job at work is; share is null while unknown.
  constructor(address, progress) {
    this.address = address;
    this.progress = progress;
    this.id = 0;
    this.busy = null;
    this.waiting = null;
  }

  // Fetch what paints, so that the first picture needn't wait for it.
  prepare(style) {
    return this.ask({ style }, []);
  }

  // A promise of {painting, seconds, device}, or of null where a newer job came, or
  // `cancel`. The picture's bytes are copied.
  paint(picture, style, gammaBeta, region) {
    const { width, height } = picture;
    const data = new Uint8ClampedArray(picture.data);
    return this.ask({ picture: { data, width, height }, style, gammaBeta, region }, [data.buffer]);
  }

  // Stop at once, whatever is at work.
  cancel() {
    this.worker?.terminate();
    this.worker = null;
    for (const job of [this.busy, this.waiting]) job?.resolve(null);
    this.busy = this.waiting = null;
    this.progress(undefined);
  }

  ask(message, transfer) {
    return new Promise((resolve, reject) => {
      const job = { message: { ...message, id: ++this.id }, transfer, resolve, reject };
      if (!this.busy) return this.send(job);
      this.waiting?.resolve(null);
      this.waiting = job;
      // Between two tiles, the worker sees that there is a newer one.
      this.worker.postMessage({ newer: true });
    });
  }

  send(job) {
    this.worker ??= this.start();
    this.busy = job;
    this.progress(null);
    this.worker.postMessage(job.message, job.transfer);
  }

  start() {
    const worker = new Worker(this.address, { type: "module" });
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.receive({ id: this.busy?.message.id, error: event.message || "it did not start" });
    };
    return worker;
  }

  receive(answer) {
    const job = this.busy;
    if (!job || answer.id !== job.message.id) return;
    if ("share" in answer) return this.progress(answer.share);
    this.busy = null;
    const next = this.waiting;
    this.waiting = null;
    if (next) this.send(next);
    else this.progress(undefined);
    if (answer.error) {
      // A runtime that failed may be out of memory: the next job gets a fresh one.
      if (!next) this.cancel();
      job.reject(new Error(answer.error));
    } else job.resolve(answer.superseded ? null : answer);
  }
}
