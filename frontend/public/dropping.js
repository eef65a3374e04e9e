/** A file that is dropped beside the field that takes one would replace the page, and what was typed there. */
function keepPage(/** @type {DragEvent} */ event) {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return
  if (/** @type {Element} */ (event.target).closest?.('input[type="file"]')) return
  event.preventDefault()
  event.dataTransfer.dropEffect = "none"
}

for (const name of /** @type {const} */ (["dragover", "drop"])) addEventListener(name, keepPage)
