import { appendFileSync, closeSync, copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface Log {
  /** Given to a process as its standard output: what it says costs the runner nothing. */
  output: number
  /** Keeps what comes on standard error, and shows it. */
  errors(stream: Readable | null, show: (line: string) => void): void
  lastError(): string | null
  close(): void
}

/** Of a crash, Node prints the error between its stack and its own version. */
const tellsMore = (line: string) => !/^\s+at |^\s*[}^~]|^Node\.js v/.test(line)

const MAX_BYTES = 5 * 1024 * 1024
const LOOK_EVERY_MS = 5_000

/** The log of one process, in `<folder>/<name>.log`; the half before it is kept as `.1`. */
export function openLog(folder: string, name: string): Log {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${name}.log`)
  // Opened to append: a process that goes on writing after the file was emptied writes at its new beginning.
  const output = openSync(file, 'a+', 0o600)
  let last: string | null = null
  const timer = setInterval(() => rotate(file, output), LOOK_EVERY_MS)
  timer.unref()
  return {
    output,
    errors(stream, show) {
      if (!stream) return
      createInterface(stream).on('line', line => {
        appendFileSync(file, `${line}\n`)
        if (line.trim() === '') return
        if (tellsMore(line)) last = line
        show(line)
      })
    },
    lastError: () => last,
    close() {
      clearInterval(timer)
      closeSync(output)
    },
  }
}

function rotate(file: string, output: number): void {
  if (fstatSync(output).size <= MAX_BYTES) return
  copyFileSync(file, `${file}.1`)
  ftruncateSync(output)
}

const ERROR_LINE = /^\{"severity":"(?:ERROR|CRITICAL)".*$/gm
const MOST_READ = 256 * 1024

/** Reads what was added to a log since the last call, and tells of the errors in it. */
export function errorReader(log: Log): () => string[] {
  let at = fstatSync(log.output).size
  return () => {
    const { size } = fstatSync(log.output)
    if (size < at) at = 0 // it was rotated
    const from = Math.max(at, size - MOST_READ)
    at = size
    if (size === from) return []
    const buffer = Buffer.alloc(size - from)
    readSync(log.output, buffer, 0, buffer.length, from)
    return [...buffer.toString().matchAll(ERROR_LINE)].map(([line]) => line)
  }
}
