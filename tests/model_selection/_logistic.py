"""A logistic regression and its number of parameters."""

from sklearn.linear_model import LogisticRegression


def logistic():
    return LogisticRegression(max_iter=1000)


LOGISTIC_PARAMETERS = 3 * 4 + 3  # of iris
