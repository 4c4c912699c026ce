// settings.js - what somebody chose in this browser. Nothing of a customer is kept there, and no token.

const PREFIX = "buckstop.";

export function setting(name, other) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? other : JSON.parse(text);
  } catch {
    return other; // storage is switched off, or holds something else
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch { /* it is chosen for as long as the page is open */ }
}

export function theme(name) {
  if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
}
