import "./parley.css"
import * as Turbo from "@hotwired/turbo"
import { Application } from "@hotwired/stimulus"
import { upsert } from "./upsert.js"
import { ReplyElement } from "./reply_element.js"
import { visited, wake } from "./live.js"
import { addCsrfToken } from "./csrf.js"
import { focusHeading } from "./focus.js"

// A button that is disabled loses the focus.
Turbo.config.forms.submitter = "aria-disabled"
Turbo.StreamActions.upsert = function () {
  upsert(this)
}

addEventListener("turbo:before-fetch-request", addCsrfToken)
addEventListener("turbo:load", visited)
addEventListener("turbo:load", focusHeading)
for (const name of ["online", "pageshow", "visibilitychange"]) addEventListener(name, wake)

customElements.define("parley-reply", ReplyElement)

const stimulus = Application.start()
const controllers = import.meta.glob("./controllers/*_controller.js", { eager: true, import: "default" })
for (const [path, controller] of Object.entries(controllers)) {
  stimulus.register(path.match(/([^/]+)_controller\.js$/)[1].replaceAll("_", "-"), controller)
}
