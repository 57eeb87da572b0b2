"use strict";
const takesImages = document.body.dataset.takes === "images";
const find = (id) => document.getElementById(id);
const drop = find("drop"), results = find("results"), statusLine = find("status");
const MOST_BARS = 5;
let token = "";
let pending = [];
let isRunning = false;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function formatPercent(value) {
  const percent = 100 * value;
  if (percent > 99.9 && percent < 100) return "> 99.9 %";
  return percent < 0.1 && percent > 0 ? "< 0.1 %" : percent.toFixed(1) + " %";
}

function makeName(name, milliseconds) {
  const line = make("p", "name");
  line.append(make("span", "", name), make("span", "", Math.round(milliseconds) + " ms"));
  return line;
}

function makeBars(probabilities) {
  const list = make("ul", "bars");
  const entries = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  entries.slice(0, MOST_BARS).forEach(([label, value], place) => {
    const item = make("li", place === 0 ? "is-first" : "");
    const bar = make("span", "bar"), fill = make("i");
    bar.setAttribute("aria-hidden", "true");
    fill.style.width = 100 * value + "%";
    bar.append(fill);
    item.append(make("span", "", label), make("span", "value", formatPercent(value)), bar);
    list.append(item);
  });
  return [list, entries.length - MOST_BARS];
}

function makeLine(values) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 200 80");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "The spectrum as a line");
  const low = Math.min(...values), range = Math.max(...values) - low || 1;
  const points = values.map((value, i) =>
    (200 * i / Math.max(1, values.length - 1)).toFixed(1) + "," + (80 - 80 * (value - low) / range).toFixed(1));
  const line = document.createElementNS(svg.namespaceURI, "polyline");
  line.setAttribute("points", points.join(" "));
  line.setAttribute("vector-effect", "non-scaling-stroke");
  svg.append(line);
  return svg;
}

function makeFigure(prediction, values) {
  const figure = make("figure", "seen");
  if (prediction.crop) {
    const image = make("img");
    image.alt = "The image as the model saw it";
    image.addEventListener("load", () => image.classList.toggle("is-small", image.naturalWidth < 160));
    image.src = prediction.crop;
    figure.append(image, make("figcaption", "", "as the model saw it"));
  } else {
    figure.append(makeLine(values), make("figcaption", "", values.length + " values"));
  }
  return figure;
}

function showPrediction(name, prediction, milliseconds, values) {
  const hasFigure = prediction.crop || values;
  const card = make("article", "panel result" + (hasFigure ? "" : " is-plain"));
  if (hasFigure) card.append(makeFigure(prediction, values));
  const body = make("div");
  body.append(makeName(name, milliseconds), make("h2", "", String(prediction.label)));
  if (prediction.probabilities) {
    const [bars, nMore] = makeBars(prediction.probabilities);
    body.append(bars);
    if (nMore > 0) body.append(make("p", "more", "and " + nMore + " less likely"));
  }
  for (const text of prediction.warnings) {
    const note = make("p", "note");
    note.append(make("b", "", "Warning"), text);
    body.append(note);
  }
  card.append(body);
  results.prepend(card);
}

function showError(name, text, milliseconds) {
  const card = make("article", "panel result is-plain is-error");
  card.setAttribute("role", "alert");
  const body = make("div");
  body.append(makeName(name, milliseconds), make("h2", "", text));
  card.append(body);
  results.prepend(card);
}

async function send(sample) {
  const headers = { ...(sample.type ? { "Content-Type": sample.type } : {}) };
  if (token) headers.Authorization = "Bearer " + token;
  const start = performance.now();
  let response, answer;
  try {
    response = await fetch("predict?crop=true", { method: "POST", headers, body: sample.body() });
    answer = await response.json();
  } catch {
    showError(sample.name, "The server cannot be reached.", performance.now() - start);
    return "";
  }
  const milliseconds = performance.now() - start;
  if (response.status === 401) {
    pending.unshift(sample);
    find("token-form").hidden = false;
    find("token").focus();
    return "";
  }
  if (!response.ok) {
    showError(sample.name, answer.detail, milliseconds);
    return ""; // the alert is read out already
  }
  answer.predictions.forEach((prediction, i) => {
    const name = answer.predictions.length > 1 ? sample.name + ", row " + (i + 1) : sample.name;
    showPrediction(name, prediction, milliseconds, sample.values);
  });
  const labels = answer.predictions.map((prediction) => prediction.label);
  return sample.name + ": " + labels.slice(0, MOST_BARS).join(", ") + (labels.length > MOST_BARS ? ", …" : "");
}

async function run() {
  if (isRunning) return;
  isRunning = true;
  while (pending.length) {
    statusLine.textContent = pending.length > 1 ? pending.length + " to go …" : "Predicting …";
    const sample = pending.shift();
    statusLine.textContent = await send(sample);
    if (!find("token-form").hidden) break;
  }
  isRunning = false;
}

function makeSample(file) {
  if (!takesImages) return { name: file.name, type: "text/csv", body: () => file };
  const body = () => {
    const form = new FormData();
    form.append("files", file);
    return form;
  };
  return { name: file.name || "pasted image", body };
}

function addFiles(files) {
  pending.push(...Array.from(files, makeSample));
  run();
}

function sendValues() {
  const words = find("values").value.trim().split(/[\s,;]+/).filter(Boolean);
  const values = words.map(Number);
  const place = values.findIndex((value) => !Number.isFinite(value));
  if (!words.length || place >= 0) {
    const text = words.length ? "Value " + (place + 1) + " is not a number." : "There are no numbers yet.";
    showError("pasted values", text, 0);
    return;
  }
  const body = () => JSON.stringify({ spectra: [values] });
  pending.push({ name: "pasted values", type: "application/json", values, body });
  run();
}

for (const id of ["files", "camera"]) {
  const input = find(id);
  if (!input) continue;
  input.addEventListener("change", () => {
    addFiles(input.files);
    input.value = "";
  });
}
if (!takesImages) find("send").addEventListener("click", sendValues);
find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = find("token").value.trim();
  find("token-form").hidden = true;
  run();
});
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    if (name === "drop" || !event.relatedTarget) drop.classList.remove("is-over");
  });
}
document.addEventListener("drop", (event) => addFiles(event.dataTransfer.files));
document.addEventListener("paste", (event) => {
  if (takesImages && event.clipboardData.files.length) addFiles(event.clipboardData.files);
});
