import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import { filesOf, post, readable, Upload, Uploads } from "./upload.js"

const TAKEN = { status: 201, type: "text/vnd.turbo-stream.html; charset=utf-8", text: "<turbo-stream>" }
const REFUSED = { status: 422, type: "text/plain; charset=utf-8", text: "“notes.txt” is empty." }
const NOTHING = { status: 0, type: "", text: "" }
const at_once = async () => {}

function uploadOf(...answers) {
  const states = []
  const upload = new Upload(async (progressed) => {
    progressed(0.5)
    return answers.length > 1 ? answers.shift() : answers[0]
  })
  upload.changed = () => states.push(`${upload.state} ${upload.progress}`)
  return { upload, states }
}

test("a file is sent once, with its progress", async () => {
  const { upload, states } = uploadOf(TAKEN)
  await upload.run(at_once)
  assert.deepEqual(states, ["sending 0", "sending 0.5", "sent 0.5"])
})

test("what is refused is not sent again, and says why", async () => {
  const { upload, states } = uploadOf(REFUSED)
  await upload.run(at_once)
  assert.equal(states.filter((state) => state === "sending 0").length, 1)
  assert.deepEqual([upload.state, upload.answer.text], ["failed", "“notes.txt” is empty."])
})

for (const status of [0, 403, 408, 429, 500, 502, 503, 504]) {
  test(`after ${status || "no answer"} it is tried again`, async () => {
    const { upload, states } = uploadOf({ ...NOTHING, status }, TAKEN)
    await upload.run(at_once)
    assert.equal(upload.state, "sent")
    assert(states.includes("again 0.5"))
  })
}

test("it is tried five times more, and then when somebody says so", async () => {
  const { upload, states } = uploadOf(NOTHING)
  await upload.run(at_once)
  assert.equal(states.filter((state) => state.startsWith("again")).length, 5)
  assert.deepEqual([upload.state, upload.isUnderWay], ["failed", false])
  await upload.run(at_once)
  assert.equal(states.filter((state) => state.startsWith("again")).length, 10)
})

test("the page on which to sign in is no success", async () => {
  const { upload } = uploadOf({ status: 200, type: "text/html", text: "Sign in" })
  await upload.run(at_once)
  assert.equal(upload.state, "failed")
})

test("what is taken out is ended, and its answer changes nothing", async () => {
  const states = []
  let signal
  const upload = new Upload((_, given) => {
    signal = given
    return new Promise((done) => signal.addEventListener("abort", () => done(NOTHING)))
  })
  upload.changed = () => states.push(upload.state)
  const run = upload.run(at_once)
  upload.cancel()
  await run
  assert.deepEqual([states, signal.aborted], [["sending", "cancelled"], true])
})

test("three files are sent at a time, the others in their order", async () => {
  const [uploads, out, ends] = [new Uploads(), [], []]
  for (const name of "abcde") {
    const send = () => new Promise((done) => out.push(name) && ends.push(() => done(TAKEN)))
    uploads.add(new Upload(send))
  }
  assert.deepEqual(out, ["a", "b", "c"])
  ends[1]()
  await new Promise(setImmediate)
  assert.deepEqual(out, ["a", "b", "c", "d"])
})

class FakeRequest {
  static last
  upload = {}
  headers = {}
  status = 0
  responseText = ""
  open = (...where) => Object.assign(this, { where })
  setRequestHeader = (name, value) => Object.assign(this.headers, { [name]: value })
  getResponseHeader = () => null
  send = (body) => Object.assign(FakeRequest, { last: Object.assign(this, { body }) })
  abort = () => this.onloadend()
}

test("a request tells its progress, and one that stalls is given up", async (t) => {
  globalThis.XMLHttpRequest = FakeRequest
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const seen = []
  const answer = post("/attachments/", "body", { Accept: "x" }, (part) => seen.push(part), new AbortController().signal)
  FakeRequest.last.upload.onprogress({ loaded: 1, total: 4 })
  t.mock.timers.tick(59_999)
  FakeRequest.last.upload.onprogress({ loaded: 2, total: 4 })
  t.mock.timers.tick(59_999)
  assert.deepEqual(seen, [0.25, 0.5])
  t.mock.timers.tick(1)
  assert.deepEqual(await answer, NOTHING)
  assert.deepEqual(FakeRequest.last.headers, { Accept: "x" })
})

const item = (name, isDirectory = false) => ({
  kind: "file",
  getAsFile: () => name,
  webkitGetAsEntry: () => ({ isDirectory }),
})

test("folders are no files, and copied words count more than the picture of them", () => {
  const items = [item("a.png"), item("folder", true), { kind: "string" }]
  assert.deepEqual(filesOf({ types: ["Files"], items }), ["a.png"])
  assert.deepEqual(filesOf({ types: ["text/plain", "Files"], items }), ["a.png"])
  assert.deepEqual(filesOf({ types: ["text/plain", "text/html", "Files"], items }), [])
  assert.deepEqual(filesOf(null), [])
})

beforeEach(() => {
  const canvas = { getContext: () => ({ drawImage() {} }), toBlob: (done, type) => done(new Blob(["x"], { type })) }
  globalThis.document = { createElement: () => ({ ...canvas }) }
})
afterEach(() => delete globalThis.createImageBitmap)

for (const [name, type] of [
  ["IMG_1.HEIC", ""],
  ["photo.heif", "image/heif"],
]) {
  test(`${name} becomes JPEG where the browser can read it`, async () => {
    globalThis.createImageBitmap = async () => ({ width: 2, height: 1 })
    const made = await readable(new File(["heic"], name, { type }))
    assert.deepEqual([made.name.slice(-4), made.type], [".jpg", "image/jpeg"])
  })

  test(`${name} stays as it is where the browser cannot`, async () => {
    const file = new File(["heic"], name, { type })
    assert.equal(await readable(file), file)
    globalThis.createImageBitmap = () => Promise.reject(new Error("unknown"))
    assert.equal(await readable(file), file)
  })
}

test("a photo of 48 megapixels is drawn on a canvas that phones have", async () => {
  const drawn = []
  const context = { drawImage: (_image, ...place) => drawn.push(place) }
  const canvas = { getContext: () => context, toBlob: (done) => done(new Blob(["x"])) }
  globalThis.document = { createElement: () => canvas }
  globalThis.createImageBitmap = async () => ({ width: 8064, height: 6048 })
  await readable(new File(["heic"], "a.heic"))
  assert.deepEqual([drawn, canvas.width, canvas.height], [[[0, 0, 4096, 3072]], 4096, 3072])
})

test("a photo that the browser cannot encode stays as it is, and is refused by its kind", async () => {
  const canvas = { getContext: () => null, toBlob: (done) => done(null) }
  globalThis.document = { createElement: () => canvas }
  globalThis.createImageBitmap = async () => ({ width: 2, height: 1 })
  const file = new File(["heic"], "a.heic")
  assert.equal(await readable(file), file)
})

test("other files stay as they are", async () => {
  globalThis.createImageBitmap = () => assert.fail()
  const file = new File([""], "heic.txt")
  assert.equal(await readable(file), file)
})
