// keys.js - the keyboard. Single keys can be switched off (WCAG 2.1.4), and mean nothing while somebody writes.

import {at, h} from "./dom.js";
import {actions} from "./actions.js";

const moves = [["/", "search"], ["j", "next contact"], ["k", "the one before"], ["Enter", "its story"], ["Esc", "close"], ["g", "desk or wall"], ["?", "this page"]];

export function explain(parent) {
  const rows = [...moves, ...actions.map((action) => [action.key, action.words.toLowerCase()])];
  parent.replaceChildren(...rows.map(([key, words]) => h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, words))));
}

const writes = (node) => node && (node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName));

// page: {on(), rows(), story, close(), switchView(), menu()}
export function listen(page) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (writes(event.target)) event.target.blur();
      else page.close();
      return;
    }
    if (writes(event.target) || !page.on()) return;
    if (single(event.key, page)) event.preventDefault();
  });
}

function single(key, page) {
  if (key === "/") at("query").focus();
  else if (key === "j" || key === "k") {
    const rows = page.rows();
    if (rows) rows.step(key === "j" ? 1 : -1);
  } else if (key === "g") page.switchView();
  else if (key === "?") page.menu();
  else {
    const action = actions.find((one) => one.key === key);
    return Boolean(action) && page.act(action.name);
  }
  return true;
}
