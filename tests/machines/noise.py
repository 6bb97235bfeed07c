"""Another computer's arithmetic: functions and matrix products that are off in their last places.

A result is moved by a hash of its own bits and a seed, so equal inputs get equal errors, as in a real
math library. Whole numbers, infinities and NaN are never moved.

Reached: the functions below of `math` and of NumPy (the ufunc's own loop, so under any name), and `@`,
np.matmul, np.dot and np.vdot, for float64 and float32.
Not reached: `**` between two Python or NumPy scalars, the method `array.dot`, np.linalg, the random
generators, and sums, which NumPy takes in one order on every processor.
"""

import ctypes
import functools
import itertools
import math
import struct
import types

MATH = ["exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "pow", "hypot",
        "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "atan2"]  # fmt: skip
UFUNCS = ["exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "power", "hypot", "logaddexp",
          "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arctan2"]  # fmt: skip
SMALL = 32  # so few numbers are faster one by one
ALL_BITS = 2**64 - 1
REPLACE_LOOP = 30  # PyUFunc_ReplaceLoopBySignature in NumPy's table of C functions, numpy/__ufunc_api.h
SIZES = ctypes.POINTER(ctypes.c_ssize_t)
LOOP = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_void_p), SIZES, SIZES, ctypes.c_void_p)
REPLACE = ctypes.PYFUNCTYPE(
    ctypes.c_int, ctypes.py_object, LOOP, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_void_p)
)


class Noise:
    """Errors of −ulps…ulps units in the last place, chosen by `seed`."""

    def __init__(self, seed, ulps=1):
        self.seed, self.ulps, self.kept = seed, ulps, []

    def mixed(self, z):
        """64 bits that depend on all bits of z, an integer or an array of uint64 (SplitMix64)."""
        z = z + (self.seed * 0x9E3779B97F4A7C15 & ALL_BITS) & ALL_BITS
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & ALL_BITS
        z = (z ^ z >> 27) * 0x94D049BB133111EB & ALL_BITS
        return z ^ z >> 31

    def error(self, bits):
        """−ulps…ulps for these bits."""
        return self.mixed(bits) % (2 * self.ulps + 1) - self.ulps

    def number(self, x):
        """A Python float, moved."""
        if fixed(x):
            return x
        bits = bits_of(x)
        return struct.unpack("<d", struct.pack("<Q", bits + self.error(bits)))[0]

    def array(self, y):
        """The elements of y, moved in place."""
        np, info = self.np, self.info[y.dtype.char]
        size = np.abs(y)
        free = (y != np.trunc(y)) | (size >= 1 / info.eps)
        free &= (size > info.tiny) & (size < info.max)
        if free.any():
            bits, signed = y.view(f"u{y.itemsize}")[free], f"i{y.itemsize}"
            y.view(signed)[free] += (self.mixed(bits.astype("u8")) % (2 * self.ulps + 1)).astype(signed)
            y.view(signed)[free] -= self.ulps

    def sum(self, terms, exact):
        """A few products' sum from the last to the first, moved by units of the sum of their sizes."""
        total = sum(reversed(terms))
        if exact or sum(term != 0 for term in terms) < 2 or not math.isfinite(total):
            return total
        return total + self.error(bits_of(total)) * math.ulp(sum(map(abs, terms)))

    def change_math(self):
        for name in MATH:
            setattr(math, name, self.noisy(getattr(math, name)))

    def noisy(self, function):
        @functools.wraps(function)
        def wrapper(*x):
            return self.number(function(*x))

        return wrapper

    def change_numpy(self):
        import numpy as np

        self.np, self.dot = np, np.dot
        self.info = {kind: np.finfo(kind) for kind in "df"}
        for kind in "df":
            for ufunc in (getattr(np, name) for name in UFUNCS):
                self.replace(ufunc, kind * ufunc.nargs, self.elementwise(ufunc.nin, kind))
            self.replace(np.matmul, kind * 3, self.product(kind))
        np.vdot = self.through_matmul(np.vdot, np.ravel)
        np.dot = self.through_matmul(np.dot, np.asarray)

    def replace(self, ufunc, signature, change):
        """Let change(pointers, dimensions, steps) follow the ufunc's own loop for these types."""
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        table = pointer(self.np._core._multiarray_umath._UFUNC_API, None)
        replace = REPLACE(ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))[REPLACE_LOOP])

        @LOOP
        def loop(pointers, dimensions, steps, data):
            own(pointers, dimensions, steps, data)
            change(pointers, dimensions, steps)

        self.kept.append(loop)  # NumPy keeps no reference
        kinds = (ctypes.c_int * len(signature))(*[self.np.dtype(kind).num for kind in signature])
        old = ctypes.c_void_p()
        if replace(ufunc, loop, kinds, ctypes.byref(old)):
            raise RuntimeError(f"NumPy has no loop {signature} of {ufunc.__name__}")
        own = LOOP(old.value)

    def elementwise(self, place, kind):
        def change(pointers, dimensions, steps):
            n, step, start = dimensions[0], steps[place], pointers[place]
            if kind == "d" and n <= SMALL:
                for address in range(start, start + n * step, step) if step else [start]:
                    if not fixed(double(address)):
                        bits = ctypes.c_uint64.from_address(address)
                        bits.value += self.error(bits.value)
            else:
                self.array(self.at(start, (n,), (step,), kind))

        return change

    def product(self, kind):
        """Small ones sum the other way round, with an error. Others are summed in two parts; what that
        changes is their error: exact sums stay exact, and nothing that a real machine wouldn't give."""

        def change(pointers, dimensions, steps):
            outer, m, n, p = dimensions[:4]
            for i in range(outer if n > 1 else 0):  # one product alone is rounded alike everywhere
                a, b, y = (pointers[j] + i * steps[j] for j in range(3))
                if kind == "d" and m * n * p <= SMALL:
                    self.small_product(a, b, y, (m, n, p), steps[3:9])
                else:
                    a = self.at(a, (m, n), tuple(steps[3:5]), kind)
                    b = self.at(b, (n, p), tuple(steps[5:7]), kind)
                    y = self.at(y, (m, p), tuple(steps[7:9]), kind)
                    k = 1 + self.mixed(n) % (n - 1)
                    y += self.ulps * (self.dot(a[:, :k], b[:k]) + self.dot(a[:, k:], b[k:]) - y)

        return change

    def small_product(self, a, b, y, shape, steps):
        m, n, p = shape
        a = [[double(a + i * steps[0] + k * steps[1]) for k in range(n)] for i in range(m)]
        b = [[double(b + k * steps[2] + j * steps[3]) for k in range(n)] for j in range(p)]
        exact = all((1024 * x).is_integer() for x in itertools.chain(*a, *b) if math.isfinite(x))
        for i, row in enumerate(a):
            for j, column in enumerate(b):
                terms = [x * w for x, w in zip(row, column, strict=True)]
                ctypes.c_double.from_address(y + i * steps[4] + j * steps[5]).value = self.sum(terms, exact)

    def through_matmul(self, function, as_array):
        @functools.wraps(function)
        def wrapper(a, b, *rest, **named):
            x, y = as_array(a), as_array(b)
            if {x.ndim, y.ndim} <= {1, 2} and self.np.result_type(x, y).kind == "f" and not (rest or named):
                return self.np.matmul(x, y)
            return function(a, b, *rest, **named)

        return wrapper

    def at(self, pointer, shape, strides, kind):
        """A loop's memory as an array."""
        holder = types.SimpleNamespace()
        holder.__array_interface__ = {"data": (pointer, False), "shape": shape, "strides": strides,
                                      "typestr": self.np.dtype(kind).str, "version": 3}  # fmt: skip
        return self.np.asarray(holder)


def fixed(x):
    """Whether a float stays as it is: NaN is not compared, which would raise the processor's flag."""
    return not math.isfinite(x) or (x.is_integer() and abs(x) < 2**53) or abs(x) < 2.3e-308


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def double(address):
    return ctypes.c_double.from_address(address).value
