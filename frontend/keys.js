/** The name of a key press as data-keys has it: "Control+Shift+O"; ⌘ counts as Control. Pure. */
export function nameOf(/** @type {KeyboardEvent} */ { ctrlKey, metaKey, altKey, shiftKey, key }) {
  const letter = key.length === 1
  // "?" needs Shift on one keyboard and not on another.
  const sign = letter && key.toUpperCase() === key.toLowerCase()
  const modifiers = [(ctrlKey || metaKey) && "Control", altKey && "Alt", shiftKey && !sign && "Shift"]
  return [...modifiers.filter(Boolean), letter ? key.toUpperCase() : key].join("+")
}
