/** Put what the server shows now in the place of an element; not by a visit, which would end a form that is being sent. */
export async function renew(element) {
  const response = await fetch(location.href).catch(() => null)
  const page = new DOMParser().parseFromString((await response?.text()) ?? "", "text/html")
  const next = page.getElementById(element.id)
  if (!next || !element.isConnected) return
  if (Number(next.dataset.shown) < Number(element.dataset.shown)) return renew(element)
  element.replaceWith(next)
}
