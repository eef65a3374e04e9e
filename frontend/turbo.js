/**
 * The one Turbo of the page. A page of Parley's begins its own at once. In a page of a host it waits until the host's
 * scripts have run, and takes the host's Turbo, if there is one: of two, each would answer what the other has sent.
 */
import * as bundled from "@hotwired/turbo"

const LOADED = ["DOMContentLoaded", "load"]
const isOurPage = document.body.matches(".parley")

if (!isOurPage && document.readyState !== "complete") {
  await new Promise((done) => {
    for (const name of LOADED) addEventListener(name, done, { once: true })
  })
}

/** Whether the page has no Turbo but ours. */
const isOurs = !window.Turbo
if (isOurs) /** @type {{ begin: () => void } & typeof bundled} */ (bundled).begin()

const { config, StreamActions, navigator, renderStreamMessage, visit } = /** @type {typeof bundled} */ (window.Turbo)

if (isOurs) {
  // A button that is disabled loses the focus.
  config.forms.submitter = "aria-disabled"
}
// Of a page without Turbo only Parley's part has it (data-turbo="true"), and it may not stand another body.
if (isOurs && !isOurPage) {
  config.drive.enabled = false
  StreamActions.refresh = () => location.reload()
}

/** Bring the page as it is now. */
function reload() {
  if (isOurs && !isOurPage) location.reload()
  else visit(location.href, { action: "replace" })
}

export { navigator, reload, renderStreamMessage, StreamActions, visit }
