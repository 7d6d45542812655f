import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

const frozen = z.object({
  account_id: z.string(),
  instrument_id: z.string(),
  /** Signed quantities: the sum of what strategies and EXTERNAL hold, and what the broker says. */
  ours: decimal,
  theirs: decimal,
  at: date,
  ...outbox,
})
export type FrozenInstrument = z.output<typeof frozen>

/** Instruments that take no entries until a person has looked (rule 17). */
export const frozenInstruments = collection('frozen_instruments', {
  schema: frozen,
  indexes: [{ key: { account_id: 1, instrument_id: 1 }, unique: true }, ...outboxIndexes],
  retention: 'forever',
})

/** Freezes an instrument of an account; tells whether it was not frozen before. */
export async function freezeInstrument(store: Store, { account_id, instrument_id, ...rest }: FrozenInstrument): Promise<boolean> {
  const { upsertedCount } = await frozenInstruments
    .in(store)
    .updateOne({ account_id, instrument_id }, { $setOnInsert: rest }, { upsert: true })
  return upsertedCount === 1
}

/** Everything that is frozen: nothing, as a rule. */
export const frozenQuery = () => ({ in: frozenInstruments, filter: {} })

export const frozenOf = async (store: Store, account_id: string): Promise<FrozenInstrument[]> => {
  const found = await frozenInstruments.in(store).find({ account_id }).toArray()
  return found.map(frozenInstruments.read)
}

/** Lets entries through again; tells whether it was frozen. */
export async function unfreezeInstrument(store: Store, account_id: string, instrument_id: string): Promise<boolean> {
  return (await frozenInstruments.in(store).deleteOne({ account_id, instrument_id })).deletedCount === 1
}
