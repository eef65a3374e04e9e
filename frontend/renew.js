/**
 * Put what the server shows now in the place of an element; a visit would end a form that is being sent.
 * @param {HTMLElement} element @returns {Promise<void>}
 */
export async function renew(element) {
  const next = (await freshPage())?.getElementById(element.id)
  if (!next || !element.isConnected) return
  if (Number(next.dataset.shown) < Number(element.dataset.shown)) return renew(element)
  element.replaceWith(next)
}

/** The page as the server shows it now, as a document; nothing while there is no answer. */
export async function freshPage() {
  const response = await fetch(location.href).catch(() => null)
  return response && new DOMParser().parseFromString(await response.text(), "text/html")
}
