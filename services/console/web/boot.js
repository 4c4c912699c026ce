// boot.js - before anything is painted: the chosen colours; and when a part of the page could not be fetched (a network
// that changed at that moment) the page is loaded anew, since a module that failed once stays failed.
(function () {
  const AGAIN_MS = 1000;
  try {
    const theme = JSON.parse(localStorage.getItem("buckstop.theme"));
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* as the system has it */ }
  addEventListener("error", ({target}) => {
    if (target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === "stylesheet"))
      setTimeout(() => location.reload(), AGAIN_MS);
  }, true);
})();
