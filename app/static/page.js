// Progressive enhancement: every page works without it. Texts come from data attributes, since the page knows its language.

// Plain English writes times as 10:18 PM; the pages write them as 22:18.
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const form = document.querySelector("form[data-draft]");
if (form) {
  keepDraft(form);
  form.querySelectorAll("[data-grid]").forEach(makeGrid);
  form.querySelectorAll("[data-preview]").forEach(preview);
  guardSubmission(form);
}
document.querySelectorAll(".wide, .prose > p, .prose > ul, .grid-box, .table, .read-as, .options .text, pre").forEach(makeScrollable);
document.querySelectorAll("time[datetime]").forEach(showLocalTime);
document.querySelectorAll("button[data-copy]").forEach(copyOnClick);
document.getElementById("summary")?.focus({ preventScroll: true });

// What is typed survives a closed tab. The draft is dropped once the same answer is stored, as the result page shows.
function keepDraft(form) {
  const key = `draft:${form.dataset.draft}`;
  const saved = form.querySelector("[data-saved]");
  const fields = [...form.querySelectorAll("input[name]:not([type=hidden])")];
  const typed = () => JSON.stringify(fields.map((field) => (field.type === "text" ? field.value : field.checked)));

  function save() {
    try {
      localStorage.setItem(key, typed());
      const time = new Date().toLocaleTimeString(locale, { timeStyle: "short" });
      saved.textContent = saved.dataset.saved.replace("{time}", time);
    } catch {
      saved.textContent = ""; // storage is full or switched off
    }
  }

  function restore(draft) {
    if (draft.length !== fields.length) return;
    fields.forEach((field, place) => {
      if (field.type === "text") field.value = draft[place];
      else field.checked = draft[place];
    });
  }

  try {
    const draft = localStorage.getItem(key);
    if (form.dataset.stored !== undefined && draft === typed()) localStorage.removeItem(key);
    if (form.dataset.fresh !== undefined && draft) restore(JSON.parse(draft));
  } catch {
    // Storage is switched off or holds something else: nothing to restore.
  }

  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 500);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save();
  });
}

// Arrow keys and Enter move between the cells; a pasted vector or matrix fills them from the cell where it is pasted.
function makeGrid(grid) {
  const cells = [...grid.querySelectorAll("input")];
  const columns = Number(grid.dataset.grid);
  const steps = { ArrowDown: columns, ArrowUp: -columns, Enter: columns };

  grid.addEventListener("keydown", (event) => {
    const place = cells.indexOf(event.target);
    const { value, selectionStart, selectionEnd } = event.target;
    let step = steps[event.key] ?? 0;
    if (columns > 1 && event.key === "ArrowRight" && selectionEnd === value.length) step = 1;
    if (columns > 1 && event.key === "ArrowLeft" && selectionStart === 0) step = -1;
    const next = cells[place + step];
    if (!step || !next) return;
    event.preventDefault();
    next.focus();
    next.select();
  });

  grid.addEventListener("paste", (event) => {
    const pasted = splitPasted(event.clipboardData.getData("text"));
    const place = cells.indexOf(event.target);
    if (pasted.length < 2 || place < 0) return; // one number, or what only the server can read
    event.preventDefault();
    pasted.forEach((value, offset) => {
      if (cells[place + offset]) cells[place + offset].value = value;
    });
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// "[1, 2; 3 4]", "array([[1., 2.], [3., 4.]])" and lines from a spreadsheet, as a list of cells.
function splitPasted(text) {
  return text
    .replace(/^\s*[\w.]*array\s*\(|,?\s*dtype\s*=\s*[\w.]+|\)\s*$/g, " ")
    .replace(/[[\](){}（）【】]/g, " ")
    .trim()
    .split(/[\s,;，；、]+/)
    .filter(Boolean);
}

// While an answer is typed, the server says how it would be read.
function preview(output) {
  const name = output.dataset.preview;
  const inputs = [...form.querySelectorAll(`input[name="${CSS.escape(name)}"]`)];
  let timer, request;
  form.addEventListener("input", (event) => {
    if (!inputs.includes(event.target)) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      request?.abort();
      request = new AbortController();
      const query = new URLSearchParams(inputs.map((input) => [name, input.value]));
      try {
        const response = await fetch(`${output.dataset.address}&${query}`, { signal: request.signal });
        if (!response.ok) return;
        const read = new DOMParser().parseFromString(await response.text(), "text/html");
        output.replaceChildren(...read.body.childNodes);
      } catch {
        // Aborted by the next key, or offline: the preview stays as it is.
      }
    }, 350);
  });
}

// A second click sends nothing; coming back to the page makes the button work again.
function guardSubmission(form) {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", () => setTimeout(() => (button.disabled = true)));
  addEventListener("pageshow", () => (button.disabled = false));
}

// A box that scrolls can be reached by keyboard, also where the browser does not see to it.
function makeScrollable(box) {
  const watch = new ResizeObserver(() => {
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  watch.observe(box);
}

// Pages of a course tell times in the course's zone, and the reader's own, where it differs, on hovering. The others tell
// them in UTC, which becomes the reader's zone.
function showLocalTime(time) {
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  const at = new Date(time.dateTime);
  const told = (timeZone) => at.toLocaleString(locale, { ...options, timeZone });
  const own = at.toLocaleString(locale, { ...options, timeZoneName: "short" });
  const { timeZone } = document.body.dataset;
  if (!timeZone) time.textContent = own;
  else if (told(timeZone) !== told()) time.title = own;
}

function copyOnClick(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}
