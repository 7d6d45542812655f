import { averagePrice, bookFill, emptyHolding } from '../../shared/domain/account/book-fill.ts'
import { type Decimal, sum } from '../../shared/domain/money/decimal.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Fill, fillsOfPosition, realizedWrites } from '../../shared/store/fills.ts'
import { type Position, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { writeTogether } from '../../shared/store/write-together.ts'

type FillMark = NonNullable<Position['last_fill']>

const isLater = (one: FillMark, other: FillMark): boolean =>
  one.time > other.time || (one.time.getTime() === other.time.getTime() && one.execution_id > other.execution_id)

export const laterFill = (known: FillMark | undefined, { time, execution_id }: Fill): FillMark => {
  const mark = { time, execution_id }
  return known && isLater(known, mark) ? known : mark
}

/** A position computed anew from all its fills, by their times: after a correction, a late commission, or a fill from before others. */
export async function rebuildPosition(store: Store, start: Position): Promise<Position> {
  for (;;) {
    const position = (await positionOf(store, start)) ?? start
    const fills = await fillsOfPosition(
      store,
      position,
      position.pending_fills.map(({ execution_id }) => execution_id),
    )
    const { next, realized } = replayed(position, fills)
    if (!(await replacePosition(store, next))) continue
    if (realized.size > 0) await writeTogether(store, realizedWrites(position.account_id, realized))
    return { ...next, version: next.version + 1 }
  }
}

function replayed(position: Position, fills: Fill[]): { next: Position; realized: Map<string, Decimal> } {
  const realized = new Map<string, Decimal>()
  const sorted = [...fills].sort((one, other) => (isLater(one, other) ? 1 : -1))
  let holding: ReturnType<typeof bookFill> = emptyHolding
  let opened_at = position.opened_at
  for (const fill of sorted) {
    const after = bookFill(holding, fill, fill.multiplier)
    if (holding.quantity.isZero()) opened_at = fill.time
    realized.set(fill.execution_id, after.realized_pnl.minus(holding.realized_pnl))
    holding = after
  }
  const next: Position = {
    ...position,
    ...holding,
    status: holding.quantity.isZero() ? 'CLOSED' : 'OPEN',
    avg_price: averagePrice(holding, position.instrument.multiplier),
    fees: sum(sorted.map(({ commission }) => commission)),
    pending_fills: position.pending_fills.map(each => ({ ...each, realized_pnl: realized.get(each.execution_id) ?? each.realized_pnl })),
    opened_at,
    updated_at: now(),
  }
  const last = sorted.at(-1)
  if (last) next.last_fill = { time: last.time, execution_id: last.execution_id }
  return { next, realized }
}
