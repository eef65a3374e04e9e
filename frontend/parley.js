import "./parley.css"
import { Application, defaultSchema } from "@hotwired/stimulus"
import { addCsrfToken, noteSubmitter, sendAgain, showCsrfToken } from "./csrf.js"
import "./public/dropping.js"
import { stay } from "./embedded.js"
import { focusHeading, focusWrong } from "./focus.js"
import { answered, nameTab, submitted, visited, wake } from "./live.js"
import { ReplyElement } from "./reply_element.js"
import { StreamActions } from "./turbo.js"
import { upsert } from "./upsert.js"

StreamActions.upsert = function () {
  upsert(this, () => StreamActions.refresh.call(this))
}

addEventListener("turbo:before-fetch-request", addCsrfToken)
addEventListener("turbo:before-fetch-request", nameTab)
addEventListener("turbo:submit-start", noteSubmitter)
addEventListener("turbo:submit-start", submitted)
addEventListener("turbo:submit-end", answered)
addEventListener("turbo:before-fetch-response", sendAgain)
addEventListener("turbo:before-visit", stay)
addEventListener("turbo:load", shown)
addEventListener("turbo:render", focusWrong)
for (const name of ["online", "pageshow", "visibilitychange"]) addEventListener(name, wake)

customElements.define("parley-reply", ReplyElement)

// With attributes of its own, so that the Stimulus of a host's page and this one never take each other's elements.
const stimulus = Application.start(document.documentElement, {
  ...defaultSchema,
  controllerAttribute: "data-parley-controller",
  actionAttribute: "data-parley-action",
})
/** @type {Record<string, import("@hotwired/stimulus").ControllerConstructor>} */
const controllers = import.meta.glob("./controllers/*_controller.js", { eager: true, import: "default" })
for (const [path, controller] of Object.entries(controllers)) {
  stimulus.register(path.replace(/^.*\/|_controller\.js$/g, "").replaceAll("_", "-"), controller)
}

// Turbo has said so before, where it brought this script with another page.
if (document.readyState === "complete") shown()

function shown() {
  showCsrfToken()
  visited()
  focusHeading()
}
