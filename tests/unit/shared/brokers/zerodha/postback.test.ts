import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readPostback } from '../../../../../shared/brokers/zerodha/postback.ts'

const app = { api_secret: 'appsecret' }
const told = { order_id: '261121000000017', order_timestamp: '2026-11-21 09:24:25', user_id: 'AB1234', tag: 'abc', price: 470.05 }
const checksum = createHash('sha256')
  .update('261121000000017' + '2026-11-21 09:24:25' + 'appsecret')
  .digest('hex')

describe('a postback', () => {
  it('is read where its checksum is over order, time and the app’s secret', () => {
    expect(readPostback(JSON.stringify({ ...told, checksum }), app)).toEqual({ order_id: '261121000000017', user_id: 'AB1234', tag: 'abc' })
  })

  it.each([
    ['another order', { ...told, order_id: '261121000000018', checksum }],
    ['another time', { ...told, order_timestamp: '2026-11-21 09:24:26', checksum }],
    ['no checksum', told],
    ['half a checksum', { ...told, checksum: checksum.slice(32) }],
  ])('of %s is none', (_what, body) => {
    expect(readPostback(JSON.stringify(body), app)).toBeNull()
  })

  it('that is no JSON is none', () => {
    expect(readPostback('order_id=1', app)).toBeNull()
  })
})
