/**
 * Give an element what another has. What is the same in both stays the very same nodes, and so what a reader does
 * there.
 */
export function morph(current, next) {
  if (current.isEqualNode(next) || extend(current, next)) return
  if (!alike(current, next)) return current.replaceWith(next)
  const [shown, wanted] = [[...current.childNodes], [...next.childNodes]]
  for (const [i, node] of wanted.entries()) i < shown.length ? morph(shown[i], node) : current.append(node)
  for (const node of shown.slice(wanted.length)) node.remove()
}

function extend(current, next) {
  if (current.nodeType !== Node.TEXT_NODE || !next.data?.startsWith(current.data)) return false
  current.appendData(next.data.slice(current.data.length))
  return true
}

// What a reader has opened stays open.
function alike(current, next) {
  if (current.localName === "details" && next.localName === "details") next.open = current.open
  return current.nodeType === Node.ELEMENT_NODE && current.cloneNode().isEqualNode(next.cloneNode())
}
