"""Texts that the docstrings of both classifiers share."""

from __future__ import annotations

from sklvision.utils._docstrings import fill_docstrings

document = fill_docstrings(
    {
        "optimization": """\
batch_size : int, default=64
    Largest number of samples per optimizer step; -1 takes all of them at once. The batches
    of an epoch are of nearly equal size.
lr : float, default=3e-3
    Learning rate; the highest one if the schedule varies it.
optimizer : {"adamw", "adam", "adamax", "sgd", "rmsprop"}, default="adamw"
    Optimizer; ``"sgd"`` has a Nesterov momentum of 0.9.
weight_decay : float, default=0.01
    Decay of the weights per step as a multiple of the learning rate, decoupled from the gradient as
    in AdamW, for every optimizer.
lr_schedule : {"constant", "cosine", "onecycle", "cyclic", "step", "plateau"}, \
default="onecycle"
    Course of the learning rate over the training: ``"cosine"`` falls to zero;
    ``"onecycle"`` rises to `lr` in the first 30 % of the steps, then falls to almost zero;
    ``"cyclic"`` oscillates ten times between `lr` / 10 and `lr`; ``"step"`` divides by 10 after
    each third; ``"plateau"`` halves after 5 epochs without a lower loss.
label_smoothing : float, default=0.0
    Probability, in [0, 1), that is distributed evenly over all classes in the training targets.
class_weight : dict or "balanced", default=None
    Weights of the classes in the loss: by label, where a label without a weight has 1, or
    inversely to their frequency.""",
        "stopping": """\
early_stopping : bool, default=False
    Hold out a stratified part of the training data, stop when the accuracy on it no longer
    rises, and keep the weights of the best epoch.
validation_fraction : float, default=0.1
    Fraction of each class that is held out, in (0, 1): at least one sample of each class that has
    two or more.
n_iter_no_change : int, default=10
    Epochs without a better validation score after which early stopping ends the training.
time_limit : float, default=None
    Seconds of training after which it ends with the current epoch and a warning that counts the
    epochs. `lr_schedule` ignores it: prefer ``"constant"`` or ``"plateau"``.
warm_start : bool, default=False
    Continue from the weights of the previous fit. With `early_stopping` the same samples are
    held out as before, if the data are the same.""",
        "execution": """\
device : str or torch.device, default="auto"
    ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if there is one.
    A fitted classifier can be loaded on a machine without this device.
callbacks : list, default=None
    Callbacks of skorch, or ``(name, callback)`` pairs. They are copied before use; the copies are
    in ``net_.callbacks_``. An ``LRScheduler`` replaces `lr_schedule`. Parameters have the names
    that they have in the architecture; batches with weights are a dict of ``"X"`` and
    ``"sample_weight"``. Callbacks of scikit-learn are set by `set_callbacks`.
random_state : int, RandomState instance or None, default=None
    Seed of initial weights, order of samples, dropout and validation split. With an integer, two
    fits give identical results. The global generators of NumPy and torch are not used.
verbose : int, default=0
    0 prints nothing; 1 shows progress with loss and score on standard error: a bar on a
    terminal, otherwise an occasional line.""",
        "attributes": """\
input_contract_ : dict
    Description of the training samples as plain data; samples in another scale or unit cause a
    warning at prediction.
n_iter_ : int
    Epochs trained.
n_parameters_ : int
    Trainable parameters of the net.
history_ : list of dict
    Loss, learning rate, seconds (``"dur"``) and scores of every epoch.
loss_curve_ : list of float
    Training loss of every epoch.
validation_scores_ : list of float
    Accuracy on the held-out samples after every epoch, with early stopping.
net_ : skorch.NeuralNetClassifier
    The net that was trained. A fit of its own, or of a clone, takes encoded labels, starts
    from new weights and standardizes by the mean and scale of this training.""",
        "file": """\
A fitted classifier is pickled as plain arrays: no larger than its weights, without training
data and without the optimizer's state. It keeps the parameters it was fitted with, whatever
`set_params` changes later.""",
    }
)
