"""A computation graph of numbers: each Value remembers how it was made. Source: [S2].

The local gradient of every step is stored beside it, so the chain rule in backward() is one line.
"""

import math


class Value:
    """One number in a computation graph.

    data: the number, a float. grad: ∂(output)/∂(this), set by output.backward().
    op: the operation that made it ("" for an input). inputs: the Values it was made from.
    local_gradients: ∂(this)/∂(input), one float per input.
    """

    def __init__(self, data, name="", op="", inputs=(), local_gradients=()):
        self.data = float(data)
        self.name = name
        self.op = op
        self.inputs = tuple(inputs)
        self.local_gradients = tuple(float(g) for g in local_gradients)
        self.grad = 0.0

    def __repr__(self):
        return f"Value({self.name + ' = ' if self.name else ''}{self.data:g}, grad = {self.grad:g})"

    def __add__(self, other):
        x, y = self, as_value(other)
        return Value(x.data + y.data, op="+", inputs=(x, y), local_gradients=(1, 1))

    def __sub__(self, other):
        x, y = self, as_value(other)
        return Value(x.data - y.data, op="−", inputs=(x, y), local_gradients=(1, -1))

    def __mul__(self, other):
        x, y = self, as_value(other)
        return Value(x.data * y.data, op="×", inputs=(x, y), local_gradients=(y.data, x.data))

    def __truediv__(self, other):
        x, y = self, as_value(other)
        local = (1 / y.data, -x.data / y.data**2)
        return Value(x.data / y.data, op="÷", inputs=(x, y), local_gradients=local)

    def __pow__(self, other):
        """x ** n for a number n; x ** y for a Value y needs x > 0 (ValueError otherwise)."""
        x = self
        if not isinstance(other, Value):
            n = float(other)
            power = _power(x.data, n)
            local = n * _power(x.data, n - 1) if n else 0.0
            return Value(power, op=f"^{n:g}", inputs=(x,), local_gradients=(local,))
        y = other
        if x.data <= 0:
            raise ValueError(f"x ** y with a Value y needs x > 0 for its logarithm; x is {x.data:g}")
        power = x.data**y.data
        local = (y.data * x.data ** (y.data - 1), power * math.log(x.data))
        return Value(power, op="^", inputs=(x, y), local_gradients=local)

    def __neg__(self):
        return Value(-self.data, op="−", inputs=(self,), local_gradients=(-1,))

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __rpow__(self, other):
        return as_value(other) ** self

    def exp(self):
        """e^x; its derivative is itself."""
        y = math.exp(self.data)
        return Value(y, op="exp", inputs=(self,), local_gradients=(y,))

    def sigmoid(self):
        """y = 1 / (1 + e^−x); its derivative is y (1 − y)."""
        e = math.exp(-abs(self.data))
        y = 1 / (1 + e) if self.data >= 0 else e / (1 + e)
        return Value(y, op="σ", inputs=(self,), local_gradients=(y * (1 - y),))

    def order(self):
        """Every Value that this one depends on and itself, inputs before what uses them."""
        ordered, seen, stack = [], set(), [(self, False)]
        while stack:  # a stack, not recursion: a graph may be deeper than Python's call stack
            value, inputs_done = stack.pop()
            if inputs_done:
                ordered.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                stack.append((value, True))
                stack.extend((v, False) for v in reversed(value.inputs))
        return ordered

    def backward(self):
        """Set .grad of every Value that this one depends on to ∂(this)/∂(that).

        The gradients start from 0 each time. A Value used twice adds its gradients up.
        """
        values = self.order()
        for value in values:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(values):
            for x, local in zip(value.inputs, value.local_gradients, strict=True):
                x.grad += local * value.grad


def as_value(x):
    """x itself if it is a Value, else a number as a nameless Value."""
    return x if isinstance(x, Value) else Value(x)


def _power(x, n):
    """x ** n as a real number; ValueError where there is none."""
    y = x**n
    if isinstance(y, complex):
        raise ValueError(f"({x:g}) ** {n:g} is not a real number")
    return y
