"""The built site in a Chromium: open a notebook of it, and run it."""

import importlib.util

from . import lab

TOOLS = lab.REPOSITORY / "lib" / "site"
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"  # no other host has an address
NOTEBOOK = "jupyterapp.shell.currentWidget"
CELLS = f"""() => [...{NOTEBOOK}.content.model.cells]
    .filter(cell => cell.type === 'code').map(cell => cell.toJSON())"""


def tool(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


serve = tool("serve")


def wait_for_kernel(page):
    idle = f"window.jupyterapp && {NOTEBOOK}?.sessionContext?.session?.kernel?.status === 'idle'"
    page.wait_for_function(idle, timeout=180_000, polling=100)


def open_notebook(page, address, name):
    """Open a notebook of the site alone, and wait for its kernel."""
    if not page.url.startswith(f"{address}/lab"):
        page.goto(f"{address}/lab/index.html?path={name}")
    else:
        page.evaluate(
            """async path => {
                await jupyterapp.serviceManager.sessions.shutdownAll();
                [...jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose());
                await jupyterapp.commands.execute('docmanager:open', { path });
            }""",
            name,
        )
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=120_000)
    wait_for_kernel(page)
    page.evaluate("jupyterapp.shell.collapseLeft()")


def run_all(page, seconds=400):
    """Run every cell; returns the code cells as they then are."""
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells').then(() => {})")
    failed = "cell.outputs.some(output => output.output_type === 'error')"
    done = f"({CELLS})().every(cell => cell.execution_count) || ({CELLS})().some(cell => {failed})"
    page.wait_for_function(f"{NOTEBOOK}.sessionContext.session.kernel.status === 'idle' && ({done})",
                           timeout=1000 * seconds, polling=300)  # fmt: skip
    return page.evaluate(CELLS)
