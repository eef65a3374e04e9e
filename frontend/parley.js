import "./parley.css"
import { Application } from "@hotwired/stimulus"
import * as Turbo from "@hotwired/turbo"
import { addCsrfToken, noteSubmitter, sendAgain, showCsrfToken } from "./csrf.js"
import { keepPage } from "./dropping.js"
import { focusHeading } from "./focus.js"
import { answered, nameTab, submitted, visited, wake } from "./live.js"
import { ReplyElement } from "./reply_element.js"
import { upsert } from "./upsert.js"

// A button that is disabled loses the focus.
Turbo.config.forms.submitter = "aria-disabled"
Turbo.StreamActions.upsert = function () {
  upsert(this, () => Turbo.StreamActions.refresh.call(this))
}

addEventListener("turbo:before-fetch-request", addCsrfToken)
addEventListener("turbo:before-fetch-request", nameTab)
addEventListener("turbo:submit-start", noteSubmitter)
addEventListener("turbo:submit-start", submitted)
addEventListener("turbo:submit-end", answered)
addEventListener("turbo:before-fetch-response", sendAgain)
addEventListener("turbo:load", showCsrfToken)
addEventListener("turbo:load", visited)
addEventListener("turbo:load", focusHeading)
for (const name of ["online", "pageshow", "visibilitychange"]) addEventListener(name, wake)
for (const name of /** @type {const} */ (["dragover", "drop"])) addEventListener(name, keepPage)

customElements.define("parley-reply", ReplyElement)

const stimulus = Application.start()
/** @type {Record<string, import("@hotwired/stimulus").ControllerConstructor>} */
const controllers = import.meta.glob("./controllers/*_controller.js", { eager: true, import: "default" })
for (const [path, controller] of Object.entries(controllers)) {
  stimulus.register(path.replace(/^.*\/|_controller\.js$/g, "").replaceAll("_", "-"), controller)
}
