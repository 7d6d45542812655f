import { describe, expect, it } from 'vitest'
import { alertBody, plain, read, refused } from './read.ts'

const pairs = (separator: string, fields: Record<string, unknown> = alertBody) =>
  Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(separator)

describe('a TradingView alert as text', () => {
  it.each([' ', ',', ';', ', ', '; ', '\n', '\r\n', '\t', ' ; '])('says the same as JSON with %j between its pairs', separator => {
    const { claim, input, format, raw } = read(pairs(separator))
    const { passphrase: _, ...rest } = alertBody
    expect(format).toBe('tradingview-text')
    expect(claim).toEqual({ reference: 'Forex', passphrase: 'open sesame' })
    expect(plain(input)).toEqual(plain(read(alertBody).input))
    expect(raw).toEqual(rest)
  })

  it('may have blanks inside a value, as the ids of orders do, and quotes around it', () => {
    const id = (text: string) => read(pairs(' ', { ...alertBody, order_id: text })).input.sender_signal_id
    expect(id('Close entry(s) order Long')).toBe('Close entry(s) order Long@2026-03-02T15:00:00.000Z')
    expect(id('"Close; Long"')).toBe('Close; Long@2026-03-02T15:00:00.000Z')
    expect(read(`ticker = "AUDCAD" ; action = 'buy' ; strategy_name = Forex`).input.legs).toMatchObject([
      { ticker: 'AUDCAD', action: 'BUY' },
    ])
  })

  it('may use other common names', () => {
    expect(plain(read('strategy=Forex symbol=ES1! side=SELL qty=2').input.legs)).toMatchObject([
      { ticker: 'ES1!', action: 'SELL', requested_quantity: '2' },
    ])
  })

  it('keeps a secret that holds an equals sign', () => {
    expect(read('strategy_name=Forex,passphrase=a=b==,ticker=AUDCAD,action=buy').claim.passphrase).toBe('a=b==')
  })

  it.each([
    ['strategy_name=Forex ticker=AUDCAD', '422 INVALID_SIGNAL action'],
    ['ticker=AUDCAD action=buy', '422 INVALID_SIGNAL strategy_name'],
    ['strategy_name=Forex action=buy', '422 UNKNOWN_FORMAT signal'],
    ['strategy_name=Forex ticker=AUDCAD action=buy action=sell', '422 INVALID_SIGNAL action'],
    ['strategy_name=Forex ticker=AUDCAD action=buy qty=1,000', '422 INVALID_SIGNAL qty'],
    ['strategy_name=Forex ticker=AUDCAD action=buy price=NaN', '422 INVALID_SIGNAL price'],
  ])('%s is refused as %s', (body, refusal) => {
    expect(refused(body)).toBe(refusal)
  })
})
