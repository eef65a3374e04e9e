/**
 * How this tab learns what happens: over one socket, or by asking every two seconds where sockets are blocked.
 *
 * It outlives Turbo visits. Nothing relies on a message arriving: after every connection the page says which version it
 * shows, and each reply the last position it has.
 */
import { catchUp, catchUpUrl, withNewSession } from "./catch_up.js"
import { Connection } from "./connection.js"
import { Later } from "./later.js"
import { meta } from "./page.js"
import { wholePosition } from "./splices.js"
import { renderStreamMessage } from "./turbo.js"

const RELOAD_INTERVAL = 10_000
const ANSWER_WITHIN = 10_000
const POLL_EVERY = 2_000
const REFRESH = '<turbo-stream action="refresh">'

/** @type {Map<number, { element: Follower, heard: Position }>} */
const replies = new Map()
let lastAs = 0
let version = 0
let visit = 0
let stale = false
let tab = newName()
let unanswered = 0
let state = ""
let blocked = false

const polling = new Later(POLL_EVERY, poll)
const connection = new Connection({
  url() {
    const url = new URL(meta("parley-socket"), location.href)
    url.protocol = url.protocol.replace("http", "ws")
    return url
  },
  expects: () => replies.size > 0,
  opened() {
    open()
    for (const [as, { element }] of replies) sendFollow(as, element)
  },
  received(message) {
    rest()
    report("up")
    if (Array.isArray(message)) hear(message)
    else if ("version" in message) advance(message)
  },
  lost(isBlocked) {
    if (!isBlocked) return report("down")
    if (blocked) return
    blocked = true
    poll()
  },
  signedOut: refused,
})

/** A page was shown: tell the server what it shows, on a connection if there is one, else on a new one. */
export function visited() {
  visit += 1
  stale = false
  version = Math.min(Number(meta("parley-version")), Number(shown()?.dataset.shown ?? Infinity))
  if (!meta("parley-socket")) leave()
  else if (connection.isOpen) open()
  else reach()
}

/** The tab may have slept: see what it missed, and make sure that the connection lives. */
export function wake() {
  if (document.visibilityState === "hidden" || !meta("parley-socket")) return
  if (!connection.isOpen) return reach()
  connection.check()
  look()
}

/** Name this tab in a request of Turbo's: the server leaves what that changes to its answer. */
export function nameTab(/** @type {Fired<"turbo:before-fetch-request">} */ { detail: { fetchOptions } }) {
  fetchOptions.headers["X-Parley-Tab"] = tab
}

/** A form was sent. Without an answer to it the feed tells what it has changed. */
export function submitted(/** @type {Fired<"turbo:submit-start">} */ { detail: { formSubmission } }) {
  if (formSubmission.isSafe) return
  clearTimeout(unanswered)
  unanswered = setTimeout(open, ANSWER_WITHIN)
}

/** A form was answered, or will not be. Its Turbo Streams may bring the next version; after a redirect a page comes. */
export async function answered(/** @type {Fired<"turbo:submit-end">} */ { detail }) {
  const { fetchResponse, formSubmission } = detail
  if (formSubmission.isSafe || fetchResponse?.redirected) return
  const stream = await fetchResponse?.responseHTML.catch(() => "")
  const made = Number(fetchResponse?.header("X-Parley-Version"))
  if (stream && made === version + 1) show({ version: made, stream })
  open()
}

/** Let an element have the frames of its reply; returns the way out. */
export function follow(/** @type {Follower} */ element) {
  const as = ++lastAs
  replies.set(as, { element, heard: "0" })
  sendFollow(as, element)
  return () => void (replies.delete(as) && connection.send({ do: "unfollow", as }))
}

function reach() {
  connection.connect()
  if (blocked) poll()
}

function leave() {
  connection.close()
  rest()
}

function rest() {
  blocked = false
  polling.forget()
}

// Again and again while the socket is blocked, each time after the last has ended.
async function poll() {
  polling.forget()
  if (document.visibilityState !== "hidden") {
    const missed = await look()
    if (!connection.isOpen) report(missed ? "polling" : "down")
  }
  if (blocked) polling.ask()
}

async function look() {
  const asked = visit
  const elements = [...replies.values()].map(({ element }) => element)
  const question = { conversation: conversation(), version, replies: elements }
  const missed = await catchUp(catchUpUrl(meta("parley-catch-up"), location.href, question))
  if (missed === null) return signedOut()
  if (!missed || asked !== visit) return
  for (const [index, position, ...payload] of missed.frames) elements[index]?.receive(position, payload)
  advance(missed)
  return missed
}

// What the socket said last is remembered beside what the element has, which it may know from catching up.
function hear(/** @type {Frame} */ [as, position, ...payload]) {
  const followed = replies.get(as)
  if (!followed) return
  followed.heard = wholePosition(position, followed.heard)
  followed.element.receive(followed.heard, payload)
}

/** The page shows this version when the streams are rendered. */
export function advance(/** @type {Changes} */ message) {
  show(message)
  if (message.stream) renderStreamMessage(message.stream)
}

function show(/** @type {Changes} */ message) {
  version = Math.max(version, message.version)
  stale ||= Boolean(message.stream?.includes(REFRESH))
  const lists = shown()
  if (lists && !stale) lists.dataset.shown = String(version)
}

// The lists outlive a visit to another page, and tell which version they show. A refresh brings its own with it; until
// then they show the old one, also if another page comes in between.
function shown() {
  return document.querySelector("[data-shown]")
}

// The session of the socket has ended. With a new password the person has another one, and their page comes again.
async function refused() {
  hide()
  const url = catchUpUrl(meta("parley-catch-up"), location.href, { version, replies: [] })
  const missed = await withNewSession(() => catchUp(url))
  if (missed === null) return signedOut()
  document.documentElement.hidden = !missed
  setTimeout(() => location.reload(), Math.max(0, RELOAD_INTERVAL - performance.now()))
}

function signedOut() {
  hide()
  dispatchEvent(new Event("parley:signed-out"))
  location.reload()
}

// Whoever looks at this screen next may be somebody else.
function hide() {
  leave()
  document.documentElement.hidden = true
}

// Under a new name, by which no form is out.
function open() {
  clearTimeout(unanswered)
  tab = newName()
  connection.send({ do: "open", conversation: conversation() || null, version, tab })
}

// A page of a host names none in its head.
function conversation() {
  const transcript = /** @type {HTMLElement?} */ (document.querySelector("#transcript"))
  return meta("parley-conversation") || transcript?.dataset.conversation || ""
}

function newName() {
  return Math.random().toString(36).slice(2)
}

function sendFollow(/** @type {number} */ as, /** @type {Follower} */ { reply, position }) {
  connection.send({ do: "follow", reply, as, from: position, ends: true })
}

function report(/** @type {ConnectionState} */ next) {
  if (next === state) return
  state = next
  document.dispatchEvent(new CustomEvent("parley:connection", { detail: { state } }))
}
