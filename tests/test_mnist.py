"""MNIST: the embedded files and their datasheet, other data sets, and files that are broken."""

import gzip
import hashlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from backprop import load_mnist, mnist, read_idx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytestmark = pytest.mark.filterwarnings("error")
NAMES = [name for names in mnist.FILES for name in names]
SHEET = (mnist.DATA / "README.md").read_text(encoding="utf-8")


def idx(array, code=0x08):
    """The bytes of an IDX file."""
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def file(tmp_path):
    """file(bytes) -> the path of a file that holds them."""

    def write(content, name="images.idx"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


# the embedded files


@pytest.mark.parametrize("name", NAMES)
def test_the_datasheet_has_the_sha256_of_the_uncompressed_file(name):
    with gzip.open(mnist.DATA / f"{name}.gz") as uncompressed:
        content = uncompressed.read()
    size, sha256 = re.search(rf"^\| {name} \| ([\d,]+) \| `([0-9a-f]{{64}})` \|$", SHEET, re.M).groups()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert len(content) == int(size.replace(",", ""))


def test_the_sha256_are_the_published_ones():
    assert re.findall(r"`([0-9a-f]{64})`", SHEET) == [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]


@pytest.mark.parametrize(("part", "column"), [(0, "training"), (1, "test")])
def test_the_datasheet_counts_the_classes_of_both_parts(mnist, part, column):
    labels = mnist[part][1]
    rows = re.findall(r"^\| (\d|all) \| ([\d,]+) \| ([\d,]+) \|$", SHEET, re.M)
    counts = {digit: int(counts[part].replace(",", "")) for digit, *counts in rows}
    assert counts.pop("all") == len(labels)
    assert counts == {str(digit): count for digit, count in enumerate(np.bincount(labels, minlength=10))}


def test_the_datasheet_names_authors_and_license():
    for part in ("Yann LeCun", "Corinna Cortes", "Christopher Burges", "CC BY-SA 3.0", "28×28"):
        assert part in SHEET


def test_the_first_images_are_the_known_digits(mnist):
    (x, t), (x_test, t_test) = mnist
    assert (x.shape, x_test.shape) == ((60_000, 784), (10_000, 784))
    assert list(t[:10]) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert list(t_test[:10]) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert x.mean() == pytest.approx(33.318421, abs=1e-6)  # the known mean of the training images
    assert (x.min(), x.max(), x.dtype, t.dtype) == (0, 255, np.uint8, np.uint8)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder with the four files, 30 training images and 20 test images of 4×3 pixels."""
    folder, rng = tmp_path_factory.mktemp("small"), np.random.default_rng(0)
    for (images, labels), n in zip(mnist.FILES, (30, 20), strict=True):
        x = rng.integers(256, size=(n, 4, 3)).astype(np.uint8)
        x[0, 0, :2] = 0, 255
        (folder / images).write_bytes(idx(x))
        (folder / f"{labels}.gz").write_bytes(gzip.compress(idx((np.arange(n) % 10).astype(np.uint8))))
    return folder


def test_options(small):
    (raw, t), (raw_test, t_test) = load_mnist(normalize=False, flatten=False, folder=small)
    assert (raw.shape, raw_test.shape, raw.dtype) == ((30, 4, 3), (20, 4, 3), np.uint8)
    np.testing.assert_array_equal(t, np.arange(30) % 10)
    np.testing.assert_array_equal(t_test, np.arange(20) % 10)
    (x, _), (x_test, _) = load_mnist(folder=str(small))
    assert (x.shape, x_test.shape, x.dtype) == ((30, 12), (20, 12), np.float32)
    np.testing.assert_allclose(x, raw.reshape(30, 12) / 255, rtol=1e-6)
    assert (x.min(), x.max()) == (0, 1)
    (x, rows), _ = load_mnist(flatten=False, one_hot_label=True, folder=small)
    assert x.shape == (30, 4, 3)
    np.testing.assert_array_equal(rows, np.eye(10)[np.arange(30) % 10])
    assert rows.dtype == np.float32


def test_arrays_are_the_callers_own(small):
    (x, t), _ = load_mnist(normalize=False, folder=small)
    x[...], t[...] = 0, 0
    assert np.any(load_mnist(normalize=False, folder=small)[0][0])


def test_labels_above_nine_get_longer_rows(small, tmp_path):
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(30, dtype=np.uint8))))
    (_, t), _ = load_mnist(one_hot_label=True, folder=tmp_path)
    np.testing.assert_array_equal(t, np.eye(30))


@pytest.mark.parametrize("n", [0, 3])
def test_a_part_with_few_labels_or_none_has_ten_columns(n, small, tmp_path):
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((n, 4, 3), np.uint8)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(n, dtype=np.uint8))))
    (x, t), _ = load_mnist(one_hot_label=True, folder=tmp_path)
    assert x.shape == (n, 12)
    np.testing.assert_array_equal(t, np.eye(10)[:n])


def test_real_fashion_mnist():
    if not shutil.which("dpkg"):
        pytest.skip("no dpkg on this machine to find Debian's package dataset-fashion-mnist")
    listed = subprocess.run(["dpkg", "-L", "dataset-fashion-mnist"], capture_output=True, text=True)
    images = [line for line in listed.stdout.splitlines() if line.endswith("train-images-idx3-ubyte.gz")]
    if not images:
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    (x, t), (x_test, t_test) = load_mnist(normalize=False, folder=Path(images[0]).parent)
    assert (x.shape, x_test.shape) == ((60_000, 784), (10_000, 784))
    np.testing.assert_array_equal(np.bincount(t), np.full(10, 6000))
    np.testing.assert_array_equal(np.bincount(t_test), np.full(10, 1000))
    assert list(t[:5]) == [9, 0, 0, 3, 0]


# read_idx


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("code", "dtype"),
    [(8, np.uint8), (9, np.int8), (11, np.int16), (12, np.int32), (13, np.float32), (14, np.float64)],
)
def test_every_type_of_the_format(dtype, code, zipped, file):
    array = np.array([[-3, 0, 7], [1, 2, 100]]).astype(dtype)
    content = idx(array, code)
    read = read_idx(file(gzip.compress(content) if zipped else content))
    np.testing.assert_array_equal(read, array)
    assert read.dtype == dtype and read.dtype.isnative and read.flags.writeable


@given(array=hnp.arrays(np.uint8, hnp.array_shapes(max_dims=4, min_side=0, max_side=5)), zipped=st.booleans())
def test_what_is_written_is_read(array, zipped, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "round-trip.idx"
    path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    np.testing.assert_array_equal(read_idx(str(path)), array)


BYTES = np.arange(6, dtype=np.uint8).reshape(2, 3)
ZIPPED = gzip.compress(idx(BYTES), mtime=0)
BROKEN = {
    "empty": (b"", r"not an IDX file: it begins with the bytes \(none\); expected 00 00"),
    "cut in the magic number": (idx(BYTES)[:3], "not an IDX file: it begins with the bytes 00 00 08;"),
    "wrong magic number": (b"\x89PNG" + idx(BYTES)[4:], "begins with the bytes 89 50 4e 47; expected 00 00"),
    "not quite two zeros": (b"\0\x01" + idx(BYTES)[2:], "begins with the bytes 00 01 08 02"),
    "unknown type": (b"\0\0\x07\x02" + idx(BYTES)[4:], "00 00 07 02"),
    "no dimensions": (b"\0\0\x08\0" + idx(BYTES)[4:], "00 00 08 00"),
    "cut in the header": (idx(BYTES)[:9], "cut off in the header; expected 2 sizes of 4 bytes"),
    "cut in the data": (idx(BYTES)[:-1], r"the shape \(2, 3\) needs 6 bytes of data; found 5"),
    "overlong": (idx(BYTES) + b"xy", r"the shape \(2, 3\) needs 6 bytes of data; found 8"),
    "more data than any memory": (
        b"\0\0\x08\x02" + b"\xff" * 8,
        r"the shape \(4294967295, 4294967295\) needs 18,446,744,065,119,617,025 bytes of data; found 0",
    ),
    "empty, but too large": (b"\0\0\x08\x04" + b"\xff" * 12 + b"\0" * 4, "is not one that NumPy can hold"),
    "a hundred dimensions": (b"\0\0\x08\x64" + b"\0\0\0\x01" * 100 + b"x", "is not one that NumPy can"),
    "gzip cut off": (ZIPPED[:-9], "the gzip file is broken or cut off"),
    "gzip without its sum": (ZIPPED[:-8], "the gzip file is broken or cut off"),
    "gzip cut in its header": (ZIPPED[:5], "the gzip file is broken or cut off"),
    "gzip with a wrong sum": (ZIPPED[:-8] + bytes(4) + ZIPPED[-4:], "the gzip file is broken or cut off"),
    "gzip with rubbish behind it": (ZIPPED + b"rubbish", "the gzip file is broken or cut off"),
    "zipped twice": (gzip.compress(ZIPPED), "not an IDX file: it begins with the bytes 1f 8b"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_value_error_with_path_and_reason(name, file):
    content, message = BROKEN[name]
    path = file(content)
    with pytest.raises(ValueError, match=message) as error:
        read_idx(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_missing_file_and_a_directory_are_file_not_found_errors(tmp_path):
    for path in (tmp_path, tmp_path / "missing.idx"):
        with pytest.raises(FileNotFoundError, match="no such file; expected an IDX file") as error:
            read_idx(path)
        assert str(path) in str(error.value)


@pytest.fixture(scope="module")
def labels_gz():
    return (mnist.DATA / "t10k-labels-idx1-ubyte.gz").read_bytes()


@pytest.mark.parametrize("zipped", [True, False])
def test_real_files_with_random_damage(zipped, labels_gz, file):
    """The real test labels: cut, flipped, doubled, filled up; read as they were, or a clear error."""
    content = labels_gz if zipped else gzip.decompress(labels_gz)
    right, rng = read_idx(file(content)), np.random.default_rng(11)
    refused = 0
    for i in range(200):
        damaged = np.frombuffer(content, np.uint8).copy()
        place = int(rng.integers(20 if rng.random() < 0.5 else len(damaged)))
        if i % 4 == 0:
            damaged = damaged[:place]
        elif i % 4 == 1:
            damaged[place] ^= 1 << rng.integers(8)
        elif i % 4 == 2:
            damaged = np.concatenate([damaged, damaged[: place + 1]])
        else:
            damaged[place : place + 8] = rng.integers(256)
        path = file(damaged.tobytes())
        try:
            read = read_idx(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
        else:  # only harmless places: a gzip's time stamp, or single labels of the plain file
            assert read.shape == right.shape if read.dtype == np.uint8 else read.nbytes == right.nbytes
            assert np.array_equal(read, right) or not zipped
    assert refused > (150 if zipped else 100)


@given(content=st.binary(max_size=60), with_magic=st.booleans())
def test_any_bytes_are_read_or_refused_with_the_path(content, with_magic, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.idx"
    path.write_bytes(b"\0\0\x08" + content if with_magic else content)
    try:
        assert read_idx(path).size <= 60
    except ValueError as error:
        assert str(error).startswith(f"{path}: ")


# load_mnist with a folder that is not right


def test_a_folder_that_is_not_there(tmp_path):
    for folder in (tmp_path / "mistyped", mnist.DATA / f"{NAMES[0]}.gz"):
        with pytest.raises(FileNotFoundError, match="is not a folder; expected one that holds") as error:
            load_mnist(folder=folder)
        assert str(folder) in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_there(name, small, tmp_path):
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob(f"{name}*"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match=rf"holds neither {name}\.gz nor {name}$") as error:
        load_mnist(folder=tmp_path)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    ("name", "array", "code", "message"),
    [
        ("train-images-idx3-ubyte", np.zeros(30, np.uint8), 8, r"images as bytes \(N, height, width\)"),
        ("train-images-idx3-ubyte", np.zeros((30, 4, 3), np.int16), 11, "expected images as bytes"),
        ("t10k-labels-idx1-ubyte.gz", np.zeros(19, np.uint8), 8, r"20 labels as bytes, found.*\(19,\)"),
        ("t10k-labels-idx1-ubyte.gz", np.zeros((20, 1), np.uint8), 8, "expected 20 labels"),
        ("t10k-labels-idx1-ubyte.gz", np.zeros(20, np.int32), 12, "expected 20 labels as bytes"),
    ],
)
def test_files_that_do_not_belong_together(name, array, code, message, small, tmp_path):
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(idx(array, code))
    with pytest.raises(ValueError, match=message) as error:
        load_mnist(folder=tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name}: ")


# in a browser


@pytest.fixture
def browser(monkeypatch, tmp_path):
    """An empty data folder in a browser. -> {address: bytes, or an error}, what the site serves"""
    served = {}

    class Request:
        """As a browser's, for a worker that waits for the answer."""

        new = classmethod(lambda cls: cls())
        responseType = "text"
        status = 0

        def open(self, method, address, later):
            assert (method, later) == ("GET", False)
            self.address = address

        def send(self):
            content = served.get(self.address)
            if isinstance(content, Exception):
                raise content
            self.status = 404 if content is None else 200
            if self.responseType == "arraybuffer":
                self.response = SimpleNamespace(to_py=lambda: memoryview(content or b"nothing here"))

    monkeypatch.setattr(mnist.sys, "platform", "emscripten")
    monkeypatch.setattr(mnist, "DATA", tmp_path)
    monkeypatch.setitem(sys.modules, "js", SimpleNamespace(XMLHttpRequest=Request))
    monkeypatch.setitem(sys.modules, "pyodide_js", SimpleNamespace(lockfileBaseUrl="https://a.site/run/"))
    return served


def test_a_browser_gets_the_files_once(small, browser):
    """Each from beside the runtime, at its first use; then it lies in the data folder."""
    for path in small.iterdir():
        content = path.read_bytes()
        zipped = content if path.suffix == ".gz" else gzip.compress(content)
        browser[f"https://a.site/run/{path.name.removesuffix('.gz')}.gz"] = zipped
    (x, t), _ = load_mnist()
    (wanted_x, wanted_t), _ = load_mnist(folder=small)
    assert np.array_equal(x, wanted_x) and np.array_equal(t, wanted_t)
    browser.clear()
    assert np.array_equal(load_mnist()[0][0], wanted_x)


@pytest.mark.parametrize("answer", [None, OSError("no network")])
def test_a_browser_without_the_files_says_so(answer, browser):
    browser["https://a.site/run/train-images-idx3-ubyte.gz"] = answer
    with pytest.raises(
        FileNotFoundError, match=r"train-images-idx3-ubyte\.gz could not be fetched\. Is there"
    ):
        load_mnist()
    assert not list(mnist.DATA.iterdir()), "no half of a file is left behind"


def test_a_browser_fetches_nothing_into_other_folders(small, browser, tmp_path_factory):
    folder = shutil.copytree(small, tmp_path_factory.mktemp("other"), dirs_exist_ok=True)
    (folder / NAMES[0]).unlink()
    browser[f"https://a.site/run/{NAMES[0]}.gz"] = b"not asked for"
    with pytest.raises(FileNotFoundError, match="holds neither"):
        load_mnist(folder=folder)


def test_only_a_browser_fetches(browser, monkeypatch):
    monkeypatch.setattr(mnist.sys, "platform", "linux")
    with pytest.raises(FileNotFoundError, match="holds neither"):
        load_mnist()
