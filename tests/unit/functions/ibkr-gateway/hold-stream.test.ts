import { afterEach, describe, expect, it } from 'vitest'
import { type Held, holdStream } from '../../../../functions/ibkr-gateway/hold-stream.ts'
import type { Broker, StreamReport } from '../../../../shared/brokers/broker.ts'

const ending: AbortController[] = []
afterEach(() => {
  for (const each of ending) each.abort()
})

/** A broker whose stream is driven by the test. */
function driven(changes: { connect?: () => Promise<void> } = {}) {
  const opened: { tell: (report: StreamReport) => void; closed: boolean }[] = []
  const broker = {
    connect: changes.connect ?? (async () => undefined),
    stream: async (_accounts: readonly string[], tell: (report: StreamReport) => void) => {
      const one = { tell, closed: false }
      opened.push(one)
      return async () => {
        one.closed = true
      }
    },
  } as unknown as Broker
  return { broker, opened }
}

function hold(broker: Broker, changes: Partial<Held> = {}) {
  const seen: string[] = []
  const end = new AbortController()
  ending.push(end)
  const held: Held = {
    broker: async () => broker,
    accounts: ['A'],
    take: ({ kind }) => void seen.push(kind),
    opened: async () => void seen.push('opened'),
    lost: async reason => void seen.push(`lost: ${reason.replace(/\d+/, 'n')}`),
    silentMs: 60,
    againAfterMs: [1],
    ...changes,
  }
  return { seen, end, running: holdStream(held, end.signal) }
}

describe('holding a stream', () => {
  it('takes one that says nothing for dead, closes it and opens another', async () => {
    const { broker, opened } = driven()
    const { seen } = hold(broker)
    await expect.poll(() => opened.length).toBeGreaterThanOrEqual(2)
    expect(opened[0]?.closed).toBe(true)
    expect(seen.slice(0, 3)).toEqual(['opened', 'lost: nothing heard for n ms', 'opened'])
  })

  it('keeps one that goes on saying that it lives', async () => {
    const { broker, opened } = driven()
    const { seen } = hold(broker)
    await expect.poll(() => opened.length).toBe(1)
    const began = performance.now()
    await expect
      .poll(
        () => {
          opened[0]?.tell({ kind: 'status', status: 'CONNECTED' })
          return performance.now() - began
        },
        { interval: 10 },
      )
      .toBeGreaterThan(200)
    expect(opened).toHaveLength(1)
    expect(seen).not.toContain('lost: nothing heard for n ms')
  })

  it('opens anew at once what says that it is cut off', async () => {
    const { broker, opened } = driven()
    const { seen } = hold(broker, { silentMs: 60_000 })
    await expect.poll(() => opened.length).toBe(1)
    opened[0]?.tell({ kind: 'status', status: 'DISCONNECTED' })
    await expect.poll(() => opened.length).toBe(2)
    expect(seen).toEqual(['opened', 'status', 'lost: the stream says DISCONNECTED', 'opened'])
  })

  it('goes on trying while the broker cannot be reached', async () => {
    let refusals = 3
    const { broker, opened } = driven({
      connect: async () => {
        refusals -= 1
        if (refusals >= 0) throw new Error('unreachable')
      },
    })
    const { seen } = hold(broker)
    await expect.poll(() => opened.length).toBeGreaterThanOrEqual(1)
    expect(seen.slice(0, 4)).toEqual(['lost: unreachable', 'lost: unreachable', 'lost: unreachable', 'opened'])
  })

  it('closes what it holds when it is told to end', async () => {
    const { broker, opened } = driven()
    const { end, running, seen } = hold(broker, { silentMs: 60_000 })
    await expect.poll(() => seen).toEqual(['opened'])
    end.abort()
    await running
    expect(opened[0]?.closed).toBe(true)
    expect(seen).toEqual(['opened'])
  })
})
