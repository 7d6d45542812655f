import type { BarSizeSetting, WhatToShow } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import { BrokerConnectionError, type DailyClose } from '../broker.ts'
import { contractOf } from './contracts.ts'
import type { Core } from './core.ts'
import { exact } from './exact.ts'

/** TWS lets a login ask 60 times in ten minutes for the past. */
const MOST_ASKED = 50
const ASKED_WITHIN_MS = 10 * 60_000
/** Years of days take their time. */
const PATIENCE = 4
const DAYS_A_YEAR = 250

const shown: Partial<Record<InstrumentDocument['asset_class'], `${WhatToShow}`>> = { FOREX: 'MIDPOINT', CRYPTO: 'AGGTRADES' }

/** More than enough calendar days, weekends and holidays counted. */
const spanOf = (days: number): string =>
  days < DAYS_A_YEAR ? `${Math.min(365, Math.ceil(days * 1.6) + 7)} D` : `${Math.ceil(days / DAYS_A_YEAR)} Y`

/** What instruments closed at on their last days, splits undone, today's not among them. */
export function openDailyCloses(core: Core): (instrument: InstrumentDocument, days: number) => Promise<DailyClose[]> {
  const asked: number[] = []
  return async (instrument, days) => {
    const { connection, questions, settings, now } = core
    const at = performance.now()
    while ((asked[0] ?? at) < at - ASKED_WITHIN_MS) asked.shift()
    if (asked.length >= MOST_ASKED) throw new BrokerConnectionError(sentence('PACED', { question: 'daily closes', most: MOST_ASKED }))
    asked.push(at)
    const req_id = questions.nextRequest()
    const bars = await questions.ask<{ day: string; close: number }>({
      key: req_id,
      name: 'daily closes',
      within_ms: settings.request_ms * PATIENCE,
      send: () =>
        connection.send('question', api => {
          const what = (shown[instrument.asset_class] ?? 'TRADES') as WhatToShow
          api.reqHistoricalData(req_id, contractOf(instrument), '', spanOf(days), '1 day' as BarSizeSetting, what, 1, 1, false)
        }),
    })
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: settings.time_zone }).format(now())
    return bars
      .map(({ day, close }) => ({ day: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`, close: exact(close) ?? ZERO }))
      .filter(({ day, close }) => day < today && close.gt(0))
      .slice(-days)
  }
}
