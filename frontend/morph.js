/**
 * Give an element what another has. What is the same in both stays the very same nodes, and so what a reader does
 * there.
 * @param {ChildNode} current @param {ChildNode} next
 */
export function morph(current, next) {
  if (current.isEqualNode(next) || extend(current, next)) return
  if (!alike(current, next)) return current.replaceWith(next)
  const [shown, wanted] = [[...current.childNodes], [...next.childNodes]]
  for (const [i, node] of wanted.entries()) i < shown.length ? morph(shown[i], node) : current.appendChild(node)
  for (const node of shown.slice(wanted.length)) node.remove()
}

function extend(/** @type {Node} */ current, /** @type {Node} */ next) {
  if (!(current instanceof Text && next instanceof Text && next.data.startsWith(current.data))) return false
  current.appendData(next.data.slice(current.data.length))
  return true
}

// What a reader has opened stays open.
function alike(/** @type {Node} */ current, /** @type {Node} */ next) {
  if (current instanceof HTMLDetailsElement && next instanceof HTMLDetailsElement) next.open = current.open
  return current instanceof Element && current.cloneNode().isEqualNode(next.cloneNode())
}
