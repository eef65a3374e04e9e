import { Controller } from "@hotwired/stimulus"
import { drawing } from "../diagram.js"
import { makeReachable } from "../reachable.js"

/** Gives each code block of a finished message its tools: copy, wrap, and for Mermaid the diagram. */
export default class extends Controller {
  // Lifecycle

  connect() {
    makeReachable(this.element)
    for (const block of this.element.querySelectorAll("pre")) this.#equip(block)
  }

  // Actions

  wrap({ currentTarget }) {
    const wrapped = blockOf(currentTarget).toggleAttribute("data-wrapped")
    currentTarget.setAttribute("aria-pressed", wrapped)
  }

  async draw({ currentTarget }) {
    const block = blockOf(currentTarget)
    block.focus()
    currentTarget.hidden = true
    block.after(await drawing(block.textContent, currentTarget.dataset))
  }

  // Private

  #equip(block) {
    const template = document.getElementById("code-tools")
    if (!template || block.previousElementSibling?.matches("[data-tools]")) return
    const tools = template.content.cloneNode(true)
    tools.querySelector("[data-draw]").hidden = block.dataset.language !== "mermaid"
    block.before(tools)
  }
}

function blockOf(button) {
  return button.closest("[data-tools]").nextElementSibling
}
