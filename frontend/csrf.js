/**
 * Django's token on whatever a page sends. Signing in elsewhere in this browser makes the tokens of all open pages
 * void; so every page that arrives shows its token to the other tabs, and a form that is refused all the same is sent
 * once more with a new one.
 */
import { meta } from "./page.js"
import { freshPage } from "./renew.js"

const FIELDS = 'input[name="csrfmiddlewaretoken"]'
const FORBIDDEN = 403
const SHOWN = 'meta[name="csrf-token"]'

const submitters = new WeakMap()
const again = new WeakSet()
const seen = new Set()
let newest = ""
/** @type {BroadcastChannel | undefined} */
let channel

/** Puts the token on a request of Turbo's that changes something; forms that came over the socket carry none. */
export function addCsrfToken(/** @type {Fired<"turbo:before-fetch-request">} */ { detail }) {
  const { fetchOptions, url } = detail
  if (fetchOptions.method?.toUpperCase() === "GET" || url.origin !== location.origin) return
  fetchOptions.headers["X-CSRFToken"] = meta("csrf-token")
}

/** A page was shown. One that comes from Turbo's cache may be older than the session. */
export function showCsrfToken() {
  const token = meta("csrf-token")
  if (!token) return
  if (seen.has(token)) return adopt(newest)
  listen()
  hear(token)
  channel?.postMessage(token)
}

/** Send a form that was refused once more with a new token; what was typed stays where it is meanwhile. */
export async function sendAgain(/** @type {Fired<"turbo:before-fetch-response">} */ event) {
  const form = /** @type {HTMLFormElement} */ (event.target)
  const second = again.delete(form)
  if (second || event.detail.fetchResponse.statusCode !== FORBIDDEN || !form.matches?.(".parley form")) return
  event.preventDefault()
  await renewToken()
  again.add(form)
  form.requestSubmit(submitters.get(form))
}

/** Take the token of a page that comes now. */
export async function renewToken() {
  const token = meta("csrf-token", await freshPage())
  if (token) hear(token)
}

/** Remember with which button a form is sent. */
export function noteSubmitter(/** @type {Fired<"turbo:submit-start">} */ { detail }) {
  const { formElement, submitter } = detail.formSubmission
  submitters.set(formElement, submitter)
}

function listen() {
  try {
    channel ??= new BroadcastChannel(`parley-csrf ${meta("parley-catch-up")}`)
    channel.onmessage = ({ data }) => hear(data)
  } catch {
    // Where a browser forbids it, a refused form is sent again.
  }
}

function hear(/** @type {string} */ token) {
  seen.add(token)
  newest = token
  adopt(token)
}

function adopt(/** @type {string} */ token) {
  document.head.querySelector(SHOWN)?.setAttribute("content", token)
  for (const field of document.querySelectorAll(FIELDS)) field.setAttribute("value", token)
}
