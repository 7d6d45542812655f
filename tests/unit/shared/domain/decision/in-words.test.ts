import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import { adviceFor, inWords, senderReason } from '../../../../../shared/domain/decision/in-words.ts'
import { entryChecks } from '../../../../../shared/domain/risk/entry-checks.ts'
import { crypto, held, legOf, money, now, only, signalOf, stateOf, stock, strategy } from './state-of.ts'

describe('a calculation in words', () => {
  it('says what was computed, with the figures in the sentence', () => {
    const figures = {
      allocation_pct: '10',
      allocated_capital: '100000.00',
      deployed: '0.00',
      available_capital: '100000.00',
      price: '100',
      wanted_quantity: '1000',
    }
    expect(inWords({ step: 'size', result: 'computed', figures }).text).toBe(
      'Your allocation of 10 % is 100000.00; 0.00 of it is in use, which leaves 100000.00 for this: 1000 at 100.',
    )
    expect(inWords({ step: 'margin', result: 'cut', figures: { margin: '500.00' } }).text).toBe(
      'It takes 500.00 of margin, which fits. The size was cut to fit.',
    )
  })

  it('has words for every step of an entry and of an exit', () => {
    const entry = only(decide({ signal: signalOf([legOf(stock)], { position_after: money(5) }), state: stateOf(), now }))
    const exit = only(
      decide({ signal: signalOf([legOf(stock, { action: 'SELL' })]), state: stateOf({ positions: [held(stock, 10)] }), now }),
    )
    const lines = [
      ...entry.calculation,
      ...exit.calculation,
      ...entryChecks.map(({ name }) => ({ step: name, result: 'denied', figures: {} })),
    ]
    for (const line of lines) expect(inWords(line).text, line.step).not.toBe(`${line.step}: ${line.result}.`)
  })

  it('shows no figure of another strategy, nor what it does not know', () => {
    const secret = 'ES_Futures'
    const lines = [
      { step: 'cvar', result: 'denied', figures: { marginal: '0.001', limit: '0.02', contributions: `${secret}=0.013`, [secret]: '0.4' } },
      { step: 'correlation', result: 'denied', figures: { with: secret, with_strategy: secret, joint_weight_pct: '55', threshold: '0.8' } },
      { step: 'margin', result: 'passed', figures: { margin: '1.00', free_fund: '399999.00', needed_fund_pct: '12.00', holders: secret } },
      { step: 'something new', result: 'passed', figures: { strategy: secret } },
    ]
    const told = JSON.stringify([
      lines.map(inWords),
      lines.map(line => senderReason({ reason_code: 'CVAR_LIMIT', reason: `CVAR_LIMIT: ${secret}=0.013` }, [line])),
    ])
    for (const hidden of [secret, '0.013', '399999', '12.00', '55']) expect(told).not.toContain(hidden)
  })

  it('gives each leg the figures of its own refusal', () => {
    const legs = decide({
      signal: signalOf([legOf(stock, { action: 'SELL', signal_type: 'EXIT' }), legOf(crypto, { requested_quantity: money(1) })]),
      state: stateOf({ strategy: strategy({ status: 'INACTIVE' }) }),
      now,
    })
    const calculation = legs.flatMap(leg => leg.calculation)
    expect(legs.map(leg => senderReason(leg, calculation))).toEqual([
      'NOTHING_TO_EXIT: position=0, claimed=0, working_entries=0, closing=0',
      'STRATEGY_INACTIVE: status=INACTIVE',
    ])
  })

  it('gives a refusal its own figures and what to do', () => {
    const calculation = [{ step: 'margin', result: 'denied', figures: { needed_pct: '43.1', limit_pct: '40', free_fund: '5' } }]
    expect(senderReason({ reason_code: 'MARGIN_EXCEEDED', reason: 'MARGIN_EXCEEDED: free_fund=5' }, calculation)).toBe(
      'MARGIN_EXCEEDED: needed_pct=43.1, limit_pct=40',
    )
    expect(adviceFor('MARGIN_EXCEEDED')).toContain('Wait for positions to close')
    expect(adviceFor(null)).toBeNull()
    expect(senderReason({ reason_code: null, reason: 'BUY 5 AAPL' }, calculation)).toBe('BUY 5 AAPL')
  })
})
