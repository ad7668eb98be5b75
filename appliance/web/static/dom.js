// Small helpers over the DOM. Text always goes in as text, never as markup: names come from devices and files.

export const $ = (id) => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export function mark(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

// Touch the page only when something changed: screen readers and selections stay undisturbed.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// Keep one child per item, in order; `create` makes it once, `update` is called with every new value.
export function keyed(container, items, keyOf, create, update) {
  const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const child = old.get(key) ?? create(item);
    old.delete(key);
    child.dataset.key = key;
    if (container.children[index] !== child) container.insertBefore(child, container.children[index] ?? null);
    update(child, item);
  });
  old.forEach((child) => child.remove());
}

// Rebuild a child's content only when its item changed; the focus stays on the button of the same name.
export function rebuild(element, item, build) {
  const now = JSON.stringify(item);
  if (element.dataset.shown === now) return;
  element.dataset.shown = now;
  const focus = element.contains(document.activeElement) ? document.activeElement.dataset.act : null;
  element.replaceChildren(...build(item).filter(Boolean));
  if (focus) element.querySelector(`[data-act="${focus}"]`)?.focus();
}
