/** Put a text, or the promise of one, on the clipboard. Over plain http the browser only has the old way. */
export async function copyText(/** @type {string | Promise<string>} */ text) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = Promise.resolve(text).then((words) => new Blob([words], { type: "text/plain" }))
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])
  }
  copyTheOldWay(await text)
}

function copyTheOldWay(/** @type {string} */ text) {
  const focused = /** @type {HTMLElement?} */ (document.activeElement)
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" })
  document.body.append(field)
  field.select()
  const copied = document.execCommand("copy")
  field.remove()
  focused?.focus({ preventScroll: true })
  if (!copied) throw new Error("The browser does not let this page write to the clipboard.")
}
