// Pages at which an LTI errand ends. They work without this too: by a button, and by closing the window oneself.

// What was chosen goes back to the platform, which opened this frame or window for it.
document.querySelector("form[data-return]")?.submit();

// A platform that has registered this service closes the frame or window when it hears this (LTI Dynamic Registration).
if (document.querySelector("[data-close]")) {
  (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}
