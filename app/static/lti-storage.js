// Where a browser keeps no cookies in a frame, the platform's page keeps the secret that binds a login to this browser
// (1EdTech, LTI OIDC Login with LTI Client Side postMessages; LTI postMessage Storage). Nobody but the platform's own
// origin is told it, or believed.

const SECONDS = 3;
const page = document.querySelector("[data-storage]");
const failed = page.querySelector("[data-failed]");
const holder = window.parent === window ? window.opener : window.parent;

failed.hidden = true;
try {
  if (page.dataset.storage === "put") {
    await ask("lti.put_data", { value: page.dataset.secret });
    location.replace(page.dataset.next);
  } else {
    const ready = page.querySelector("[data-ready]");
    ready.elements.browser.value = (await ask("lti.get_data", {})).value;
    ready.hidden = false;
  }
} catch {
  page.querySelector("[data-waiting]")?.remove();
  failed.hidden = false;
}

// The page that keeps: the frame of this name in the page around us, or that page itself.
function keeper() {
  const { target } = page.dataset;
  return target === "_parent" ? holder : (holder.frames[target] ?? holder);
}

function ask(subject, content) {
  const { origin, key } = page.dataset;
  const message_id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  return new Promise((resolve, reject) => {
    setTimeout(reject, SECONDS * 1000);
    window.addEventListener("message", (event) => {
      const { data } = event;
      if (event.origin !== origin || data?.message_id !== message_id || data.subject !== `${subject}.response`) return;
      if (data.error) reject(data.error);
      else resolve(data);
    });
    keeper().postMessage({ subject, message_id, key, ...content }, origin);
  });
}
