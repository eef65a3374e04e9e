import { Controller } from "@hotwired/stimulus"

/** A sheet of actions: one that stands beside its button, or one for all rows, whose frame the row's link loads. */
export default class extends Controller {
  static targets = ["sheet"]

  // Actions

  open({ currentTarget }) {
    const sheet = this.sheetTarget
    if (sheet.matches(":popover-open")) sheet.hidePopover()
    sheet.querySelector("turbo-frame").replaceChildren()
    sheet.showPopover({ source: currentTarget })
  }

  loaded({ currentTarget, target }) {
    if (target.id.endsWith("_menu")) currentTarget.querySelector("a, button")?.focus({ preventScroll: true })
  }

  clicked({ target, currentTarget }) {
    if (target.closest("a[data-turbo-stream]")) currentTarget.hidePopover()
  }

  close({ currentTarget, detail: { success } }) {
    if (success && currentTarget.matches(":popover-open")) currentTarget.hidePopover()
  }
}
