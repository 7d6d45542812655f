import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { rounded, spreadMs, type Table } from './figures.ts'

const measured = z.object({
  taken: z.array(z.number()),
  rate: z.object({ orders: z.number(), asked_per_second: z.number(), ms: z.number(), most: z.number(), pacing_errors: z.number() }),
  standing: z.number(),
  reconnect_ms: z.number(),
  ticks: z.object({ ticks: z.number(), rss_before: z.number(), rss_after: z.number(), ms: z.number() }),
})

const main = fileURLToPath(new URL('./ibkr/main.ts', import.meta.url))
const mb = (bytes: number): number => Math.round(bytes / 1e6)

/** Interactive Brokers over its simulated gateway, each in a process of its own. */
export async function measureIbkr(): Promise<Table[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [main], { maxBuffer: 16 * 1024 * 1024 })
  const { taken, rate, standing, reconnect_ms, ticks } = measured.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  return [
    {
      title: 'Interactive Brokers: place → acknowledged, over its simulated gateway',
      rows: [{ step: 'limit orders, one every 30 ms', ...spreadMs(taken) }],
    },
    {
      title: 'Interactive Brokers: orders asked for faster than may be sent',
      rows: [
        {
          orders: rate.orders,
          'asked per second': rate.asked_per_second,
          's until all were acknowledged': rounded(rate.ms / 1000),
          'most messages in a second': rate.most,
          'pacing errors': rate.pacing_errors,
        },
      ],
      notes: ['At most 49 messages are sent in any second: orders asked for faster wait for their turn.'],
    },
    {
      title: 'Interactive Brokers: way back',
      rows: [{ 'open orders': standing, 'ms to reconnect and reconcile': rounded(reconnect_ms) }],
    },
    {
      title: 'Interactive Brokers: memory of the process that follows prices',
      rows: [{ ticks: ticks.ticks, s: rounded(ticks.ms / 1000), 'MB before': mb(ticks.rss_before), 'MB after': mb(ticks.rss_after) }],
    },
  ]
}
