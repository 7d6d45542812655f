import { flushCompileCache } from 'node:module'

// Loaded by every child of the runner before anything else: a child ends when the runner is gone, however that happened.

let go: () => void = () => undefined
const allowed = new Promise<void>(resolve => {
  go = resolve
})

const TIME_TO_LEAVE_MS = 2_000
const KEEP_COMPILED_AFTER_MS = 3_000

if (process.channel) {
  process.on('message', message => {
    if (message === 'go') go()
  })
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), TIME_TO_LEAVE_MS).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  process.channel.unref()
} else go() // started by hand

/** Resolves when the runner says that what this process builds on is there. */
export async function allowedToServe(): Promise<void> {
  process.channel?.ref()
  await allowed
  process.channel?.unref()
  // A process that is killed keeps nothing by itself; its next life shall start as quickly as one that ended in order.
  setTimeout(flushCompileCache, KEEP_COMPILED_AFTER_MS).unref()
}

/** Runs once when the process is told to stop, then ends it; at the latest after 2 s. */
export function onStop(close: () => Promise<unknown> | unknown): void {
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(0), TIME_TO_LEAVE_MS).unref()
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
