// A list may also hold a frame that loads more of it.
const ROWS = "[data-version]"

/**
 * <turbo-stream action="upsert" target="id" into="list">: the element is once in the list, at its place.
 *
 * A message comes after the last one if that is its parent; what has a data-place in order of that; a list with
 * data-newest has the highest first. A message that was just added below one that is not there makes the page load
 * again: other code put something between. What is older than what the page shows (data-version) changes nothing. What
 * belongs into a list that the page does not have, or below what is loaded of it, is on the page no more.
 */
export function upsert(stream, refresh) {
  const next = stream.templateContent.firstElementChild
  const current = document.getElementById(stream.target)
  const list = document.getElementById(stream.getAttribute("into"))
  if (!next || (current ? !isNews(next, current) : !belongs(next, list))) return
  if (!current && !continues(next, list))
    return stream.hasAttribute("added") && isBeyond(next, list) && refresh(document.baseURI)
  const from = current?.dataset.status
  if (current) replace(current, next)
  if (list) place(next, list)
  else next.remove()
  next.dispatchEvent(new CustomEvent("parley:upserted", { bubbles: true, detail: { from } }))
}

function isNews(next, current) {
  return !("version" in next.dataset) || Number(next.dataset.version) > Number(current.dataset.version)
}

// A message may arrive just after the page went to another conversation.
function belongs(next, list) {
  return list && next.dataset.conversation === list.dataset.conversation
}

// A message of another branch, or of a part that is not loaded, is not on the page.
function continues({ dataset: { parent } }, list) {
  const last = lastItem(list)
  return parent === undefined || (last ? last.dataset.message === parent : !parent)
}

// Ids sort by time: what is newer than the end of the page follows what the feed did not tell, or another branch.
function isBeyond({ dataset: { message } }, list) {
  return !list.querySelector(".newer") && message > (lastItem(list)?.dataset.message ?? "")
}

function lastItem(list) {
  return [...list.children].findLast(isItem)
}

function replace(current, next) {
  const focused = current.contains(document.activeElement)
  keepLiveReply(current, next)
  keepOpen(current, next)
  keepChosen(current, next)
  keepLoaded(current, next)
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

// What is being done with a row: it is selected, or its title is being edited.
function keepChosen(current, next) {
  const [was, is] = [current, next].map((row) => row.querySelector(":scope > input"))
  if (was && is) is.checked = was.checked
  const form = current.querySelector(":scope > form.rename")
  if (form) next.prepend(form)
}

// The rows of a folder.
function keepLoaded(current, next) {
  const [was, is] = [current, next].map((folder) => folder.querySelector("details > ol"))
  if (was && is) is.replaceWith(was)
}

function place(next, list) {
  if ("parent" in next.dataset) return next.isConnected || list.append(next)
  const more = list.querySelector(":scope > .more")
  if (more && next.dataset.place < more.dataset.place) return next.remove()
  const after =
    [...list.children].find((other) => other !== next && isItem(other) && precedes(next, other, list)) ?? null
  if (next.parentElement !== list || next.nextElementSibling !== after) list.insertBefore(next, after)
}

function isItem(other) {
  return other.matches(ROWS) || other.matches(".more")
}

function precedes(a, b, list) {
  const [first, second] = [a, b].map(({ dataset, id }) => dataset.place ?? id)
  return "newest" in list.dataset ? first > second : first < second
}
