const BASE = 500
const CAP = 15_000
const SERVICE_RESTART = 1012

/** Milliseconds to wait before connecting again: full jitter, and soon when the server said that it restarts. */
export function delay(/** @type {number} */ failures, /** @type {number} */ closeCode, random = Math.random) {
  if (closeCode === SERVICE_RESTART && failures === 0) return 200 + random() * 800
  return random() * Math.min(CAP, BASE * 2 ** failures)
}
