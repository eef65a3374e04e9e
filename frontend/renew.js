/** Put what the server shows now in the place of an element; a visit would end a form that is being sent. */
export async function renew(element) {
  const page = await freshPage()
  const next = page?.getElementById(element.id)
  if (!next || !element.isConnected) return
  if (Number(next.dataset.shown) < Number(element.dataset.shown)) return renew(element)
  element.replaceWith(next)
}

/** The page as the server shows it now, as a document; undefined while there is no answer. */
export async function freshPage() {
  const response = await fetch(location.href).catch(() => null)
  return response && new DOMParser().parseFromString(await response.text(), "text/html")
}
