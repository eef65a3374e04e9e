/** What a browser keeps for this tab, and for this site; where scripts may keep nothing, as long as the page lives. */
export class Storage {
  #area
  #memory = new Map()

  constructor(name, scope = globalThis) {
    this.#area = () => scope[name]
  }

  get(key) {
    return this.#use((area) => area.getItem(key)) ?? this.#memory.get(key) ?? null
  }

  set(key, value) {
    const kept = this.#use((area) => area.setItem(key, value) ?? true)
    if (kept) this.#memory.delete(key)
    else this.#memory.set(key, value)
  }

  remove(key) {
    this.#use((area) => area.removeItem(key))
    this.#memory.delete(key)
  }

  // To touch it is an error where a browser forbids it, and to fill it where it is full.
  #use(action) {
    try {
      return action(this.#area())
    } catch {
      return null
    }
  }
}

export const ofTab = new Storage("sessionStorage")
export const ofSite = new Storage("localStorage")
