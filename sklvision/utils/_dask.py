"""Choice of the backend that runs tasks of joblib on Dask and survives lost workers."""

from __future__ import annotations

from typing import Any

from sklvision.utils._optional import import_optional


def is_dask_backend(backend: Any) -> bool:
    """Whether a backend of joblib is that of Dask, in this package's form or joblib's own."""
    return any(base.__name__ == "DaskDistributedBackend" for base in type(backend).__mro__)


def make_dask_backend(**options: Any) -> Any:
    """Make a backend for joblib, with the parameters of joblib's own.

    Parameters
    ----------
    **options : dict
        ``client``, ``scheduler_host``, ``scatter``, ``wait_for_workers_timeout`` and parameters of
        :meth:`distributed.Client.submit`.
    """
    return _get_backend_class()(**options)


def replace_backend(backend: Any) -> Any:
    """Replace joblib's Dask backend by one that repeats lost tasks; others stay as they are."""
    if not is_dask_backend(backend) or type(backend) is _get_backend_class():
        return backend
    copy = make_dask_backend(
        client=backend.client,
        wait_for_workers_timeout=backend.wait_for_workers_timeout,
        **backend.submit_kwargs,
    )
    copy._scatter, copy.data_futures = backend._scatter, backend.data_futures
    return copy


def _get_backend_class() -> type:
    """Get the class of the backend, whose module can be imported only with Dask."""
    import_optional("distributed", extra="distributed")
    from sklvision.utils._repeating_dask_backend import RepeatingDaskBackend

    return RepeatingDaskBackend
