"""Serve a built site on this machine: python lib/site/serve.py _site

For a look and for the tests. It compresses as page hosts do, and lets a browser keep what never changes.
"""

import argparse
import gzip
import sys
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMPRESSED = {".html", ".js", ".mjs", ".css", ".json", ".wasm", ".ipynb", ".svg", ".map"}
FOR_EVER = ("build", "extensions", "static")  # folders whose files have their hash or version in the address


class Handler(SimpleHTTPRequestHandler):
    """GET of files, gzipped where that helps; nothing is logged."""

    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm",
        ".whl": "application/octet-stream", ".gz": "application/octet-stream",
    }  # fmt: skip

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        zipped = path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        if not path.is_file():
            return super().do_GET()  # a redirect to the folder, or 404
        modified = path.stat().st_mtime_ns
        tag = f'"{modified:x}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        data = compressed(path, modified) if zipped else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", tag)
        inside = path.relative_to(self.directory).parts[0] in FOR_EVER
        self.send_header("Cache-Control", "max-age=31536000, immutable" if inside else "no-cache")
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)
        return None

    def log_message(self, *arguments):
        pass


@cache
def compressed(path, modified):
    """The file, gzipped; once for each state of the file."""
    return gzip.compress(path.read_bytes(), 6)


def server(folder, port=0, handler=Handler):
    """An HTTP server of this folder on this machine only; port 0 takes a free one."""

    def handle(*arguments):
        return handler(*arguments, directory=str(Path(folder).absolute()))

    return ThreadingHTTPServer(("127.0.0.1", port), handle)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("_site"))
    parser.add_argument("--port", type=int, default=8000, help="8000 where nothing is said")
    arguments = parser.parse_args()
    if not (arguments.folder / "edition.json").exists():
        sys.exit(
            f"{arguments.folder} holds no site. Build one: python lib/site/build.py --to {arguments.folder}"
        )
    try:
        here = server(arguments.folder, arguments.port)
    except OSError as error:
        sys.exit(f"Port {arguments.port} can't be used: {error.strerror}. Name another by --port.")
    print(f"The course is at http://127.0.0.1:{here.server_port}/  (Ctrl+C ends it)", flush=True)
    try:
        here.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
