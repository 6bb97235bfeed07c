"""One JupyterLab and one Chromium for all browser tests."""

import os

import pytest

from . import lab


@pytest.fixture(scope="session")
def chromium():
    """Without Chromium the tests are skipped, but never in CI."""
    missing = None if lab.CHROMIUM else "Chromium is not installed"
    try:
        import playwright  # noqa: F401
    except ImportError:
        missing = "Playwright is not installed: pip install --group browser"
    if missing and not os.environ.get("CI"):
        pytest.skip(missing)
    assert not missing, missing


@pytest.fixture(scope="session")
def server(chromium):
    """JupyterLab's address and its folder."""
    with lab.jupyterlab() as (address, folder):
        yield address, folder


@pytest.fixture(scope="session")
def address(server):
    return server[0]


@pytest.fixture(scope="session")
def folder(server):
    return server[1]


@pytest.fixture(scope="session")
def browser_page(address):
    with lab.chromium() as page:
        yield page
