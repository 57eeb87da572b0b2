"""
======================================
A service: images in, labels out
======================================

A model in one file, a folder of images that arrived today, a program that sends requests over HTTP,
and a page for people: all of them are a few lines.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import Request, urlopen

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from sklvision.datasets import ImageCollection, load_image_folder, make_nails, read_samples
from sklvision.export import load, save
from sklvision.recipes import nails
from sklvision.serving import ServiceSettings, create_app

temporary = tempfile.TemporaryDirectory()
folder = Path(temporary.name)

# %%
# The model
# ---------
# Generated photographs of nails in a folder per class, the fast recipe, one file.

for label, image in zip(*make_nails(60, random_state=0)[::-1], strict=True):
    (folder / "train" / label).mkdir(parents=True, exist_ok=True)
    n_files = len(list((folder / "train" / label).iterdir()))
    Image.fromarray(image).save(folder / "train" / label / f"{n_files:02}.png")
train = load_image_folder(folder / "train")
model = nails(fast=True).set_params(foregroundcrop__center_crop=None)
model.fit(train.data, train.target)
file = save(model, folder / "nails.sklv", data=(train.data, train.target))

# %%
# A folder of today
# -----------------
# Files are read in batches, like the training images. One of them is damaged: it is named, and the
# others are predicted.

today, truth = make_nails(8, random_state=1)
(folder / "today").mkdir()
for i, image in enumerate(today):
    Image.fromarray(image).save(folder / "today" / f"{i}.png")
(folder / "today" / "8.png").write_bytes(b"a disk that was full")
inspector = load(file)
reader = read_samples([folder / "today"], inspector, on_error="record")
labels = np.concatenate([inspector.predict(batch.data) for batch in reader])
print("labels:", *labels)

# %%
# Images on disk behave like an array, but need no memory.

photographs = ImageCollection([folder / "today" / f"{i}.png" for i in range(8)])
print(photographs.shape, "of them good:", (inspector.predict(photographs) == "good").sum())

fig, axes = plt.subplots(2, 4, figsize=(10, 3.6), layout="constrained")
probability = inspector.predict_proba(photographs).max(axis=1)
for ax, image, label, p, true in zip(axes.flat, today, labels, probability, truth, strict=True):
    ax.imshow(image, cmap="gray")
    color = "#2a9d8f" if label == true else "#e76f51"
    ax.set_title(f"{label}, {p:.0%}", color=color, fontsize=10)
    ax.axis("off")

# %%
# Over HTTP
# ---------
# :func:`~sklvision.serving.create_app` makes an application of FastAPI, for a server that you have
# already; its limits are :class:`~sklvision.serving.ServiceSettings`.

settings = ServiceSettings(max_pixels=4_000_000, max_samples=16)
app = create_app(file, settings=settings)
print("addresses:", *sorted(app.openapi()["paths"]))

# %%
# :func:`~sklvision.serving.serve_model` starts a server of its own. Here it is a separate process;
# port 0 uses any free port. ``sklvision serve nails.sklv`` does the same.

program = folder / "serve.py"
program.write_text(
    "import sys\n"
    "from sklvision.serving import ServiceSettings, serve_model\n"
    "serve_model(sys.argv[1], port=0, settings=ServiceSettings(max_pixels=4_000_000))\n"
)
# The body of a form with one file, as ``curl -F files=@0.png ADDRESS/predict`` sends it.
head = b'--end\r\nContent-Disposition: form-data; name="files"; filename="NAME"\r\n\r\n'
tail = b"\r\n--end--\r\n"
headers = {"Content-Type": "multipart/form-data; boundary=end"}

process = subprocess.Popen(
    [sys.executable, str(program), str(file)], stdout=subprocess.PIPE, text=True
)
try:
    line = process.stdout.readline()  # printed when requests are answered
    address = next(word for word in line.split() if word.startswith("http")).rstrip("/.,")
    for i in range(3):
        image_file = folder / "today" / f"{i}.png"
        body = head.replace(b"NAME", image_file.name.encode()) + image_file.read_bytes() + tail
        request = Request(f"{address}/predict", body, headers)
        with urlopen(request) as answer:
            prediction = json.load(answer)["predictions"][0]
        print(f"{i}.png: {prediction['label']} (true: {truth[i]})")
finally:
    process.terminate()
    process.wait()

temporary.cleanup()
plt.show()
