"""Networks: layers in a row, and a loss at the end. Source: [S3]."""

import copy
import re
from collections.abc import Mapping

import numpy as np

from .functions import as_floats_of_one_shape, bytes_to_floats, one_hot
from .layers import Affine, Relu, SoftmaxWithLoss
from .numerical import numerical_gradient


class Parameters(Mapping):
    """A network's parameters by name, "W1", "b1", "W2", … in layer order.

    W and b get the number of their weights; any other name, such as gamma, a count of its own:
    "gamma1", "gamma2". ValueError where two names would be the same.
    Reading gives the layer's own array. Assigning copies the values into that array, so the layer
    sees them; a wrong shape is a ValueError.
    """

    def __init__(self, layers):
        self._places, weights, counts = {}, 0, {}
        for layer in layers:
            for i, key in enumerate(layer.params):
                if re.fullmatch(r"[Wb]\d*", key):
                    weights += key[0] == "W" or i == 0
                    name = f"{key[0]}{weights}"
                else:
                    counts[key] = counts.get(key, 0) + 1
                    name = f"{key}{counts[key]}"
                if name in self._places:
                    raise ValueError(f"{type(layer).__name__}'s {key} would be a second {name}: rename it")
                self._places[name] = (layer, key)

    def __getitem__(self, name):
        layer, key = self._places[name]
        return layer.params[key]

    def __setitem__(self, name, value):
        array, value = as_floats_of_one_shape(self[name], value, f"{name} and its new value")
        array[...] = value

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def __repr__(self):
        return "\n".join(f"{name}: {array.shape} {array.dtype}" for name, array in self.items())

    def gradients(self):
        """The layers' last gradients under the same names."""
        return {name: layer.grads[key] for name, (layer, key) in self._places.items()}


class Network:
    """Layers in a row and a loss. ValueError for no layer, or one that stands twice.

    x: (N, D) inputs. uint8 always means pixels, and is divided by 255: images of bytes become
    0…1. t: targets, as the loss takes them.
    """

    def __init__(self, layers, loss):
        self.layers = tuple(layers)
        self.last_layer = loss
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        if len(set(map(id, self.layers))) < len(self.layers):
            raise ValueError("a layer stands twice in the network; each place needs a layer of its own")
        self.params = Parameters(self.layers)

    def predict(self, x):
        """The last layer's output, (N, M): scores, not yet probabilities."""
        x = bytes_to_floats(x)
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        """The loss of the outputs for x against t, a float."""
        return self.last_layer.forward(self.predict(x), t)

    def loss_and_gradient(self, x, t):
        """The loss, and its gradient for each parameter, by backpropagation: one pass each way."""
        loss = self.loss(x, t)
        dout = self.last_layer.backward()
        self.layers[0].needs_dx = False
        try:
            for layer in reversed(self.layers):
                dout = layer.backward(dout)
        finally:
            self.layers[0].needs_dx = True
        return loss, self.params.gradients()

    def gradient(self, x, t):
        """∂E/∂parameter for each parameter, by backpropagation: a dict like params."""
        return self.loss_and_gradient(x, t)[1]

    def numerical_gradient(self, x, t, h=1e-4):
        """The same dict by central differences: two forward passes per number. Slow and sure.

        Works in float64 on a copy of the network.
        """
        twin = copy.deepcopy(self).astype(np.float64)
        x = bytes_to_floats(x).astype(np.float64)  # here once, not in each pass; the labels too
        if isinstance(twin.last_layer, SoftmaxWithLoss):
            t = one_hot(t, twin.predict(x).shape)
        return {
            name: numerical_gradient(lambda _: twin.loss(x, t), array, h)
            for name, array in twin.params.items()
        }

    def accuracy(self, x, t):
        """The share of rows whose largest output is the label's, 0…1. t: labels or one-hot rows.

        Raises ValueError where x and t don't fit, and for outputs that are single or not a number.
        """
        x, t = rows_of_both(x, t)
        right = 0
        for i in range(0, len(x), 1000):  # in parts: 60,000 images at once would fill the memory
            y = self.predict(x[i : i + 1000])
            if y.shape[1] < 2:
                raise ValueError("accuracy needs an output per class; this network has one output in all")
            if np.any(np.isnan(y)):
                raise ValueError("the network's outputs are not numbers (NaN): look at its parameters")
            right += np.sum(y.argmax(axis=1) == one_hot(t[i : i + 1000], y.shape).argmax(axis=1))
        return float(right / len(x))

    def astype(self, dtype):
        """Give every parameter this float type, in a new array where it has another. The network."""
        for layer in self.layers:
            for name, array in layer.params.items():
                layer.params[name] = array.astype(dtype, copy=False)
        return self


class TwoLayerNet(Network):
    """Affine, ReLU, Affine and SoftmaxWithLoss: 784-50-10 reads handwritten digits. Source: [S3].

    Weights are Gaussian × weight_init_std, biases 0. rng: a numpy Generator, a seed or None.
    Raises ValueError for a size below 1.
    """

    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01, rng=None):
        sizes = (input_size, hidden_size, output_size)
        if min(sizes) < 1:
            raise ValueError(f"every layer needs at least one node; the sizes given are {sizes}")
        rng = np.random.default_rng(rng)
        W1 = weight_init_std * rng.standard_normal((input_size, hidden_size))
        W2 = weight_init_std * rng.standard_normal((hidden_size, output_size))
        layers = [Affine(W1, np.zeros(hidden_size)), Relu(), Affine(W2, np.zeros(output_size))]
        super().__init__(layers, SoftmaxWithLoss())


def rows_of_both(x, t):
    """x and t as arrays; ValueError unless they have as many rows, at least one."""
    x, t = np.asarray(x), np.asarray(t)
    if not x.ndim or not t.ndim:
        raise ValueError(f"expected rows of inputs and their targets, not shapes {x.shape} and {t.shape}")
    if len(x) != len(t) or not len(x):
        raise ValueError(f"{len(x)} inputs and {len(t)} targets: expected as many of both, at least 1")
    return x, t
