"""Base of every estimator of the package."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from sklearn.base import BaseEstimator

from sklvision.utils._contract import Contract, make_contract, warn_of_change
from sklvision.utils._samples import Samples
from sklvision.utils._suggest import did_you_mean

# Address of the published site, such as "https://sklvision.readthedocs.io/en/stable". Until there
# is one it is None, and the HTML repr of an estimator links to nothing.
SITE_URL: Final[str | None] = None


def make_doc_link(site_url: str | None) -> tuple[str, str]:
    """Make scikit-learn's two settings of the link to an estimator's page; both empty for none."""
    if site_url is None:
        return "", ""
    page = "{estimator_module}.{estimator_name}.html"
    return "sklvision", f"{site_url.rstrip('/')}/api/generated/{page}"


class SklvisionEstimator(BaseEstimator):
    """Base of every estimator: the documentation link of the HTML repr, and the input contract.

    An estimator that sees the samples of a user keeps what they were as ``input_contract_``, and
    warns of new samples in another scale or unit.
    """

    _doc_link_module, _doc_link_template = make_doc_link(SITE_URL)

    # Names that other packages give to a parameter, each with a hint about ours.
    _parameter_hints: ClassVar[dict[str, str]] = {}

    input_contract_: Contract

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Python's own error about a misspelled parameter suggests no other name.
        names = cls._get_param_names() if kwargs else []  # takes longer than all that is done here
        unknown = [name for name in kwargs if name not in names]
        if unknown:
            raise TypeError(
                f"{cls.__name__} has no parameter {unknown[0]!r}. {cls._suggest_name(unknown[0])}"
            )
        return super().__new__(cls)

    @classmethod
    def _suggest_name(cls, name: str) -> str:
        """Suggest the parameter to use instead of one that does not exist."""
        hint = cls._parameter_hints.get(name)
        return f"Use {hint}." if hint else did_you_mean(name, cls._get_param_names())

    def _keep_contract(self, samples: Samples) -> None:
        """Keep what the training samples are."""
        self.input_contract_ = make_contract(samples)

    def _check_contract(self, samples: Samples) -> None:
        """Warn of a change of scale or order."""
        contract = vars(self).get("input_contract_")
        warn_of_change(contract, samples, self, is_scale_kept=self._is_scale_kept())

    def _is_scale_kept(self) -> bool:
        """Whether the scale of samples matters to the estimator."""
        return True
