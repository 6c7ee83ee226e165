// The webcam: frames, one after the other, as fast as they are painted.

const REASONS = {
  NotAllowedError: "The browser may not use the camera. Allow it in the address bar, then try again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program.",
  OverconstrainedError: "The camera has no picture of this size.",
};

export class Webcam {
  constructor() {
    this.facing = "user"; // towards the person; "environment" is away from them
    this.video = Object.assign(document.createElement("video"), {
      muted: true,
      playsInline: true,
    });
  }

  get on() {
    return Boolean(this.stream);
  }

  // The size of its picture.
  get size() {
    return { width: this.video.videoWidth, height: this.video.videoHeight };
  }

  // Ask for the camera.
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("This browser gives no camera to this page. It must come from https.");
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: this.facing },
      });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      throw new Error(REASONS[error.name] ?? `The camera cannot be used: ${error.message}`);
    }
  }

  // Whether there is another camera: phones have two.
  async hasOther() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").length > 1;
  }

  // Take the other camera.
  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.stream.getTracks().forEach((track) => track.stop());
    await this.start();
  }

  // Call paint(video) for every frame that there is time for, until it is stopped;
  // told(rate) gets the frames a second, twice a second.
  async frames(paint, told) {
    let count = 0;
    let since = performance.now();
    while (this.on) {
      await paint(this.video);
      count++;
      const now = performance.now();
      if (now - since > 500) {
        told((1000 * count) / (now - since));
        [count, since] = [0, now];
      }
      await new Promise(requestAnimationFrame);
    }
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }
}
