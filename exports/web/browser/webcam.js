// Gives frames of the webcam, one after the other, as fast as they are painted.

const REASONS = {
  NotAllowedError: "The browser may not use the camera. Allow it in the address bar, then try again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program.",
  OverconstrainedError: "The camera has no picture of this size.",
};

export class Webcam {
  constructor() {
    this.facing = "user"; // the front camera; "environment" is the one at the back
    this.video = Object.assign(document.createElement("video"), {
      muted: true,
      playsInline: true,
    });
  }

  get on() {
    return Boolean(this.stream);
  }

  // The size of its frames, in pixels.
  get size() {
    return { width: this.video.videoWidth, height: this.video.videoHeight };
  }

  // Start the camera; the browser asks for permission.
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("The camera can only be used on a page whose address begins with https.");
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

  // Return whether there is another camera, as on phones.
  async hasOther() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").length > 1;
  }

  // Switch to the other camera.
  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.stream.getTracks().forEach((track) => track.stop());
    await this.start();
  }

  // Call paint(video) again and again until the camera is stopped. told(rate) is called
  // twice a second with the number of frames a second.
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
