const PATIENCE = 10_000
const NEW_SESSION_WITHIN = 1_000

/**
 * The address of what happened since `version`, and since the positions of some replies.
 * @param {string} path @param {string} base
 * @param {{ conversation?: string, version: number, replies: Pick<Follower, "reply" | "position">[] }} question
 */
export function catchUpUrl(path, base, { conversation, version, replies }) {
  const url = new URL(path, base)
  if (conversation) url.searchParams.set("conversation", conversation)
  url.searchParams.set("version", String(version))
  for (const { reply, position } of replies) url.searchParams.append("follow", `${reply}@${position}`)
  return url
}

/**
 * What the socket would have sent; null when signed out or kept out by the site, undefined when there is no answer.
 * @param {URL} url @returns {Promise<CaughtUp | null | undefined>}
 */
export async function catchUp(url) {
  try {
    const response = await fetch(url, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) })
    if (response.type === "opaqueredirect" || response.headers.has("X-Parley-Refused")) return null
    return response.ok ? await response.json() : undefined
  } catch {
    return undefined
  }
}

/**
 * Ask a while after a session has ended. The answer to another tab that brings a new one, with a new password, may
 * still be on its way, and Django would answer the old cookie by deleting the cookie, whichever it is by then.
 * @template T @param {() => Promise<T>} ask
 */
export async function withNewSession(ask) {
  await new Promise((done) => setTimeout(done, NEW_SESSION_WITHIN))
  return ask()
}
