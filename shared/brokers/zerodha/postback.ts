import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { App } from './connection.ts'
import { parseExactly } from './wire.ts'

const id = z.union([z.string().min(1), z.number()]).transform(String)
const posted = z.object({
  order_id: id,
  order_timestamp: z.string().min(1),
  checksum: z.string().regex(/^[0-9a-f]{64}$/i),
  user_id: z.string().min(1),
  tag: z
    .string()
    .nullish()
    .transform(tag => tag || null),
})

/** What Kite posts when an order changes: whose order of which id it is. The rest is asked for. */
export type Postback = Pick<z.output<typeof posted>, 'order_id' | 'user_id' | 'tag'>

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The clock as Kite wrote it: its checksum is over that text. */
const asWritten = (stamp: string): string => stamp.replace(/^(\S+)T(\S+)\+05:30$/, '$1 $2')

/** A postback that proves itself by the app's secret; null for any other text. */
export function readPostback(text: string, { api_secret }: Pick<App, 'api_secret'>): Postback | null {
  let told: unknown
  try {
    told = parseExactly(text)
  } catch {
    return null
  }
  const parsed = posted.safeParse(told)
  if (!parsed.success) return null
  const { order_id, order_timestamp, checksum, user_id, tag } = parsed.data
  const proof = sha256(`${order_id}${asWritten(order_timestamp)}${api_secret}`)
  return timingSafeEqual(proof, Buffer.from(checksum, 'hex')) ? { order_id, user_id, tag } : null
}
