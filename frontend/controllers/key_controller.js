import { controller } from "../stimulus.js"

/** The key by which the server knows a form that is sent again; another text has another, on cached pages too. */
export default class extends controller({ targets: { field: HTMLInputElement } }) {
  used(/** @type {On} */ { target, defaultPrevented }) {
    if (!defaultPrevented) target.dataset.sent = ""
  }

  renew(/** @type {On<Event, HTMLTextAreaElement>} */ { target: { form } }) {
    if (!form || !("sent" in form.dataset)) return
    delete form.dataset.sent
    this.fieldTarget.value = uuid()
  }
}

// crypto.randomUUID() is missing over plain http.
function uuid() {
  const digits = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5")
}
