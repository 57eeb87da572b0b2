"""LitServe with a model of this package: ``python -m benchmarks._service_litserve MODEL PORT``."""

# Without postponed annotations, which LitServe does not resolve.
import sys
from typing import Any

import joblib
import litserve
from fastapi import UploadFile

from sklvision.datasets import read_samples
from sklvision.utils._predictions import predict_with_probabilities


class ClassifierApi(litserve.LitAPI):
    """Reads and predicts images as the service of this package does."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(**options)
        self._path = path

    def setup(self, device: str) -> None:
        self.model = joblib.load(self._path)

    def decode_request(self, request: UploadFile) -> bytes:
        return request.file.read()

    def batch(self, inputs: list[bytes]) -> list[bytes]:
        return list(inputs)

    def predict(self, contents: list[bytes]) -> list[tuple[Any, Any]]:
        (batch,) = read_samples(contents, self.model, batch_size=len(contents))
        labels, probabilities = predict_with_probabilities(self.model, batch.data)
        return list(zip(labels.tolist(), probabilities.tolist(), strict=True))

    def unbatch(self, output: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        return output

    def encode_response(self, output: tuple[Any, Any]) -> dict[str, Any]:
        return {"label": output[0], "probabilities": output[1]}


if __name__ == "__main__":
    api = ClassifierApi(sys.argv[1], max_batch_size=64, batch_timeout=0.002)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(port=int(sys.argv[2]), num_api_servers=1, generate_client_file=False)
