/** What a browser keeps for this tab, and for this site; where scripts may keep nothing, as long as the page lives. */
export class Storage {
  /** @type {Map<string, string>} */
  #memory = new Map()
  #area

  constructor(
    /** @type {"sessionStorage" | "localStorage"} */ name,
    /** @type {Record<string, unknown>} */ scope = globalThis,
  ) {
    this.#area = () => scope[name]
  }

  get(/** @type {string} */ key) {
    return this.#use((area) => area.getItem(key)) ?? this.#memory.get(key) ?? null
  }

  set(/** @type {string} */ key, /** @type {string} */ value) {
    const kept = this.#use((area) => area.setItem(key, value) ?? true)
    if (kept) this.#memory.delete(key)
    else this.#memory.set(key, value)
  }

  remove(/** @type {string} */ key) {
    this.#use((area) => area.removeItem(key))
    this.#memory.delete(key)
  }

  /**
   * To touch it is an error where a browser forbids it, and to fill it where it is full.
   * @template T @param {(area: globalThis.Storage) => T} action
   */
  #use(action) {
    try {
      return action(/** @type {globalThis.Storage} */ (this.#area()))
    } catch {
      return null
    }
  }
}

export const ofTab = new Storage("sessionStorage")
export const ofSite = new Storage("localStorage")
