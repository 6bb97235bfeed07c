// Says what a visitor should know while Python loads, and when it can't; on the front page and beside JupyterLab.
const root = new URL(".", import.meta.url), lab = document.body.dataset.notebook === "lab";
const note = document.createElement("div");
note.id = "note";
note.setAttribute("role", "status");
note.style.cssText = "position:fixed;left:50%;bottom:24px;transform:translateX(-50%);z-index:10000;display:none;" +
  "max-width:min(640px,90vw);padding:12px 20px;border-radius:8px;font:16px/1.5 system-ui,sans-serif;" +
  "color:#fff;background:#333;box-shadow:0 2px 12px #0006";
note.style.cursor = "pointer";
note.title = "Click to close";
note.addEventListener("click", () => say(""));
document.body.append(note);

function say(text, kind = "") {
  note.textContent = text;
  note.dataset.kind = kind;
  note.style.background = kind === "problem" ? "#8c3b00" : "#333";
  note.style.display = text ? "block" : "none";
}
function problem(text) {
  if (note.dataset.kind !== "problem") say(text, "problem");
}
const megabytes = bytes => Math.round(bytes / 1e6);

// what a browser must have
async function check() {
  if (typeof WebAssembly !== "object" || typeof WebAssembly.Tag !== "function" || typeof BigInt64Array !== "function") {
    problem("This browser can't run Python: it lacks WebAssembly, or is too old. " +
      "Take a recent Firefox, Chrome, Edge or Safari, or install the course as the front page says.");
    return false;
  }
  if (navigator.deviceMemory < 2)
    say(`This device has ${navigator.deviceMemory} GB of memory or less. The course needs 0.7 GB: close other pages.`);
  if (!(await canStore())) {
    problem("This browser lets the page store nothing, and without that the course can't start. " +
      "Allow this site to store data (cookies) in the browser's settings, or take another browser.");
    return false;
  }
  return true;
}
function canStore() {
  return new Promise(done => {
    try {
      localStorage.setItem("backprop", "1");
      const request = indexedDB.open("backprop");
      request.onsuccess = () => { request.result.close(); done(true); };
      request.onerror = () => done(false);
    } catch { done(false); }
  });
}

// Python, fetched ahead of the kernel, with the progress that the kernel does not show
async function load() {
  const { edition, files } = await (await fetch(new URL("edition.json", root), { cache: "no-cache" })).json();
  const kept = navigator.serviceWorker?.controller && await caches.open(edition);
  if (await kept?.match(new URL(files.at(-1).path, root))) {
    tell("Python is starting …");
    return null;
  }
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  await Promise.all(files.map(async ({ path, bytes, integrity }) => {
    const url = new URL(path, root);
    try {
      const response = await fetch(url, { integrity, priority: "low" });
      for (const reader = response.body.getReader(); ;) {
        const part = await reader.read();
        if (part.done) break;
        done += part.value.length;
        tell(`Python is loading: ${megabytes(done)} of ${megabytes(total)} MB. Only the first visit takes this long.`);
      }
    } catch { problem(await reason(url, path)); }
  }));
  tell("Python is starting …");
  return files;
}
function tell(text) {
  if (note.dataset.kind !== "problem" && !ready()) say(text);
}
async function reason(url, path) {
  const name = path.split("/").pop();
  try {
    const { ok, status } = await fetch(url, { cache: "reload" });
    return ok ? `${name} is damaged: it is not the file that was published. Tell who runs this site to build it again.`
      : `${name} is missing on this site (${status}). Tell who runs it to build it again.`;
  } catch {
    return "The course can't be reached. Is there a network? Then reload this page.";
  }
}

const kernel = () => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
const ready = () => ["idle", "busy"].includes(kernel()?.status);

async function untilReady() {
  const start = performance.now(), seconds = () => (performance.now() - start) / 1000;
  while (!ready()) {
    await new Promise(done => setTimeout(done, 200));
    if (seconds() > 15 && window.jupyterapp && !window.jupyterapp.shell.currentWidget?.sessionContext) break;
    if (seconds() > 240)
      problem("Python has not started. Reload this page; if that does not help, try another browser.");
  }
  if (note.dataset.kind !== "problem") say("");
}

// the next visit finds everything here, also what came before the service worker did; the last file comes last
async function keep(files) {
  if (!files || !(await navigator.serviceWorker?.ready)) return;
  const seen = performance.getEntriesByType("resource").map(entry => entry.name);
  await calm();  // the first panel comes before the next visit
  const python = files.map(file => new URL(file.path, root).href);
  for (const url of new Set([...seen.filter(url => !python.includes(url)), ...python]))
    if (url.startsWith(root.href) && !url.includes("/api/")) await fetch(url).catch(() => {});
}

// Python has had nothing to do for five seconds
async function calm() {
  for (let quiet = 0; quiet < 50; quiet = kernel()?.status === "busy" ? 0 : quiet + 1)
    await new Promise(done => setTimeout(done, 100));
}

function watchForNewerEdition() {
  const workers = navigator.serviceWorker;
  if (!workers?.controller) return;
  workers.addEventListener("controllerchange", () =>
    say("A newer edition of the course is here. Save your notebook, then reload this page."));
}

if (await check() && lab) {
  watchForNewerEdition();
  const files = load();
  files.catch(() => problem("The course can't be reached. Is there a network? Then reload this page."));
  await untilReady();
  await keep(await files);
  document.body.dataset.kept = "all";
}
