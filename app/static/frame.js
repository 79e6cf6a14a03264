// In a frame of a learning platform the page is as high as what it holds, and the platform is told so.

if (window.parent !== window) {
  document.documentElement.classList.add("framed");
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
  }).observe(document.body);

  // After a link or a form far down, the platform's page still stands there, while what was opened begins at the top.
  if (document.referrer.startsWith(`${location.origin}/`)) {
    const target = document.querySelector(":target");
    if (!target) window.parent.postMessage({ subject: "lti.scrollToTop" }, "*"); // known to Canvas
    (target ?? document.querySelector("h1"))?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}
