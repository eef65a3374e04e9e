import { controller } from "../stimulus.js"

const language = document.documentElement.lang || undefined
const time = new Intl.DateTimeFormat(language, { timeStyle: "short" })
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" })

/** Shows a time in the reader's zone, and the exact one on hover. */
export default class extends controller({ element: HTMLTimeElement }) {
  connect() {
    const moment = new Date(this.element.dateTime)
    const today = moment.toDateString() === new Date().toDateString()
    this.element.textContent = (today ? time : day).format(moment)
    this.element.title = exact.format(moment)
  }
}
