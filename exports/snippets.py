"""Code that calls an exported file, in about ten lines for each programming language.

`$file` is the file's name, `$width` and `$height` are the size of the pictures, and
`$resized` is the Python code that resizes a picture to it. `MIXED` has the differences for
files of several styles, and `BYTES` those for files that take a photograph's bytes.
"""

READ = """\
import numpy as np
from PIL import Image
"""
PAINT = """
photo = Image.open("photo.jpg").convert("RGB")$resized
picture = np.asarray(photo, np.float32)[None]
"""
SAVE = """
Image.fromarray(painting[0].round().astype(np.uint8)).save("painting.png")
"""

SNIPPETS = {
    ("onnx", "python"): READ
    + "import onnxruntime\n"
    + PAINT
    + """\
options = onnxruntime.SessionOptions()
options.log_severity_level = 3  # it warns that "style" has a default value
session = onnxruntime.InferenceSession("$file", options)
painting = session.run(["painting"], {"picture": picture})[0]"""
    + SAVE,
    ("onnx", "javascript"): """\
import * as ort from "onnxruntime-web";

const session = await ort.InferenceSession.create("$file");
const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
const rgb = new Float32Array(width * height * 3);
for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * 4 + (i % 3)];
const picture = new ort.Tensor("float32", rgb, [1, height, width, 3]);
const { painting } = await session.run({ picture });
for (let i = 0; i < rgb.length; i++)
  data[Math.floor(i / 3) * 4 + (i % 3)] = Math.round(painting.data[i]);
context.putImageData(new ImageData(data, width, height), 0, 0);
""",
    ("litert", "python"): READ
    + "from ai_edge_litert.interpreter import Interpreter\n"
    + PAINT
    + """\
paint = Interpreter("$file").get_signature_runner()
painting = paint(picture=picture)["painting"]"""
    + SAVE,
    ("litert", "kotlin"): """\
// Never run on a phone. Needs tensorflow-lite:2.17.0 and tensorflow-lite-support:0.4.4
val interpreter = Interpreter(FileUtil.loadMappedFile(context, "$file"))
val picture = ByteBuffer.allocateDirect(4 * 3 * $height * $width)
    .order(ByteOrder.nativeOrder())
val pixels = IntArray($width * $height)
Bitmap.createScaledBitmap(photo, $width, $height, true)
    .getPixels(pixels, 0, $width, 0, 0, $width, $height)
for (p in pixels) for (shift in listOf(16, 8, 0))
    picture.putFloat((p shr shift and 255).toFloat())
val painting = Array(1) { Array($height) { Array($width) { FloatArray(3) } } }
interpreter.runSignature(mapOf("picture" to picture), mapOf("painting" to painting))
// painting[0][y][x] is red, green, blue: 0 to 255
""",
    ("litert", "swift"): """\
// Not compiled by us. pod "TensorFlowLiteSwift"
let interpreter = try Interpreter(modelPath: "$file")
try interpreter.allocateTensors()
// rgb: [Float32] of $height * $width * 3 values, 0 to 255, row after row
let picture = rgb.withUnsafeBufferPointer { Data(buffer: $$0) }
try interpreter.copy(picture, toInputAt: 0)
try interpreter.invoke()
let painting = try interpreter.output(at: 0).data.withUnsafeBytes {
    Array($$0.bindMemory(to: Float32.self))  // as rgb
}
""",
    ("openvino", "python"): READ
    + "import openvino\n"
    + PAINT
    + """\
model = openvino.Core().compile_model("$file", "AUTO")
painting = model({"picture": picture})["painting"]"""
    + SAVE,
    ("savedmodel", "python"): READ
    + "import tensorflow as tf\n"
    + PAINT
    + """\
paint = tf.saved_model.load("$file").signatures["serving_default"]
painting = paint(picture=tf.constant(picture))["painting"].numpy()"""
    + SAVE,
}

# {language: {a part of the snippet: what it is for pixels of uint8}}
BYTES = {
    "python": {"np.asarray(photo, np.float32)[None]": "np.asarray(photo)[None]"},
    "javascript": {
        "const rgb = new Float32Array": "const rgb = new Uint8Array",
        'ort.Tensor("float32", rgb,': 'ort.Tensor("uint8", rgb,',
    },
    "kotlin": {
        "ByteBuffer.allocateDirect(4 * 3": "ByteBuffer.allocateDirect(3",
        "picture.putFloat((p shr shift and 255).toFloat())": "picture.put((p shr shift)"
        ".toByte())",
    },
    "swift": {
        "// rgb: [Float32] of": "// rgb: [UInt8] of",
        "// as rgb": "// as rgb, but Float32",
    },
}

# {(format, language): {a part of the snippet: what it is with a mix}}
MIX = "np.array([$mix], np.float32)"
MIXED = {
    ("onnx", "python"): {
        '{"picture": picture}': '{"picture": picture, "mix": ' + MIX + "}"
    },
    ("onnx", "javascript"): {
        "const { painting } = await session.run({ picture });": """\
const mix = new ort.Tensor("float32", [$mix], [$styles]);
const { painting } = await session.run({ picture, mix });"""
    },
    ("litert", "python"): {"paint(picture=picture)": f"paint(picture=picture, mix={MIX})"},
    ("litert", "kotlin"): {
        'mapOf("picture" to picture)': """\
mapOf(
    "picture" to picture, "mix" to floatArrayOf($floats))"""
    },
    ("litert", "swift"): {
        "try interpreter.invoke()": """\
let mix: [Float32] = [$mix]
try interpreter.copy(mix.withUnsafeBufferPointer { Data(buffer: $$0) }, toInputAt: 1)
try interpreter.invoke()"""
    },
    ("openvino", "python"): {
        '{"picture": picture}': '{"picture": picture, "mix": ' + MIX + "}"
    },
    ("savedmodel", "python"): {
        'signatures["serving_default"]': 'signatures["with_mix"]',
        "tf.constant(picture))": f"tf.constant(picture), mix=tf.constant({MIX}))",
    },
}
