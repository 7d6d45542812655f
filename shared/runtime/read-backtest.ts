import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DailyResult, finishDaily, readDailyLine, startDaily } from '../domain/backtest/daily-reader.ts'
import { finishTrades, readTradeLine, startTrades, type TradeResult } from '../domain/backtest/trade-reader.ts'

/** Bytes as they come: a file's stream, a download, or a body that is already there. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** A line longer than this is no line of a table. */
const LONGEST_LINE = 10_000
const NEWLINE = 10
/** After so many lines others have their turn. */
const TURN = 2_000

/** @throws FileTooLarge */
export class FileTooLarge extends Error {}

export interface ReadFile<T> {
  result: T
  /** SHA-256 of the bytes. */
  hash: string
  bytes: number
}

export const readDailyFile = (chunks: Chunks, limit: number): Promise<ReadFile<DailyResult>> => {
  const reading = startDaily()
  return readLines(chunks, { limit, line: text => readDailyLine(reading, text), finish: () => finishDaily(reading) })
}

export const readTradeFile = (chunks: Chunks, limit: number): Promise<ReadFile<TradeResult>> => {
  const reading = startTrades()
  return readLines(chunks, { limit, line: text => readTradeLine(reading, text), finish: () => finishTrades(reading) })
}

interface Reader<T> {
  /** Bytes. */
  limit: number
  line(text: string): void
  finish(): T
}

/** Goes through a file line by line; no more of it is held than one piece and the rest of a line. */
async function readLines<T>(chunks: Chunks, { limit, line, finish }: Reader<T>): Promise<ReadFile<T>> {
  const hash = createHash('sha256')
  let bytes = 0
  let rest = Buffer.alloc(0)
  let lines = 0
  const tell = (text: Buffer) => line(text.toString('utf8', 0, Math.min(text.length, LONGEST_LINE)).replace(/^\uFEFF/, ''))
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > limit) throw new FileTooLarge(`the file has more than ${limit} bytes`)
    hash.update(chunk)
    const piece = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      tell(piece.subarray(from, end))
      from = end + 1
      lines += 1
      if (lines % TURN === 0) await nextTurn()
    }
    rest = Buffer.from(piece.subarray(from, Math.min(piece.length, from + LONGEST_LINE)))
  }
  if (rest.length > 0) tell(rest)
  return { result: finish(), hash: hash.digest('hex'), bytes }
}
