"""Sort images into folders by their label: ``python sort_images.py MODEL.sklv INBOX OUTBOX``."""

import shutil
import sys
from pathlib import Path

from sklvision.datasets import read_samples
from sklvision.export import load


def sort_images(model_file, inbox, outbox, threshold=0.8):
    model = load(model_file)
    for batch in read_samples([inbox], model):
        for (file,), p in zip(batch.names, model.predict_proba(batch.data), strict=True):
            label = str(model.classes_[p.argmax()]) if p.max() >= threshold else "to be checked"
            (Path(outbox) / label).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, Path(outbox) / label)


if __name__ == "__main__":
    sort_images(*sys.argv[1:])
