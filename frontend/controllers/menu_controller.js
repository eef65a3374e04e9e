import { controller } from "../stimulus.js"

/** A sheet of actions: one that stands beside its button, or one for all rows, whose frame the row's link loads. */
export default class extends controller({ targets: { sheet: HTMLElement } }) {
  open(/** @type {On} */ { currentTarget }) {
    const sheet = this.sheetTarget
    if (sheet.matches(":popover-open")) sheet.hidePopover()
    sheet.querySelector("turbo-frame")?.replaceChildren()
    sheet.showPopover({ source: currentTarget })
  }

  loaded(/** @type {On} */ { currentTarget, target }) {
    if (target.id.endsWith("_menu")) currentTarget.querySelector("a, button")?.focus({ preventScroll: true })
  }

  clicked(/** @type {On} */ { target, currentTarget }) {
    if (target.closest("a[data-turbo-stream]")) currentTarget.hidePopover()
  }

  close(/** @type {On<Fired<"turbo:submit-end">>} */ { currentTarget, detail: { success } }) {
    if (success && currentTarget.matches(":popover-open")) currentTarget.hidePopover()
  }
}
