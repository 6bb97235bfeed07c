"""MNIST as it was published: four IDX files, read with nothing but the standard library and NumPy.

Source: Yann LeCun, Corinna Cortes, Christopher Burges; see data/README.md.
"""

import gzip
import math
import sys
import zlib
from pathlib import Path

import numpy as np

from .functions import bytes_to_floats

DATA = Path(__file__).parent / "data"
FILES = (  # training, test
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
# the magic number's third byte -> the type of the numbers; IDX is big-endian
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def load_mnist(normalize=True, flatten=True, one_hot_label=False, folder=None):
    """(x_train, t_train), (x_test, t_test) of MNIST: 60,000 and 10,000 images of 28×28 pixels.

    normalize: float32 from 0 (paper) to 1 (ink); else uint8 from 0 to 255.
    flatten: images as (N, 784); else (N, 28, 28).
    one_hot_label: labels as (N, 10) rows of 0 and 1; else (N,) digits 0…9, uint8.
    folder: another data set in the same four IDX files, gzipped or not, such as Fashion-MNIST.

    Raises FileNotFoundError or ValueError, with the path, for a folder or file that is not right.
    """
    folder = DATA if folder is None else Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; expected one that holds the four IDX files")
    return tuple(_load_part(folder, *names, normalize, flatten, one_hot_label) for names in FILES)


def _load_part(folder, image_name, label_name, normalize, flatten, one_hot_label):
    image_path, label_path = _find(folder, image_name), _find(folder, label_name)
    x, t = read_idx(image_path), read_idx(label_path)
    if x.ndim != 3 or x.dtype != np.uint8:
        raise ValueError(f"{image_path}: expected images as bytes (N, height, width), found {x.shape}")
    if t.shape != x.shape[:1] or t.dtype != np.uint8:
        raise ValueError(f"{label_path}: expected {len(x)} labels as bytes, found shape {t.shape}")
    if normalize:
        x = bytes_to_floats(x)
    if flatten:
        x = x.reshape(len(x), x.shape[1] * x.shape[2])
    if one_hot_label:
        t = np.eye(max(10, t.max(initial=0) + 1), dtype=np.float32)[t]
    return x, t


def _find(folder, name):
    """The path of this IDX file, gzipped or not."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.exists():
            return path
    if sys.platform == "emscripten" and folder == DATA:
        return _fetch(f"{name}.gz")
    raise FileNotFoundError(f"{folder} holds neither {name}.gz nor {name}")


def _fetch(name):
    """The path of a file of MNIST that a browser gets at first use: the site has it beside the runtime."""
    from js import XMLHttpRequest
    from pyodide_js import lockfileBaseUrl

    request = XMLHttpRequest.new()
    request.open("GET", f"{lockfileBaseUrl}{name}", False)
    request.responseType = "arraybuffer"
    try:
        request.send()
        found = request.status == 200
    except Exception:  # a JsException, where there is no network
        found = False
    if not found:
        raise FileNotFoundError(f"{name} could not be fetched. Is there a network? Then run this cell again.")
    (DATA / name).write_bytes(request.response.to_py())
    return DATA / name


def read_idx(path):
    """The array in an IDX file, gzipped or not; its own type and shape, in a new writable array.

    Raises FileNotFoundError where there is no such file, and ValueError, with the path and what was
    expected, for a wrong magic number, a broken gzip, or too few or too many bytes.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected an IDX file, gzipped or not")
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if zipped else open)(path, "rb") as file:
            return _read(file, path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: the gzip file is broken or cut off ({error})") from error


def _read(file, path):
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not magic[3]:
        raise ValueError(
            f"{path}: not an IDX file: it begins with the bytes {magic.hex(' ') or '(none)'}; "
            "expected 00 00, a type (08 for bytes) and the number of dimensions"
        )
    dtype, dimensions = np.dtype(TYPES[magic[2]]), magic[3]
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise ValueError(f"{path}: cut off in the header; expected {dimensions} sizes of 4 bytes")
    shape = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    size = math.prod(shape) * dtype.itemsize
    data = bytearray()  # file.read() and a copy would take twice the memory
    while part := file.read(2**20):
        data += part
    if len(data) != size:
        raise ValueError(f"{path}: the shape {shape} needs {size:,} bytes of data; found {len(data):,}")
    try:
        return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    except ValueError as error:  # more than 64 dimensions, or a size of 0 beside huge ones
        raise ValueError(f"{path}: the shape {shape} is not one that NumPy can hold ({error})") from error
