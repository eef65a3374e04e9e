/** The name of a key press as data-keys has it: "Control+Shift+O"; ⌘ counts as Control. Pure. */
export function nameOf(/** @type {KeyboardEvent} */ { ctrlKey, metaKey, altKey, shiftKey, key }) {
  const letter = key.length === 1
  const modifiers = [(ctrlKey || metaKey) && "Control", altKey && "Alt", shiftKey && !isSign(key) && "Shift"]
  return [...modifiers.filter(Boolean), letter ? key.toUpperCase() : key].join("+")
}

// "?" needs Shift on one keyboard and not on another.
function isSign(/** @type {string} */ key) {
  return key.length === 1 && key.toUpperCase() === key.toLowerCase()
}
