/** What a browser keeps for this tab, if scripts may keep anything there. */
export const ofTab = {
  get: (/** @type {string} */ key) => attempt(() => sessionStorage.getItem(key)),
  set: (/** @type {string} */ key, /** @type {string} */ value) => attempt(() => sessionStorage.setItem(key, value)),
  remove: (/** @type {string} */ key) => attempt(() => sessionStorage.removeItem(key)),
}

/**
 * To touch it is an error where a browser forbids it, and to fill it where it is full.
 * @template T @param {() => T} action
 */
function attempt(action) {
  try {
    return action()
  } catch {
    return null
  }
}
