/**
 * The blocks of a reply, as its frames change them. Pure.
 *
 * A block is the HTML of one element without its trailing closing tags, which the parser adds: `<p>Hello <strong>wor`.
 */

const DROP = -1

/** The blocks after a frame: the whole (null, …blocks), a tail of the last block, or triples (block, keep, tail). */
export function applyFrame(/** @type {string[]} */ blocks, /** @type {Payload} */ payload) {
  if (payload[0] === null) return /** @type {string[]} */ (payload.slice(1))
  if (typeof payload[0] === "string") return splice(blocks, [Math.max(0, blocks.length - 1), Infinity, payload[0]])
  return splice(blocks, payload)
}

function splice(/** @type {string[]} */ blocks, /** @type {Payload} */ triples) {
  const next = blocks.slice()
  for (let i = 0; i < triples.length; i += 3) {
    const [number, keep, tail] = /** @type {[number, number, string]} */ (triples.slice(i, i + 3))
    const block = Math.min(number, next.length)
    if (keep === DROP) next.length = Math.min(next.length, block)
    else next[block] = (next[block] ?? "").slice(0, keep) + tail
  }
  return next
}

/** What the end of a reply says in the place of a change, or nothing. */
export function endOf(/** @type {Payload} */ [first]) {
  return typeof first === "object" ? first : null
}

/** Whether position `a` ("attempt-sequence") comes after `b`. */
export function isAfter(/** @type {Position} */ a, /** @type {Position} */ b) {
  const [attempt, sequence = 0] = a.split("-").map(Number)
  const [otherAttempt, otherSequence = 0] = b.split("-").map(Number)
  return attempt === otherAttempt ? sequence > otherSequence : attempt > otherAttempt
}

/**
 * Whether a frame can be applied after the position `before`: nothing between is missing, or it is the whole.
 * @param {Position} position @param {Payload} payload @param {Position} before
 */
export function continues(position, payload, before) {
  if (payload[0] === null) return true
  const [attempt, sequence] = position.split("-").map(Number)
  return before === `${attempt}-${sequence - 1}`
}

/** The position of a frame of which only the second number was sent, since its attempt is that of the frame before. */
export function wholePosition(/** @type {Position | number} */ position, /** @type {Position} */ before) {
  return typeof position === "number" ? `${before.split("-")[0]}-${position}` : position
}

/** The plain text that turned one block into the other by following text, or null when more than that changed. */
export function appendedText(/** @type {string} */ before, /** @type {string} */ after) {
  if (!before || />\s*$/.test(before) || !after.startsWith(before)) return null
  const added = after.slice(before.length)
  return /[<&\r\0]/.test(added) ? null : added
}
