import { controller } from "../stimulus.js"

/** Says that the page is reconnecting, or that it asks now and then instead; its style shows that a while later. */
export default class extends controller() {
  // The sentences are values of the element: data-connection-down-value.
  update(/** @type {Fired<"parley:connection">} */ { detail: { state } }) {
    this.element.textContent = this.data.get(`${state}-value`)
  }
}
