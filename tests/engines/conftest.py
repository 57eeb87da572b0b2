"""A real cluster of two processes for each module that wants one."""

import pytest


@pytest.fixture(scope="module")
def dask_client():
    """Client of two workers, each a process with one thread."""
    distributed = pytest.importorskip("distributed", reason="the extra distributed is absent")
    import dask

    # A local cluster gives a worker up for good if it happens to be dead this long after an earlier
    # death; tests that kill workers again and again would wait for it forever.
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 hour"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client
