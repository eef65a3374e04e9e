const SCROLLS = 'pre, table, math[display="block"]'

/** Let people who use the keyboard reach what may be too wide for the page, to scroll it. */
export function makeReachable(/** @type {HTMLElement} */ element) {
  if (element.matches(SCROLLS)) element.tabIndex = 0
  for (const part of element.querySelectorAll(SCROLLS)) part.tabIndex = 0
  return element
}
