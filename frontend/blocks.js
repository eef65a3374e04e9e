import { morph } from "./morph.js"
import { makeReachable } from "./reachable.js"
import { appendedText, applyFrame } from "./splices.js"

/** A run of blocks in wire form, and the element that shows block i as its i-th child. */
export class Blocks {
  /** @type {string[]} */
  #wires = []
  /** @type {string[]} */
  #shown = []

  get any() {
    return this.#wires.length > 0
  }

  apply(/** @type {Payload} */ payload) {
    this.#wires = applyFrame(this.#wires, payload)
  }

  show(/** @type {Element} */ element) {
    while (element.children.length > this.#wires.length) element.lastElementChild?.remove()
    for (const [i, wire] of this.#wires.entries()) showBlock(element, i, this.#shown[i], wire)
    this.#shown = this.#wires
  }
}

/** @param {Element} element @param {number} i @param {string} shown @param {string} wire */
function showBlock(element, i, shown, wire) {
  if (wire === shown) return
  const child = element.children[i]
  if (child && extend(child, appendedText(shown, wire))) return
  const next = parse(wire)
  if (!child) element.append(next)
  else morph(child, next)
}

function extend(/** @type {Node} */ end, /** @type {string?} */ text) {
  while (text !== null && end.lastChild) end = end.lastChild
  if (text === null || !(end instanceof Text)) return false
  end.appendData(text)
  return true
}

function parse(/** @type {string} */ wire) {
  const template = document.createElement("template")
  template.innerHTML = wire
  return makeReachable(/** @type {HTMLElement?} */ (template.content.firstElementChild) ?? document.createElement("p"))
}
