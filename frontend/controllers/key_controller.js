import { controller } from "../stimulus.js"

/** The key by which the server knows a form that is sent again; another text has another, on cached pages too. */
export default class extends controller({ targets: { field: HTMLInputElement } }) {
  used(/** @type {On} */ { target, defaultPrevented }) {
    if (!defaultPrevented) target.dataset.sent = ""
  }

  renew(/** @type {On<Event, HTMLTextAreaElement>} */ { target: { form } }) {
    if (!form || !("sent" in form.dataset)) return
    delete form.dataset.sent
    // The end of such an address is a new UUID, also over plain http, where crypto.randomUUID() is missing.
    this.fieldTarget.value = URL.createObjectURL(new Blob()).slice(-36)
  }
}
