"""A computation graph of numbers: each Value remembers how it was made. Source: [S2].

The local gradient of every step is stored beside it, so the chain rule in backward() is one line.
"""

import math


class Value:
    """One number in a computation graph.

    data: the number, a float. grad: ∂(output)/∂(this), set by output.backward().
    op: the operation that made it ("" for an input). inputs: the Values it was made from.
    local_gradients: ∂(this)/∂(input), one float per input.

    + − * / take Values and numbers, ** a number; an array is a TypeError. A Value equals only
    itself, as two nodes of a graph may hold the same number: compare .data.
    """

    __array_ufunc__ = None  # array * Value asks Value, which says what is wrong

    def __init__(self, data, name="", op="", inputs=(), local_gradients=()):
        if getattr(data, "shape", ()):
            raise TypeError(f"a Value holds one number, not an array of shape {data.shape}")
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
        quotient = x.data / y.data
        local = (1 / y.data, -quotient / y.data)  # −x / y², where y² alone might overflow
        return Value(quotient, op="÷", inputs=(x, y), local_gradients=local)

    def __pow__(self, n):
        """x ** n for a number n; ValueError where that is no real number, TypeError for a Value n."""
        if isinstance(n, Value):
            raise TypeError("the exponent must be a number, not a Value")
        x, n = self, float(n)
        power = _power(x.data, n)
        local = n * _power(x.data, n - 1) if n else 0.0
        return Value(power, op=f"^{n:g}", inputs=(x,), local_gradients=(local,))

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
            elif value not in seen:
                seen.add(value)
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
