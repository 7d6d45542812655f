import { describe, expect, it } from 'vitest'
import { FileTooLarge, readDailyFile, readTradeFile } from '../../../../shared/runtime/read-backtest.ts'

const MEGABYTE = 2 ** 20

/** A file of so many bytes or a line more, as it comes over a wire; never whole in memory. */
async function* fileOf(bytes: number, head: string, line: string) {
  yield Buffer.from(`${head}\n`)
  const lines = Buffer.from(`${line}\n`.repeat(2_000))
  for (let sent = 0; sent < bytes; sent += lines.length) yield lines
}

describe('a backtest’s file', () => {
  it('of 10 MB is read in bounded memory', async () => {
    const before = process.memoryUsage()
    let most = 0
    async function* watched() {
      for await (const chunk of fileOf(10 * MEGABYTE, 'entry_date,exit_date,return', '2024-01-02,2024-01-04,0.0125')) {
        const { heapUsed, arrayBuffers } = process.memoryUsage()
        most = Math.max(most, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers)
        yield chunk
      }
    }
    const { result } = await readTradeFile(watched(), 12 * MEGABYTE)
    expect(result.kind).toBe('trades')
    // Most of it is what is not collected yet.
    expect(most).toBeLessThan(96 * MEGABYTE)
  })

  it('is left where it passes its limit, with no more of it read', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read += MEGABYTE
        yield Buffer.alloc(MEGABYTE, 'x')
      }
    }
    await expect(readDailyFile(endless(), 3 * MEGABYTE)).rejects.toBeInstanceOf(FileTooLarge)
    expect(read).toBeLessThanOrEqual(4 * MEGABYTE)
  })
})
