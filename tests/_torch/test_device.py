"""The GPU of a worker: in turns where there are several, the current one elsewhere."""

import joblib
import pytest

from sklvision._torch.device import choose_gpu, find_worker_number


@pytest.mark.parametrize(
    ("n_devices", "worker", "name"),
    [(1, 3, "cuda"), (4, None, "cuda"), (4, 0, "cuda:0"), (4, 3, "cuda:3"), (4, 5, "cuda:1")],
)
def test_choose_gpu_deals_devices_to_workers(n_devices, worker, name):
    assert str(choose_gpu(n_devices, worker)) == name


def test_find_worker_number_knows_none_in_the_main_process():
    assert find_worker_number() is None


@pytest.mark.slow
def test_find_worker_number_differs_between_processes_of_joblib():
    numbers = joblib.Parallel(n_jobs=2)(joblib.delayed(find_worker_number)() for _ in range(8))
    assert all(isinstance(number, int) for number in numbers)
    assert len(set(numbers)) <= 2
