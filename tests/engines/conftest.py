"""A real cluster of two processes for each module that wants one."""

import pytest


@pytest.fixture(scope="module")
def dask_client():
    """Client of two workers, each a process with one thread."""
    distributed = pytest.importorskip("distributed", reason="the extra distributed is absent")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
