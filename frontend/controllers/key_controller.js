import { newKey } from "../page.js"
import { controller } from "../stimulus.js"

/**
 * The key by which the server knows a form that is sent again; another text, or other files, have another, on cached
 * pages too.
 */
export default class extends controller({ targets: { field: HTMLInputElement } }) {
  used(/** @type {On} */ { target, defaultPrevented }) {
    if (!defaultPrevented) target.dataset.sent = ""
  }

  renew() {
    const { form } = this.fieldTarget
    if (!form || !("sent" in form.dataset)) return
    delete form.dataset.sent
    this.fieldTarget.value = newKey()
  }
}
