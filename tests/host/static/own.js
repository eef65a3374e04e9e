// What the society has of its own: Turbo, Stimulus, a controller, and a stream action.
import { Application, Controller } from "./stimulus/stimulus.js"
import * as Turbo from "./hotwired/turbo.es2017-esm.js"

Turbo.StreamActions.wave = function () {
  document.documentElement.dataset.waved = this.getAttribute("words")
}
const application = Application.start()
application.register(
  "menu",
  class extends Controller {
    connect() {
      this.element.dataset.host = "connected"
    }
  },
)
window.hostTurbo = Turbo
