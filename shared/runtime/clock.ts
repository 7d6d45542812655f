import { readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'

let offset_ms = 0

const readOffset = (file: string) => {
  try {
    offset_ms = Number(JSON.parse(readFileSync(file, 'utf8')).offset_ms) || 0
  } catch {
    offset_ms = 0 // no file yet, or half a file: the next change is read whole
  }
}

/** Where a test or a fault run moves the time of every process at once: a file `{"offset_ms": n}` named by CLOCK_FILE. */
export function followClockFile(file: string): void {
  readOffset(file)
  watch(dirname(file), { persistent: false }, () => readOffset(file))
}

/** The time of the system. Nothing else in product code reads the machine's clock for a decision. */
export const now = (): Date => new Date(Date.now() + offset_ms)
