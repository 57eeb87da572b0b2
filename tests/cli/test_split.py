import pytest

from sklvision.cli._split import find_split


@pytest.mark.parametrize(
    ("values", "train", "test"),
    [
        (["Train", "TEST", "train"], [0, 2], [1]),
        (["cal", "val", "cal"], [0, 2], [1]),
        (["training", "validation", "test"], [0], [2]),
    ],
)
def test_find_split_knows_the_usual_names(values, train, test):
    found_train, found_test = find_split(values, "set")
    assert (found_train.tolist(), found_test.tolist()) == (train, test)


@pytest.mark.parametrize("values", [["train", "train"], ["test", "val"], ["train", "test", "x"]])
def test_find_split_refuses_other_names(values):
    with pytest.raises(ValueError, match="expected 'train' and 'test'"):
        find_split(values, "set")
