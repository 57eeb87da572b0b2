"""A search over the number of features of a logistic regression."""

from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline


def features_searched(cv=3, **search):
    """Logistic regression of 1 to 4 features of iris: 6, 9, 12 and 15 parameters."""
    classifier = make_pipeline(SelectKBest(), LogisticRegression(max_iter=1000))
    return GridSearchCV(classifier, {"selectkbest__k": [1, 2, 3, 4]}, cv=cv, **search)
