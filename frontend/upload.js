import { delay } from "./backoff.js"
import { Later } from "./later.js"

const AT_ONCE = 3
const TRIES_AGAIN = 5
const STALLED = 60_000

// No connection, a token that is void by now, too often, and what passes by itself.
const PASSES = [0, 403, 408, 429, 500, 502, 503, 504]
const PHOTO = /\.hei[cf]$/i
// Pixels of a side: a phone has no larger canvas than their square.
const LONGEST = 4096

/** Files on their way to the server, each in a request of its own; the others wait for their turn. */
export class Uploads {
  /** @type {Upload[]} */
  #queue = []
  #out = 0

  add(/** @type {Upload} */ upload) {
    upload.begin()
    this.#queue.push(upload)
    this.#next()
  }

  async #next() {
    const next = this.#out < AT_ONCE && this.#queue.shift()
    if (!next) return
    this.#out += 1
    await next.run()
    this.#out -= 1
    this.#next()
  }
}

/** A file on its way: "sending", "again" after a pause, "failed", "sent" or "cancelled". */
export class Upload {
  state = "sending"
  /** How much of it is sent, from 0 to 1. */
  progress = 0
  /** @type {Answer} */
  answer = { status: 0, type: "", text: "" }
  #abort = new AbortController()
  #send

  constructor(/** @type {Send} */ send) {
    this.#send = send
  }

  /** It has another state or progress. */
  changed() {}

  get isUnderWay() {
    return ["sending", "again"].includes(this.state)
  }

  begin() {
    this.#become("sending", 0)
  }

  /** Send it until there is an answer, or it was tried often enough. */
  async run(pause = wait) {
    for (let failures = 0; this.state !== "cancelled"; failures += 1) {
      this.begin()
      const answer = await this.#send((progress) => this.#become("sending", progress), this.#abort.signal)
      if (failures === TRIES_AGAIN || !PASSES.includes(answer.status)) return this.settle(answer)
      this.#become("again")
      await pause(delay(failures, 0))
    }
  }

  settle(/** @type {Answer} */ answer) {
    this.answer = answer
    this.#become(wasTaken(answer) ? "sent" : "failed")
  }

  cancel() {
    this.#become("cancelled")
    this.#abort.abort()
  }

  #become(/** @type {string} */ state, progress = this.progress) {
    if (this.state === "cancelled") return
    Object.assign(this, { state, progress })
    this.changed()
  }
}

/**
 * A request with the progress of its body; without an answer its status is 0.
 * @param {string} url @param {FormData} body @param {Record<string, string>} headers
 * @param {(progress: number) => void} progressed @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function post(url, body, headers, progressed, signal) {
  return new Promise((done) => {
    const request = new XMLHttpRequest()
    const stalled = new Later(STALLED, () => request.abort())
    request.open("POST", url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => {
      stalled.ask()
      progressed(loaded / total)
    }
    request.onloadend = () => {
      stalled.forget()
      done({
        status: request.status,
        type: request.getResponseHeader("Content-Type") ?? "",
        text: request.responseText,
      })
    }
    signal.addEventListener("abort", () => request.abort())
    stalled.ask()
    request.send(body)
  })
}

/** A photo of an iPhone as JPEG, where the browser can read it; all others as they are. */
export async function readable(/** @type {File} */ file) {
  if (!PHOTO.test(file.name) && !/^image\/hei[cf]$/.test(file.type)) return file
  try {
    const blob = await asJpeg(await createImageBitmap(file))
    return blob ? new File([blob], file.name.replace(PHOTO, ".jpg"), { type: "image/jpeg" }) : file
  } catch {
    return file
  }
}

/** @returns {Promise<Blob?>} */
function asJpeg(/** @type {ImageBitmap} */ image) {
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height))
  const [width, height] = [image.width, image.height].map((side) => Math.round(side * scale))
  const canvas = Object.assign(document.createElement("canvas"), { width, height })
  canvas.getContext("2d")?.drawImage(image, 0, 0, width, height)
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9))
}

/** Files that were dropped or pasted; folders are none, and of copied words that are also a picture the words count. */
export function filesOf(/** @type {DataTransfer?} */ given) {
  const words = given?.types.includes("text/plain") && given.types.includes("text/html")
  const items = words ? [] : [...(given?.items ?? [])]
  const files = items.filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory)
  return /** @type {File[]} */ (files.map((item) => item.getAsFile()).filter(Boolean))
}

// The page on which to sign in also comes with success.
function wasTaken(/** @type {Answer} */ { status, type }) {
  return status < 300 && type.startsWith("text/vnd.turbo-stream.html")
}

// Until the time is over, or the connection comes back.
function wait(/** @type {number} */ milliseconds) {
  return new Promise((done) => {
    setTimeout(done, milliseconds)
    addEventListener("online", done, { once: true })
  })
}
