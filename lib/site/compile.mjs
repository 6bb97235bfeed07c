// Compiles the Python of wheels with Pyodide's own Python, since a browser takes seconds to do it:
// node compile.mjs <folder of pyodide.mjs> <folder of wheels> <folder to write to>
import { pathToFileURL } from "node:url";
const [runtime, source, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: runtime });
pyodide.mountNodeFS("/source", source);
pyodide.mountNodeFS("/target", target);
pyodide.runPython(`
import zipfile
from importlib import _bootstrap_external
from pathlib import Path

for path in Path("/source").glob("*.whl"):
    keep = path.name.startswith("backprop_course")  # learners read it
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(f"/target/{path.name}", "w") as new:
        for info in old.infolist():
            name, data = info.filename, old.read(info)
            if name.endswith(".py") and not keep:
                code = compile(data, f"/lib/{name}", "exec", dont_inherit=True)
                name, data = name + "c", _bootstrap_external._code_to_hash_pyc(code, bytes(8), False)
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, compresslevel=9)
`);
