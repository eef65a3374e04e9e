import { Controller } from "@hotwired/stimulus"

/**
 * A controller of Stimulus with these targets and values, to be extended. The classes of the element and of the targets
 * are there for the types: { targets: { text: HTMLTextAreaElement } } gives textTarget, textTargets and hasTextTarget.
 *
 * @template {Record<string, new () => Element>} [T={}]
 * @template {Record<string, StringConstructor | NumberConstructor>} [V={}]
 * @template {Element} [E=HTMLElement]
 * @param {{ targets?: T, values?: V, element?: new () => E }} of
 * @returns {new (context: import("@hotwired/stimulus").Context) => Controller<E> & Targets<T> & Values<V>}
 */
export function controller({ targets, values } = {}) {
  const made = class extends Controller {
    static targets = Object.keys(targets ?? {})
    static values = values ?? {}
  }
  return /** @type {any} */ (made) // Stimulus adds the properties, which no class declares.
}
