// The list may also hold the frame that loads what is older.
const ROWS = "[data-version]"

/**
 * <turbo-stream action="upsert" target="id" into="list">: the element is once in the list, at its place.
 *
 * Messages are in order of their ids; conversations by data-updated, the latest first. What is older than what the page
 * shows (data-version) changes nothing.
 */
export function upsert(stream) {
  const next = stream.templateContent.firstElementChild
  const current = document.getElementById(stream.target)
  const list = document.getElementById(stream.getAttribute("into"))
  if (!next || (current ? !isNews(next, current) : !belongs(next, list))) return
  const from = current?.dataset.status
  if (current) replace(current, next)
  if (list) place(next, list)
  next.dispatchEvent(new CustomEvent("parley:upserted", { bubbles: true, detail: { from } }))
}

function isNews(next, current) {
  return !("version" in next.dataset) || Number(next.dataset.version) > Number(current.dataset.version)
}

// A message may arrive just after the page went to another conversation.
function belongs(next, list) {
  return list && next.dataset.conversation === list.dataset.conversation
}

function replace(current, next) {
  const focused = current.contains(document.activeElement)
  keepLiveReply(current, next)
  keepOpen(current, next)
  current.replaceWith(next)
  if (focused) (next.hasAttribute("tabindex") ? next : next.querySelector("a"))?.focus({ preventScroll: true })
}

function keepLiveReply(current, next) {
  if (!next.querySelector("parley-reply")) return
  for (const part of ["parley-reply", "[data-reasoning]"]) {
    const live = current.querySelector(part)
    if (live) next.querySelector(part)?.replaceWith(live)
  }
}

function keepOpen(current, next) {
  const details = next.querySelector("details")
  if (details && current.querySelector("details")?.open) details.open = true
}

function place(next, list) {
  const after = [...list.children].find((other) => other !== next && other.matches(ROWS) && precedes(next, other)) ?? null
  if (next.parentElement !== list || next.nextElementSibling !== after) list.insertBefore(next, after)
}

function precedes(a, b) {
  if (a.dataset.updated) return Date.parse(a.dataset.updated) > Date.parse(b.dataset.updated)
  return a.id < b.id
}
