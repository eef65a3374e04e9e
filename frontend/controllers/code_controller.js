import { drawing } from "../diagram.js"
import { makeReachable } from "../reachable.js"
import { controller } from "../stimulus.js"

/** Gives each code block of a finished message its tools: copy, wrap, and for Mermaid the diagram. */
export default class extends controller() {
  connect() {
    makeReachable(this.element)
    for (const block of this.element.querySelectorAll("pre")) equip(block)
  }

  wrap(/** @type {On} */ { currentTarget }) {
    currentTarget.ariaPressed = String(blockOf(currentTarget).toggleAttribute("data-wrapped"))
  }

  async draw(/** @type {On} */ { currentTarget }) {
    const block = blockOf(currentTarget)
    block.focus()
    currentTarget.hidden = true
    block.after(await drawing(block.textContent, currentTarget.dataset))
  }
}

/** The code block to which a button among its tools belongs. */
export function blockOf(/** @type {HTMLElement} */ button) {
  return /** @type {HTMLElement} */ (button.closest("[data-tools]")?.nextElementSibling)
}

function equip(/** @type {HTMLElement} */ block) {
  const template = /** @type {HTMLTemplateElement?} */ (document.getElementById("code-tools"))
  if (template && !block.previousElementSibling?.matches("[data-tools]")) block.before(template.content.cloneNode(true))
}
