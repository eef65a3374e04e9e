// Types that the scripts share. They are global, so that a script names them without an import.

/** An event of which the target, and the element that listens, are of this kind. */
type On<E extends Event = Event, T extends EventTarget = HTMLElement> = E & { target: T; currentTarget: T }

/** The event of this name. */
type Fired<K extends keyof GlobalEventHandlersEventMap> = GlobalEventHandlersEventMap[K]

/** How changes reach the page: over the socket, by asking again and again, or not at all. */
type ConnectionState = "up" | "polling" | "down"

interface GlobalEventHandlersEventMap {
  "parley:connection": CustomEvent<{ state: ConnectionState }>
  "parley:signed-out": Event
  "parley:upserted": CustomEvent<{ from?: string }>
}

/** A position in a reply: "attempt-sequence", or "0" before its first frame. */
type Position = string

/** What a frame changes: the whole (null, …blocks), text for the last block, or triples (block, keep, tail). */
type Payload = (string | number | null | End)[]

/** The end of a reply that a page has all of: the version that shows it as settled, and what stands below the text. */
interface End {
  version: number
  meta: string
}

/** A frame on the socket, after the name of its follower, and its position or only the second number of that. */
type Frame = [name: number, position: Position | number, ...Payload]

/** What the socket brings; a message without a version is a sign of life. */
type Message = Frame | Changes | { pong: true }

/** What shows a reply that is being written, and takes its frames. */
interface Follower {
  readonly reply: string
  position: Position
  receive(position: Position, payload: Payload): void
}

/** What the server sends beside frames: the version that the page shows after these Turbo Streams. */
interface Changes {
  version: number
  stream?: string
}

/** The answer of the catch-up address: changes, and frames that begin with the index of their reply in the question. */
interface CaughtUp extends Changes {
  frames: [number, Position, ...Payload][]
}

/** What a connection calls its owner with. */
interface ConnectionOwner {
  url(): URL
  expects(): boolean
  opened(): void
  received(message: Message): void
  lost(blocked: boolean): void
  signedOut(): void
}

/** What a server says to an upload: 0, "" and "" without an answer. */
interface Answer {
  status: number
  type: string
  text: string
}
type Send = (progressed: (progress: number) => void, signal: AbortSignal) => Promise<Answer>

/** What Mermaid is asked to draw, and what it answers. */
interface Drawing {
  source: string
  theme: string
}
interface Drawn {
  svg?: string
  problem?: string
}

/** That of the host's page, or ours. */
interface Window {
  Turbo?: unknown
}

declare const mermaid: typeof import("mermaid").default

// What scripts look for in a page is HTML, and never SVG or MathML, unless they name such an element.
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selectors: K): HTMLElementTagNameMap[K] | null
  querySelector<K extends keyof SVGElementTagNameMap>(selectors: K): SVGElementTagNameMap[K] | null
  querySelector<E extends HTMLElement = HTMLElement>(selectors: string): E | null
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selectors: K): NodeListOf<HTMLElementTagNameMap[K]>
  querySelectorAll<E extends HTMLElement = HTMLElement>(selectors: string): NodeListOf<E>
}
interface Element {
  closest<E extends HTMLElement = HTMLElement>(selectors: string): E | null
}

// What the types of the browser and of Turbo do not have yet.
type TurboNavigator = import("@hotwired/turbo").Navigator & { currentVisit?: { isPageRefresh: boolean } }
interface HTMLElement {
  showPopover(options?: { source?: HTMLElement }): void
}

type Targets<T extends Record<string, new () => Element>> = {
  [Name in keyof T & string as `${Name}Target`]: InstanceType<T[Name]>
} & {
  [Name in keyof T & string as `${Name}Targets`]: InstanceType<T[Name]>[]
} & {
  [Name in keyof T & string as `has${Capitalize<Name>}Target`]: boolean
}
type Values<V extends Record<string, StringConstructor | NumberConstructor>> = {
  [Name in keyof V & string as `${Name}Value`]: ReturnType<V[Name]>
}
