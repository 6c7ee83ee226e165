// Sends jobs to the worker. One job is being done, and one waits: the newest.

export class Painter {
  // progress(share) is called with how far the job is, from 0 to 1; null while that is not
  // known, undefined if there is no job.
  constructor(address, progress) {
    this.address = address;
    this.progress = progress;
    this.id = 0;
    this.busy = null;
    this.waiting = null;
  }

  // Fetch what paints a style, so that the first picture needn't wait for it.
  prepare(style) {
    return this.ask({ style }, []);
  }

  // Return a promise of {painting, seconds, device}; of null if a newer job replaces this
  // one, or if it is canceled. The picture's bytes are copied.
  paint(picture, style, gammaBeta, region) {
    const { width, height } = picture;
    const data = new Uint8ClampedArray(picture.data);
    return this.ask({ picture: { data, width, height }, style, gammaBeta, region }, [data.buffer]);
  }

  // Stop all jobs at once.
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
      // The worker reads this between two tiles.
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
      this.receive({ id: this.busy?.message.id, error: event.message || "the worker did not start" });
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
      // A runtime that failed may be out of memory: a later job gets a fresh one.
      if (!next) this.cancel();
      job.reject(new Error(answer.error));
    } else job.resolve(answer.superseded ? null : answer);
  }
}
