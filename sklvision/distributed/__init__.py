"""Predictions over data that are in no memory as a whole: arrays and bags of Dask, data of Ray."""

from sklvision.distributed._predict import predict_blocks

__all__ = ["predict_blocks"]
