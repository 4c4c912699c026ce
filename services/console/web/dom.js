// dom.js - making and mending elements. Text of others only ever becomes a text node.

export const at = (id) => document.getElementById(id);

// h("li", {class: "row", onclick: f, dataset: {id}}, "text", element, null)
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== "") node.append(child);
  return node;
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

// Writing what stands there already would cost a layout.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function mark(node, name, value) {
  if (value === "" || value === null || value === undefined || value === false) {
    if (name in node.dataset) delete node.dataset[name];
  } else if (node.dataset[name] !== String(value)) node.dataset[name] = String(value);
}

export function show(node, yes) {
  if (node.hidden === yes) node.hidden = !yes;
}

// Children of `parent` become those of `items`, in their order: one element a key, moved rather than made anew, so that
// focus and what somebody points at stay. make(item) -> element; mend(element, item).
export function list(parent, items, keyOf, make, mend) {
  const known = parent.known || (parent.known = new Map());
  const wanted = new Set();
  for (const item of items) wanted.add(keyOf(item));
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    node.remove();
    known.delete(key);
  }
  let cursor = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = known.get(key);
    if (!node) {
      node = make(item);
      known.set(key, node);
    }
    mend(node, item);
    if (node === cursor) cursor = cursor.nextSibling;
    else if (cursor && node === cursor.nextSibling) {
      place(parent, cursor, null); // what stood here moved down: to the end for now, or all others would move up
      cursor = node.nextSibling;
    } else place(parent, node, cursor);
  }
}

// Moving the focused element would take its focus away.
function place(parent, node, before) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, before);
  if (focused) focused.focus({preventScroll: true});
}
