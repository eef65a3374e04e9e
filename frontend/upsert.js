import { NOBODY } from "./page.js"

// A list may also hold a frame that loads more of it.
const ITEMS = "[data-version], .more"
const LIVE = ["parley-reply", "[data-reasoning]"]
const ROWS_OF_A_FOLDER = "details > ol"

/**
 * <turbo-stream action="upsert" target="id" into="list">: the element is once in the list, at its place.
 *
 * A message comes after the last one if that is its parent; what has a data-cursor in order of that; a list with
 * data-newest has the highest first. A message that was just added below one that is not there makes the page load
 * again: other code put something between. What is older than what the page shows (data-version) changes nothing. What
 * belongs into a list that the page does not have, or below what is loaded of it, is on the page no more.
 *
 * @param {import("@hotwired/turbo").StreamElement} stream @param {() => void} refresh
 */
export function upsert(stream, refresh) {
  const next = /** @type {HTMLElement?} */ (stream.templateContent.firstElementChild)
  const current = document.getElementById(stream.target)
  const list = document.getElementById(stream.getAttribute("into") ?? "")
  if (!next || (current ? !isNews(next, current) : !belongs(next, list))) return
  if (list && !current && !continues(next, list)) {
    if (stream.hasAttribute("added") && isBeyond(next, list)) refresh()
    return
  }
  equip(next)
  const from = current?.dataset.status
  if (current) replace(current, next)
  if (list) place(next, list)
  else next.remove()
  next.dispatchEvent(new CustomEvent("parley:upserted", { bubbles: true, detail: { from } }))
}

/**
 * The reply that is being written in an element has ended as it is shown: its message becomes what the server would
 * send for it.
 * @param {HTMLElement} reply @param {End} end
 */
export function settle(reply, { version, meta }) {
  const message = /** @type {HTMLElement} */ (reply.closest("[data-message]"))
  const from = message.dataset.status
  const focused = message.contains(document.activeElement)
  reply.replaceWith(finished(reply))
  for (const part of message.querySelectorAll(":scope > :is([data-reasoning], .thinking, .actions)")) part.remove()
  message.removeAttribute("aria-busy")
  Object.assign(message.dataset, { version, status: "done" })
  message.querySelector(":scope > .meta")?.insertAdjacentHTML("beforeend", meta)
  equip(message)
  if (focused && !message.contains(document.activeElement)) message.focus({ preventScroll: true })
  message.dispatchEvent(new CustomEvent("parley:upserted", { bubbles: true, detail: { from } }))
}

function finished(/** @type {HTMLElement} */ reply) {
  const body = document.createElement("div")
  for (const { name, value } of reply.attributes) if (!["reply", "at"].includes(name)) body.setAttribute(name, value)
  body.dataset.parleyController = "code"
  body.append(...reply.childNodes)
  return body
}

// What leads to a message, and its tools, stand once on the page; what is sent to it has only their id and time.
function equip(/** @type {HTMLElement} */ next) {
  const { role, message = "", at } = next.dataset
  const tools = document.getElementById(`tools-${role}`)?.innerHTML.replaceAll(NOBODY, message)
  if (!tools || next.hasAttribute("aria-busy")) return
  next.querySelector(".meta")?.insertAdjacentHTML("beforeend", tools.replace('datetime=""', `datetime="${at}"`))
}

function isNews(/** @type {HTMLElement} */ next, /** @type {HTMLElement} */ current) {
  return !("version" in next.dataset) || Number(next.dataset.version) > Number(current.dataset.version)
}

// A message may arrive just after the page went to another conversation.
function belongs(/** @type {HTMLElement} */ next, /** @type {HTMLElement?} */ list) {
  return list && next.dataset.conversation === list.dataset.conversation
}

// A message of another branch, or of a part that is not loaded, is not on the page.
function continues(/** @type {HTMLElement} */ { dataset: { parent } }, /** @type {HTMLElement} */ list) {
  const last = itemsOf(list).at(-1)
  return parent === undefined || (last ? last.dataset.message === parent : !parent)
}

// Ids sort by time: what is newer than the end of the page follows what the feed did not send, or another branch.
function isBeyond(/** @type {HTMLElement} */ { dataset: { message = "" } }, /** @type {HTMLElement} */ list) {
  return !list.querySelector(".newer") && message > (itemsOf(list).at(-1)?.dataset.message ?? "")
}

function itemsOf(/** @type {HTMLElement} */ list) {
  return /** @type {HTMLElement[]} */ ([...list.children]).filter((item) => item.matches(ITEMS))
}

function replace(/** @type {HTMLElement} */ current, /** @type {HTMLElement} */ next) {
  const focused = current.contains(document.activeElement)
  for (const part of next.querySelector("parley-reply") ? LIVE : []) keep(part, current, next)
  keepOpen(current, next)
  keepChosen(current, next)
  keep(ROWS_OF_A_FOLDER, current, next)
  current.replaceWith(next)
  if (focused) (next.hasAttribute("tabindex") ? next : next.querySelector("a"))?.focus({ preventScroll: true })
}

/** @param {string} part @param {HTMLElement} current @param {HTMLElement} next */
function keep(part, current, next) {
  const was = current.querySelector(part)
  if (was) next.querySelector(part)?.replaceWith(was)
}

function keepOpen(/** @type {HTMLElement} */ current, /** @type {HTMLElement} */ next) {
  const details = next.querySelector("details")
  if (details && current.querySelector("details")?.open) details.open = true
}

// What is being done with a row: it is selected, or its title is being edited.
function keepChosen(/** @type {HTMLElement} */ current, /** @type {HTMLElement} */ next) {
  const [was, is] = [current, next].map((row) => /** @type {HTMLInputElement?} */ (row.querySelector(":scope > input")))
  if (was && is) is.checked = was.checked
  const form = current.querySelector(":scope > form.rename")
  if (form) next.prepend(form)
}

function place(/** @type {HTMLElement} */ next, /** @type {HTMLElement} */ list) {
  if ("parent" in next.dataset) return next.isConnected || list.append(next)
  const more = list.querySelector(":scope > .more")
  if (more && placeOf(next) < placeOf(more)) return next.remove()
  const after = itemsOf(list).find((other) => other !== next && precedes(next, other, list)) ?? null
  if (next.parentElement !== list || next.nextElementSibling !== after) list.insertBefore(next, after)
}

/** @param {HTMLElement} a @param {HTMLElement} b @param {HTMLElement} list */
function precedes(a, b, list) {
  return "newest" in list.dataset ? placeOf(a) > placeOf(b) : placeOf(a) < placeOf(b)
}

function placeOf(/** @type {HTMLElement} */ { dataset, id }) {
  return dataset.cursor ?? id
}
