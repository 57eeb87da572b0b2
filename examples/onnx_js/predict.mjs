// Predict samples by a file of sklvision.export.to_onnx, with onnxruntime alone:
//
//     npm install --ignore-scripts        (the processor's library is in the package already)
//     node predict.mjs model.onnx samples.csv
//
// Every row of the csv is a spectrum, or the pixels of an image, in the units of training.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";

const [model, samples] = process.argv.slice(2);
const lines = readFileSync(samples, "utf8").trim().split("\n");
const session = await ort.InferenceSession.create(model);
// The shape of one sample, as the file declares it behind the number of samples.
const shape = [lines.length, ...session.inputMetadata[0].shape.slice(1)];
const X = new ort.Tensor("float32", Float32Array.from(lines.join(",").split(","), Number), shape);
const { label } = await session.run({ X }, ["label"]);
console.log(Array.from(label.data, String).join("\n"));
