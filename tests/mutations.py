"""Break the core in one place at a time; the unit tests must notice each time.

    python tests/mutations.py            all of them, a few minutes on two cores
    python tests/mutations.py layers     those of one file

Each mutation is applied to a temporary copy of the library, never to the library itself. Prints
"killed" or "SURVIVED" for each; the exit code is 1 if any survives.
"""

# ruff: noqa: E501  (one mutation per line)

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[1]
ROOMS = ["functions", "numerical", "graph", "layers", "network", "training", "mnist"]
AT_ONCE = 2
LIMIT = 120  # seconds; a mutation that hangs is noticed too

# (file, text that stands there once, what to put in its place, why it is wrong)
MUTATIONS = [
    # functions
    ("functions", "np.exp(-np.abs(x))", "np.exp(np.abs(x))", "dropped minus: overflows"),
    ("functions", "np.where(x >= 0, 1 / (1 + e), e / (1 + e))", "np.where(x >= 0, 1 / (1 + e), 1 / (1 + e))",
     "sigmoid of a negative x as of a positive one"),
    ("functions", "e = np.exp(-np.abs(x))\n    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))[()]",
     "return (1 / (1 + np.exp(-x)))[()]", "the unstable sigmoid"),
    ("functions", "return y * (1 - y)", "return y * (1 + y)", "wrong sign in the sigmoid's derivative"),
    ("functions", "return y * (1 - y)", "return sigmoid(y) * (1 - sigmoid(y))", "derivative at the wrong value"),
    ("functions", "return 1 - y * y", "return 1 - y", "tanh's derivative without its square"),
    ("functions", "return np.maximum(as_float(x), 0)", "return np.maximum(as_float(x), 1)", "wrong constant"),
    ("functions", "return np.asarray(x) > 0", "return np.asarray(x) >= 0", "ReLU's derivative at 0 is 0"),
    ("functions", "def leaky_relu(x, slope=0.1)", "def leaky_relu(x, slope=0.01)", "wrong default slope"),
    ("functions", "np.where(x > 0, x, slope * x)", "np.where(x > 0, slope * x, x)", "branches swapped"),
    ("functions", "np.expm1(np.minimum(x, 0))", "np.exp(np.minimum(x, 0))", "ELU without its − 1"),
    ("functions", "alpha * np.expm1(np.minimum(x, 0))", "alpha * np.expm1(x)", "ELU overflows for large x"),
    ("functions", "alpha * np.expm1(np.minimum(x, 0))", "alpha * (np.exp(np.minimum(x, 0)) - 1)",
     "ELU loses its digits near 0"),
    ("functions", "    x = x - x.max(axis=-1, keepdims=True)\n", "", "log softmax overflows"),
    ("functions", "np.log(np.exp(x).sum(axis=-1,", "np.log(np.exp(x).sum(axis=0,", "sums the wrong axis"),
    ("functions", "e = np.exp(x - x.max(axis=-1, keepdims=True))", "e = np.exp(x)", "softmax overflows"),
    ("functions", "e = np.exp(x - x.max(axis=-1,", "e = np.exp(x - x.max(axis=0,", "maximum of the wrong axis"),
    ("functions", "return e / e.sum(axis=-1, keepdims=True)", "return e / e.sum()", "rows don't sum to 1"),
    ("functions", "float(np.mean((y - t) ** 2))", "float(np.sum((y - t) ** 2))", "sum for mean"),
    ("functions", "float(np.mean((y - t) ** 2))", "float(np.mean(y - t) ** 2)", "square of the mean"),
    ("functions", "float(0.5 * np.sum", "float(np.sum", "missing ½"),
    ("functions", "np.log(np.maximum(y, np.finfo(y.dtype).tiny))", "np.log(y)", "log of 0"),
    ("functions", "np.finfo(y.dtype).tiny", "np.finfo(np.float64).tiny", "0 in float32"),
    ("functions", "float(-np.vdot(", "float(np.vdot(", "dropped minus in the cross-entropy"),
    ("functions", ", log_y) / N)", ", log_y))", "missing 1/N"),
    ("functions", "t.shape != shape[:-1] or", "t.ndim != len(shape) - 1 or", "labels of another length pass"),
    ("functions", " or t.dtype.kind not in \"iu\"", "", "labels that are not whole numbers pass"),
    ("functions", "not 0 <= t.min() <= t.max() < shape[-1]", "not t.max() < shape[-1]", "negative labels pass"),
    ("functions", "t.max() < shape[-1]", "t.max() <= shape[-1]", "a label too large by one passes"),
    ("functions", "    if a.shape != b.shape:", "    if a.size != b.size:", "shapes broadcast"),
    ("functions", "return x if x.dtype.kind == \"f\" else x.astype(np.float64)", "return x", "bytes wrap around"),
    ("functions", "    if x.dtype.kind not in \"fiub\":", "    if False:", "None becomes NaN"),
    ("functions", "    if not a.size:", "    if False:", "the loss of an empty batch is NaN"),
    ("functions", "    if 0 in shape:", "    if False:", "the cross-entropy of an empty batch is NaN"),
    ("functions", "np.all(y >= 0) and ", "", "negative probabilities pass"),
    ("functions", "y.sum(axis=-1) - 1) <= 0.01", "y.sum() - len(y)) <= 0.01", "rows that sum to other numbers pass"),
    ("functions", "np.float32(1 / 255)", "np.float32(1 / 256)", "wrong constant"),
    ("functions", "return x * np.float32(1 / 255) if", "return x / 255 if", "bytes become float64"),
    ("functions", "else x.astype(np.float64)", "else x.astype(np.float32)", "float32 where float64 is needed"),
    # numerical
    ("numerical", "def numerical_gradient(f, x, h=1e-4)", "def numerical_gradient(f, x, h=1e-2)", "a coarse step"),
    ("numerical", "            x[i] = old - h\n", "            x[i] = old\n", "half of the central difference"),
    ("numerical", "/ (above - below)", "/ (2 * h)", "h as x does not store it"),
    ("numerical", "/ (above - below)", "/ h", "missing ½"),
    ("numerical", "above, f_above = float(x[i]), _one_number(f(x.astype(np.float64, copy=False)))",
     "above, f_above = float(x[i]), _one_number(f(x))", "f in float32: the book's 625 for 600"),
    ("numerical", "above, f_above = float(x[i]), _one_number(f(x.astype(np.float64, copy=False)))",
     "above, f_above = float(x[i]), _one_number(f(x.astype(np.float64)))", "f gets a copy of x"),
    ("numerical", "grad = np.empty(x.shape)", "grad = np.empty_like(x)", "a float32 gradient"),
    ("numerical", "    if getattr(y, \"shape\", ()):", "    if False:", "an f that returns an array"),
    ("numerical", "    if not np.all(np.isfinite(x)):", "    if False:", "an x that is not finite"),
    ("numerical", "    if not 0 < h < np.inf:", "    if not h < np.inf:", "a step backward"),
    ("numerical", "    if not 0 < h < np.inf:", "    if not 0 < h:", "a step without end"),
    ("numerical", "        finally:\n            x[i] = old\n", "        finally:\n            pass\n", "x is not put back"),
    ("numerical", "        finally:\n            x[i] = old\n", "        except ZeroDivisionError:\n            raise\n"
     "        x[i] = old\n", "x is not put back when f raises"),
    ("numerical", "x.dtype.kind != \"f\"", "x.dtype.kind not in \"fiu\"", "integers: the book's 25000"),
    ("numerical", "        if not above > below:", "        if False:", "a lost step passes"),
    ("numerical", "scale = np.maximum(np.abs(a) + np.abs(b),", "scale = np.maximum(np.abs(a),", "not symmetric"),
    ("numerical", "float(np.max(np.abs(a - b) / scale, initial=0.0))", "float(np.mean(np.abs(a - b) / scale))",
     "mean for maximum"),
    ("numerical", "    if a.shape != b.shape:", "    if False:", "shapes broadcast"),
    ("numerical", "TOLERANCE = 1e-6", "TOLERANCE = 1e-3", "a loose tolerance"),
    ("numerical", "if not d.relative <= self.tolerance]", "if not d.mean_absolute <= self.tolerance]", "the mean is judged"),
    ("numerical", "if not d.relative <= self.tolerance]", "if d.relative > self.tolerance]", "NaN is ok"),
    ("numerical", "\"DIFFERS\" if name in", "\"DIFFERS\" if name not in", "the table's verdict is swapped"),
    ("numerical", "    twin = copy.deepcopy(network).astype(np.float64)", "    twin = network.astype(np.float64)",
     "the check changes the network"),
    ("numerical", "    twin = copy.deepcopy(network).astype(np.float64)", "    twin = copy.deepcopy(network)",
     "float32 where float64 is needed"),
    ("numerical", "for step in (h, h / 100)", "for step in (h,)", "a step across ReLU's kink is called a bug"),
    ("numerical", "for step in (h, h / 100)", "for step in (1e-4, 1e-6)", "h is not passed on"),
    ("numerical", "if step == h or (name in check.failed() and found.relative <= check.tolerance):", "if True:",
     "a healthy parameter is judged at the step of another"),
    ("numerical", "    if not formula:", "    if False:", "nothing to check is called ok"),
    ("numerical", "10 * np.finfo(np.float64).eps", "0 * np.finfo(np.float64).eps", "rounding is called a bug"),
    ("numerical", "10 * np.finfo(np.float64).eps", "1e4 * np.finfo(np.float64).eps", "a bug in a tiny gradient passes"),
    ("numerical", "(1 + abs(twin.loss(x, t)))", "abs(twin.loss(x, t))", "rounding near the target is called a bug"),
    ("numerical", " or not np.all(np.isfinite(formula)):", ":", "a NaN passes or crashes"),
    ("numerical", "if np.shape(formula) != np.shape(measured) or", "if", "a transposed gradient crashes the check"),
    ("numerical", "Difference(float(np.mean(gap)),", "Difference(float(np.max(gap)),", "maximum for mean"),
    ("numerical", "float(np.max(gap) / scale)", "float(np.mean(gap) / scale)", "one wrong element is diluted"),
    # graph
    ("graph", "op=\"+\", inputs=(x, y), local_gradients=(1, 1)", "op=\"+\", inputs=(x, y), local_gradients=(1, 0)",
     "addition passes the gradient to both"),
    ("graph", "local_gradients=(1, -1)", "local_gradients=(1, 1)", "dropped minus"),
    ("graph", "local_gradients=(y.data, x.data)", "local_gradients=(x.data, y.data)", "multiplication swaps"),
    ("graph", "(1 / y.data, -quotient / y.data)", "(1 / y.data, quotient / y.data)", "dropped minus in x ÷ y"),
    ("graph", "(1 / y.data, -quotient / y.data)", "(1 / y.data, -quotient)", "missing square in x ÷ y"),
    ("graph", "(1 / y.data, -quotient / y.data)", "(1 / y.data, -x.data / y.data**2)", "y² overflows where x ÷ y exists"),
    ("graph", "local = n * _power(x.data, n - 1) if n", "local = n * _power(x.data, n) if n", "xⁿ for xⁿ⁻¹"),
    ("graph", " if n else 0.0", "", "x⁰ at 0"),
    ("graph", "        if isinstance(n, Value):", "        if False:", "a Value as an exponent has no gradient"),
    ("graph", "    __array_ufunc__ = None", "    pass", "NumPy makes an array of Values"),
    ("graph", "        if getattr(data, \"shape\", ()):", "        if False:", "an array of one element is taken for a number"),
    ("graph", "inputs=(self,), local_gradients=(-1,)", "inputs=(self,), local_gradients=(1,)", "dropped minus in −x"),
    ("graph", "return as_value(other) - self", "return self - as_value(other)", "5 − x as x − 5"),
    ("graph", "return as_value(other) / self", "return self / as_value(other)", "5 ÷ x as x ÷ 5"),
    ("graph", "op=\"exp\", inputs=(self,), local_gradients=(y,)", "op=\"exp\", inputs=(self,), local_gradients=(self.data,)",
     "derivative at the wrong value"),
    ("graph", "local_gradients=(y * (1 - y),)", "local_gradients=(self.data * (1 - self.data),)",
     "sigmoid's derivative at the wrong value"),
    ("graph", "math.exp(-abs(self.data))", "math.exp(abs(self.data))", "dropped minus: overflows"),
    ("graph", "x.grad += local * value.grad", "x.grad = local * value.grad", "= for +="),
    ("graph", "x.grad += local * value.grad", "x.grad += local + value.grad", "sum for product"),
    ("graph", "            value.grad = 0.0\n        self.grad", "            pass\n        self.grad", "a second backward adds up"),
    ("graph", "in reversed(values)", "in values", "inputs before their users"),
    ("graph", "elif value not in seen:", "else:", "shared values stand twice in the order"),
    # layers
    ("layers", "self.y += self.params[\"b\"]", "self.y += 0", "forgotten bias"),
    ("layers", "self.grads[\"W\"] = x.T @ rows", "self.grads[\"W\"] = (x.T @ rows) / len(rows)", "1/N a second time"),
    ("layers", "self.grads[\"W\"] = x.T @ rows", "self.grads[\"W\"] = self.grads.get(\"W\", 0) + x.T @ rows", "+= for ="),
    ("layers", "self.grads[\"W\"] = x.T @ rows", "self.grads[\"W\"] = rows.T @ x", "transposed dW"),
    ("layers", "return dout @ self.params[\"W\"].T if", "return dout @ self.params[\"W\"] if", "missing transpose"),
    ("layers", "self.grads[\"b\"] = rows.sum(axis=0)", "self.grads[\"b\"] = rows.sum(axis=1)", "the wrong axis"),
    ("layers", "self.grads[\"b\"] = rows.sum(axis=0)", "self.grads[\"b\"] = rows.mean(axis=0)", "mean for sum"),
    ("layers", "self.grads[\"b\"] = rows.sum(axis=0)", "self.grads[\"b\"] = rows", "bias gradient not summed"),
    ("layers", "if self.needs_dx else None", "if not self.needs_dx else None", "no dx for the layer before"),
    ("layers", "sigmoid_derivative(self.y)", "sigmoid_derivative(sigmoid(self.y))", "derivative at the wrong value"),
    ("layers", "return dout * sigmoid_derivative", "return sigmoid_derivative", "no upstream gradient"),
    ("layers", "self.positive = relu_derivative(x)\n        self.y = relu(x)",
     "self.positive = np.asarray(x) >= 0\n        self.y = relu(x)", "ReLU's derivative at 0 is 0"),
    ("layers", "self.positive = relu_derivative(x)\n        self.y = relu(x)",
     "self.y = relu(x)\n        self.positive = self.y >= 0", "mask from the post-activation side: always 1"),
    ("layers", "return dout * self.positive", "dout[~self.positive] = 0\n        return dout", "dout changed in place"),
    ("layers", "return dout * self.positive", "return dout * self.y", "y for the mask"),
    ("layers", "leaky_relu(x, self.slope)", "leaky_relu(x)", "the slope is forgotten forward"),
    ("layers", "self.slope * dout)", "0.1 * dout)", "the slope is forgotten backward"),
    ("layers", "np.where(self.positive, dout, self.slope", "np.where(~self.positive, dout, self.slope", "branches swapped"),
    ("layers", "self.negative = np.asarray(x) < 0", "self.negative = np.asarray(x) <= 0", "ELU's derivative at 0 is 1"),
    ("layers", "elu(x, self.alpha)", "elu(x)", "α is forgotten forward"),
    ("layers", "dout * (self.y + self.alpha)", "dout * (self.y + 1)", "α is forgotten backward"),
    ("layers", "self.first_wins = first >= second", "self.first_wins = first > second", "a tie goes to the other line"),
    ("layers", "dout * ~self.first_wins", "dout * self.first_wins", "the wrong line learns"),
    ("layers", " + second @ self.params[\"W2\"].T", "", "the second line gives no dx"),
    ("layers", "x.T @ rows2, rows2.sum(axis=0)", "x.T @ rows2, rows1.sum(axis=0)", "the wrong line's bias"),
    ("layers", "as_float(np.array(p),", "as_float(p,", "the caller's W changes too"),
    ("layers", "        if dout.shape != shape:", "        if False:", "a dout that broadcasts passes"),
    ("layers", "    if kept is None:", "    if False:", "backward before forward"),
    ("layers", "if self.needs_dx else None", "", "the first layer's dx is computed for nobody"),
    ("layers", "self.negative = np.asarray(x) < 0", "self.negative = x < 0", "ELU takes no lists"),
    ("layers", "x.ndim not in (1, 2) or ", "", "x of three dimensions passes"),
    ("layers", "b is not None and b.shape != W.shape[1:]", "b is not None and b.size != W.shape[1]", "b as a column"),
    ("layers", "        check_affine(self.params[\"W2\"], self.params[\"b2\"])\n", "", "W2 and b2 that don't fit pass"),
    ("layers", "        as_floats_of_one_shape(self.params[\"W1\"], self.params[\"W2\"], \"W1 and W2\")\n", "", "W1 and W2 differ"),
    ("layers", "dout * 2 * (self.y - self.t) / self.y.size", "dout * (self.y - self.t) / self.y.size", "missing 2"),
    ("layers", "dout * 2 * (self.y - self.t) / self.y.size", "dout * 2 * (self.y - self.t) / len(self.y)",
     "1/N for 1/elements"),
    ("layers", "dout * 2 * (self.y - self.t) / self.y.size", "dout * 2 * (self.t - self.y) / self.y.size", "wrong sign"),
    ("layers", "return dout * -(self.t - self.y)", "return dout * (self.t - self.y)", "dropped minus"),
    ("layers", "return dout * -(self.t - self.y)", "return -(self.t - self.y)", "no upstream gradient"),
    ("layers", "return dout * (self.p - self.t) / N", "return dout * (self.p - self.t)", "missing 1/N"),
    ("layers", "return dout * (self.p - self.t) / N", "return (self.p - self.t) / N", "no upstream gradient"),
    ("layers", "return dout * (self.p - self.t) / N", "return dout * self.p * (1 - self.p) / N",
     "softmax without the cross-entropy"),
    ("layers", "return dout * (self.p - self.t) / N", "self.p -= self.t\n        return dout * self.p / N", "changed in place"),
    ("layers", "N = self.p.size // self.p.shape[-1]", "N = self.p.shape[-1]", "columns for rows"),
    ("layers", "log_p = log_softmax(scores)",
     "log_p = np.log(np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True))", "unstable at ±1000"),
    # network
    ("network", "weights += key[0] == \"W\" or i == 0", "weights += 1", "b1 is called b2"),
    ("network", "weights += key[0] == \"W\" or i == 0", "weights += key[0] == \"W\"", "a bias alone takes another's name"),
    ("network", "re.fullmatch(r\"[Wb]\\d*\", key)", "True", "gamma and gate are both g"),
    ("network", "                if name in self._places:", "                if False:", "one of two parameters is lost"),
    ("network", "self.layers = tuple(layers)", "self.layers = layers", "a generator is used up, a list changes"),
    ("network", "self.layers = tuple(layers)", "self.layers = list(layers)", "layers change, params do not"),
    ("network", "array.astype(dtype, copy=False)", "array.astype(dtype)", "new arrays where nothing changes"),
    ("network", "            if np.any(np.isnan(y)):", "            if False:", "NaN is read as class 0"),
    ("network", "    if not x.ndim or not t.ndim:", "    if False:", "a target that is one number"),
    ("network", "        array[...] = value", "        array = value", "an assigned parameter is lost"),
    ("network", "        array[...] = value", "        layer, key = self._places[name]\n        layer.params[key] = value",
     "the layer shares the caller's array"),
    ("network", "array, value = as_floats_of_one_shape(self[name], value, f\"{name} and its new value\")", "array = self[name]",
     "a parameter of another shape broadcasts"),
    ("network", "bytes_to_floats(x).astype(np.float64)", "bytes_to_floats(x).astype(np.float32)", "float32 for float64"),
    ("network", "bytes_to_floats(x).astype(np.float64)", "np.asarray(x).astype(np.float64)", "bytes are not scaled"),
    ("network", "for layer in reversed(self.layers):", "for layer in self.layers:", "backward in forward's order"),
    ("network", "            dout = layer.backward(dout)", "            layer.backward(dout)", "the chain is cut"),
    ("network", "        finally:\n            self.layers[0].needs_dx = True", "        finally:\n            pass",
     "the first layer keeps its dx to itself"),
    ("network", "twin = copy.deepcopy(self).astype(np.float64)", "twin = self.astype(np.float64)", "changes the network"),
    ("network", "twin = copy.deepcopy(self).astype(np.float64)", "twin = copy.deepcopy(self)", "float32 for float64"),
    ("network", "numerical_gradient(lambda _: twin.loss(x, t), array, h)",
     "numerical_gradient(lambda _: twin.loss(x, t), array)", "h is not passed on"),
    ("network", "right += np.sum(y.argmax(axis=1)", "right += np.sum(y.argmax(axis=0)[0]", "the wrong axis"),
    ("network", "for i in range(0, len(x), 1000):", "for i in range(0, len(x) - 999, 1000):", "the last rows are left out"),
    ("network", "one_hot(t[i : i + 1000], y.shape)", "one_hot(t[: len(y)], y.shape)", "the first labels for all"),
    ("network", "len(x) != len(t) or not len(x)", "len(x) != len(t)", "accuracy of nothing"),
    ("network", "            if y.shape[1] < 2:", "            if y.shape[1] < 1:", "100 % for a single output"),
    ("network", "        if not self.layers:", "        if False:", "a network without layers"),
    ("network", "if len(set(map(id, self.layers))) < len(self.layers):", "if False:", "a layer that stands twice"),
    ("network", "weight_init_std=0.01", "weight_init_std=0.1", "wrong default"),
    ("network", "W2 = weight_init_std * rng", "W2 = rng", "W2 is not scaled"),
    ("network", "rng.standard_normal((input_size, hidden_size))", "rng.random((input_size, hidden_size))", "not Gaussian"),
    ("network", "Affine(W1, np.zeros(hidden_size)), Relu(),", "Affine(W1, np.zeros(hidden_size)),", "no activation"),
    ("network", "Affine(W2, np.zeros(output_size))", "Affine(W2, np.ones(output_size))", "biases start at 0"),
    ("network", "        if min(sizes) < 1:", "        if min(sizes) < 0:", "a layer without nodes"),
    # training
    ("training", "W -= learning_rate * grads[name]", "W += learning_rate * grads[name]", "uphill"),
    ("training", "W -= learning_rate * grads[name]", "W -= grads[name]", "no learning rate"),
    ("training", "W -= learning_rate * grads[name]", "W = -learning_rate * grads[name]", "= for -="),
    ("training", "rng.integers(len(x), size=batch_size)", "rng.permutation(len(x))[:batch_size]", "without replacement"),
    ("training", "rng.integers(len(x), size=batch_size)", "np.arange(batch_size) % len(x)", "always the same rows"),
    ("training", "axis=0), t[rows]", "axis=0), t[: len(rows)]", "labels of other rows"),
    ("training", "batch_size=100, learning_rate=0.1", "batch_size=100, learning_rate=0.01", "wrong default"),
    ("training", "batch_size=100, learning_rate=0.1", "batch_size=10, learning_rate=0.1", "wrong default"),
    ("training", "    if math.isfinite(loss):", "    if True:", "a NaN trains on"),
    ("training", "    if math.isfinite(loss):", "    if not math.isnan(loss):", "an infinite loss trains on"),
    ("training", "if iteration == 0:", "if False:", "bad data are blamed on the learning rate"),
    ("training", "(np.float32, np.uint8) else np.float64", "(np.float32, np.uint8) else np.float32", "float32 for float64"),
    ("training", "in (np.float32, np.uint8) else", "in (np.float32,) else", "bytes train in float64"),
    ("training", "library.set_num_threads(1)", "library.set_num_threads(2)", "two BLAS threads"),
    ("training", "    with _one_step:", "    if True:", "overlapping limits undo each other"),
    ("training", "library.set_num_threads(number)", "pass", "one BLAS thread for ever"),
    ("training", "getattr(library, \"clear_controlling_thread\", int)()", "pass", "no other thread may limit BLAS"),
    ("training", "_one_step = threading.RLock()", "_one_step = threading.Lock()", "a training inside a training waits for itself"),
    ("training", "ThreadpoolController().select(user_api=\"blas\")", "ThreadpoolController()", "OpenMP is limited too"),
    ("training", "if sys.platform == \"emscripten\":", "if False:", "a browser has no threads"),
    ("training", "np.random.default_rng(rng))", "np.random.default_rng(rng or 0))", "without a seed, always the same batches"),
    ("training", "yield Step(iteration, loss)", "yield Step(iteration + 1, loss)", "counted from 1"),
    ("training", "yield Step(iteration, loss)", "yield Step(iteration, network.loss(x[rows], t[rows]))", "after the update"),
    ("training", "x, t = rows_of_both(x, t)", "x, t = np.asarray(x), np.asarray(t)", "too few targets pass"),
    ("training", "batch_size >= 1", "batch_size >= 0", "an empty batch"),
    ("training", "isinstance(iterations, Integral) and", "", "2.0 iterations"),
    ("training", "0 < learning_rate < np.inf", "not learning_rate <= 0", "a learning rate that is not a number"),
    ("training", "isinstance(learning_rate, Real) and", "", "a learning rate of letters"),
    # mnist
    ("mnist", "x = bytes_to_floats(x)", "x = x / 255", "float64: twice the memory"),
    ("mnist", "x = x.reshape(len(x), x.shape[1] * x.shape[2])", "x = x.reshape(x.shape[1] * x.shape[2], len(x)).T", "pixels of other images"),
    ("mnist", "max(10, t.max(initial=0) + 1)", "10", "labels above nine crash"),
    ("mnist", "max(10, t.max(initial=0) + 1)", "t.max() + 1", "fewer than ten columns"),
    ("mnist", "np.frombuffer(header, \">u4\")", "np.frombuffer(header, \"<u4\")", "sizes in the wrong byte order"),
    ("mnist", ".astype(dtype.newbyteorder(\"=\"), copy=False)", "", "not the machine's byte order"),
    ("mnist", "np.frombuffer(data, dtype)", "np.frombuffer(bytes(data), dtype)", "not writable"),
    ("mnist", "0x0B: \">i2\"", "0x0B: \"<i2\"", "numbers in the wrong byte order"),
    ("mnist", "0x09: \">i1\"", "0x09: \">u1\"", "unsigned for signed"),
    ("mnist", "    if len(data) != size:", "    if len(data) < size:", "an overlong file"),
    ("mnist", "magic[:2] != b\"\\0\\0\" or", "", "a wrong magic number"),
    ("mnist", " or not magic[3]", "", "no dimensions"),
    ("mnist", "    if len(header) < 4 * dimensions:", "    if False:", "cut off in the header"),
    ("mnist", "(EOFError, gzip.BadGzipFile, zlib.error)", "(gzip.BadGzipFile, zlib.error)", "a gzip cut off"),
    ("mnist", "(EOFError, gzip.BadGzipFile, zlib.error)", "(EOFError, zlib.error)", "a gzip with a wrong sum"),
    ("mnist", "(EOFError, gzip.BadGzipFile, zlib.error)", "(EOFError, gzip.BadGzipFile)", "a gzip with flipped bytes"),
    ("mnist", "    if not path.is_file():", "    if not path.exists():", "a directory"),
    ("mnist", "    if not folder.is_dir():", "    if False:", "a mistyped folder"),
    ("mnist", "x.ndim != 3 or x.dtype != np.uint8", "x.ndim != 3", "images that are not bytes"),
    ("mnist", "t.shape != x.shape[:1] or", "", "labels of another length"),
    ("mnist", "(folder / f\"{name}.gz\", folder / name)", "(folder / f\"{name}.gz\",)", "files that are not gzipped"),
    ("mnist", "(\"train-images-idx3-ubyte\", \"train-labels", "(\"t10k-images-idx3-ubyte\", \"train-labels",
     "the test images for training"),
]  # fmt: skip


def copy_of_the_house(folder):
    """The library and its tests in a folder of their own."""
    ignore = shutil.ignore_patterns(
        "__pycache__", "*.egg-info", "browser", "benchmarks", "homework", "explore"
    )
    shutil.copytree(ROOT / "lib", folder / "lib", ignore=ignore)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=ignore)
    (folder / "pytest.ini").write_text("[pytest]\n")  # no notebooks here
    return folder


def run_tests(house, room):
    """pytest's exit code and its last line; the room's own tests first, stopping at the first failure."""
    rooms = [room, *(other for other in ROOMS if other != room)]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-m", "not slow"]
    command += ["-p", "no:cacheprovider", "-p", "no:nbval", *(f"tests/test_{name}.py" for name in rooms)]
    environment = os.environ | {"PYTHONPATH": str(house / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            command, cwd=house, env=environment, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return 1, "too slow"
    if run.returncode in (3, 4, 5):  # pytest's own error, wrong usage, no tests: no verdict
        raise RuntimeError(run.stdout + run.stderr)
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return run.returncode, failed[0].split(" - ")[0] if failed else "KeyboardInterrupt"


def try_mutation(houses, mutation):
    """Apply one mutation to a free house, test it, undo it. -> (killed, by which test)"""
    name, old, new, _ = mutation
    house = houses.get()
    path = house / "lib" / "backprop" / f"{name}.py"
    original = path.read_text(encoding="utf-8")
    try:
        path.write_text(original.replace(old, new), encoding="utf-8")
        code, by = run_tests(house, name)
        return code != 0, by
    finally:
        path.write_text(original, encoding="utf-8")
        houses.put(house)


def misplaced(mutations):
    """The mutations whose text does not stand exactly once in its file, or that change nothing."""
    texts = {name: (ROOT / "lib" / "backprop" / f"{name}.py").read_text(encoding="utf-8") for name in ROOMS}
    return [(name, old) for name, old, new, _ in mutations if texts[name].count(old) != 1 or old == new]


def main(rooms):
    mutations = [m for m in MUTATIONS if not rooms or m[0] in rooms]
    if wrong := misplaced(mutations):
        sys.exit("the text must stand exactly once in its file:\n" + "\n".join(map(repr, wrong)))
    start, survivors = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        houses = Queue()
        for i in range(AT_ONCE):
            houses.put(copy_of_the_house(Path(folder) / str(i)))
        if run_tests(houses.queue[0], ROOMS[0])[0] != 0:
            sys.exit("the tests fail without any mutation")
        results = pool.map(lambda mutation: try_mutation(houses, mutation), mutations)
        for (name, old, new, why), (killed, by) in zip(mutations, results, strict=True):
            verdict = "killed  " if killed else "SURVIVED"
            print(f"{verdict} {name:10} {why}" + (f"  ({by})" if killed else ""), flush=True)
            if not killed:
                survivors.append((name, old, new, why))
    print(f"\n{len(mutations)} mutations, {len(mutations) - len(survivors)} killed, "
          f"{len(survivors)} survived, {time.monotonic() - start:.0f} s")  # fmt: skip
    for name, old, new, why in survivors:
        print(f"\nSURVIVED {name}: {why}\n  - {old!r}\n  + {new!r}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
