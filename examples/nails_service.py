"""Good or bad nails by HTTP: the call that users of the container know, on port 5000.

The camera's computer offers its pictures under an address, and a program calls
``/predict?image_url=...`` of the service. In a container the service is started by
``docker run -p 5000:8000 ... sklvision serve nails.sklv --allow-host camera-1``; here it is a
process, and the camera is a small web server.
"""

import json
import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
from PIL import Image

from sklvision.cli import main


# %%
# The call, for any program and any language.
def predict(image_url, service="http://127.0.0.1:5000"):
    with urlopen(f"{service}/predict?{urlencode({'image_url': image_url})}") as answer:
        return json.load(answer)["predictions"][0]


# %%
# Pictures of straight and of bent nails, drawn here.
def draw_nail(bend, rng):
    x, y = np.meshgrid(np.arange(200.0), np.arange(120.0))
    height = 60 + bend * ((x - 100) / 70) ** 2 + rng.normal(0, 3)
    is_nail = (np.abs(y - height) < 5) & (np.abs(x - 100) < 75)
    light = np.where(is_nail, 220, 40) + rng.normal(0, 4, x.shape)
    return Image.fromarray(light.clip(0, 255).astype(np.uint8))


def draw_folder(folder, n_nails, seed):
    rng = np.random.default_rng(seed)
    for label, low, high in (("good", -2, 2), ("bad", 12, 25)):
        (folder / label).mkdir(parents=True)
        for i in range(n_nails):
            draw_nail(rng.uniform(low, high), rng).save(folder / label / f"{i}.jpg")


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


# %%
# A model is trained, the service is started with the camera's address permitted, and pictures that
# are new to it are judged.
with tempfile.TemporaryDirectory() as name:
    folder, model = Path(name), Path(name) / "nails.sklv"
    draw_folder(folder / "train", 30, seed=0)
    draw_folder(folder / "camera", 2, seed=1)
    train = ["train", "nails", "--option", "fast=True", "--data", str(folder / "train")]
    main([*train, "--no-estimate", "--quiet", "--out", str(model)])

    camera = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(QuietHandler, directory=folder / "camera")
    )
    Thread(target=camera.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{camera.server_port}"
    command = [sys.executable, "-m", "sklvision", "serve", str(model), "--quiet"]
    service = subprocess.Popen(
        [*command, "--port", "5000", "--allow-host", host], stdout=subprocess.PIPE, text=True
    )
    try:
        print(service.stdout.readline().strip())  # printed when requests are answered
        for picture in ("good/0.jpg", "good/1.jpg", "bad/0.jpg", "bad/1.jpg"):
            answer = predict(f"http://{host}/{picture}")
            print(f"{picture}: {answer['label']}, {max(answer['probabilities'].values()):.3f}")
            assert picture.startswith(answer["label"])
    finally:
        service.terminate()
        service.wait()
        camera.shutdown()
