import { delay } from "./backoff.js"

const PING_EVERY = 20_000
const QUIET_AFTER = 5_000
const ANSWER_WITHIN = 5_000
const SIGNED_OUT = 4401
const NOT_LET_IN = 4403
const BLOCKED_AFTER = 2

/**
 * A WebSocket that connects again by itself.
 *
 * It asks for a sign of life now and then, and where its owner expects messages after some seconds without one. It
 * counts as blocked after two attempts in a row in which nothing arrived: a proxy may refuse the socket, or let it open
 * and swallow what it carries.
 */
export class Connection {
  /** @type {WebSocket | undefined} */
  #socket
  #deadline = 0
  #failures = 0
  #retry = 0
  #heartbeat = 0
  #quiet = 0
  #owner

  constructor(/** @type {ConnectionOwner} */ owner) {
    this.#owner = owner
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Connect at once, also when the next attempt would come later. */
  connect() {
    clearTimeout(this.#retry)
    if (this.#socket) return
    this.#socket = new WebSocket(this.#owner.url())
    this.#socket.onopen = () => this.#opened()
    this.#socket.onmessage = ({ data }) => this.#received(JSON.parse(data))
    this.#socket.onclose = ({ code }) => this.#closed(code)
    this.#await()
  }

  close() {
    clearTimeout(this.#retry)
    clearInterval(this.#heartbeat)
    clearTimeout(this.#quiet)
    this.#answered()
    if (!this.#socket) return
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close()
    this.#socket = undefined
  }

  /** Ask for a sign of life: without one the connection is given up. */
  check() {
    this.send({ do: "ping" })
    this.#await()
  }

  send(/** @type {object} */ message) {
    if (!this.isOpen) return
    this.#socket?.send(JSON.stringify(message))
    this.#listen()
  }

  #opened() {
    this.#answered()
    this.#heartbeat = setInterval(() => this.check(), PING_EVERY)
    this.#owner.opened()
    this.check()
  }

  #received(/** @type {Message} */ message) {
    this.#failures = 0
    this.#answered()
    this.#owner.received(message)
    this.#listen()
  }

  #closed(code = 0) {
    this.close()
    if (code === SIGNED_OUT) return this.#owner.signedOut()
    if (code === NOT_LET_IN) return this.#owner.lost(true)
    this.#retry = setTimeout(() => this.connect(), delay(this.#failures++, code))
    this.#owner.lost(this.#failures >= BLOCKED_AFTER)
  }

  #listen() {
    clearTimeout(this.#quiet)
    if (this.isOpen && this.#owner.expects()) this.#quiet = setTimeout(() => this.check(), QUIET_AFTER)
  }

  #await() {
    this.#deadline ||= setTimeout(() => this.#closed(), ANSWER_WITHIN)
  }

  #answered() {
    clearTimeout(this.#deadline)
    this.#deadline = 0
  }
}
