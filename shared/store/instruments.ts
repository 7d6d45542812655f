import { type InstrumentDocument, instrument, type QuoteDocument, quote } from '../messages/instrument.ts'
import { cached } from './cached.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'
import { readOne, readTogether } from './query.ts'

export const instruments = collection('instruments', {
  schema: instrument,
  indexes: [{ key: { instrument_id: 1 }, unique: true }, { key: { symbol: 1 } }, { key: { continuous_of: 1 } }],
  retention: 'forever',
})

const readInstrument = cached((store, instrument_id) => readOne(store, { in: instruments, filter: { instrument_id } }))

/** At most a second old. */
export const instrumentById = (store: Store, instrument_id: string): Promise<InstrumentDocument | null> =>
  readInstrument(store, instrument_id)

/** At most a second old; those that are not there are left out. */
export async function instrumentsById(store: Store, instrument_ids: Iterable<string>): Promise<Map<string, InstrumentDocument>> {
  const found = await Promise.all([...new Set(instrument_ids)].map(id => readInstrument(store, id)))
  return new Map(found.flatMap(instrument => (instrument ? [[instrument.instrument_id, instrument] as const] : [])))
}

const readBySymbols = cached(async (store, key) => {
  const symbols = key.split('\n')
  const { named, continuous } = await readTogether(store, {
    named: { in: instruments, filter: { symbol: { $in: symbols } } },
    continuous: { in: instruments, filter: { continuous_of: { $in: symbols } } },
  })
  const found = [...named, ...continuous]
  return found.length > 0 ? found : null
})

/** Every instrument that goes by one of these symbols or continuous symbols, at most a second old. Uses (symbol) and (continuous_of). */
export const instrumentsBySymbol = async (store: Store, symbols: readonly string[]): Promise<InstrumentDocument[]> =>
  (await readBySymbols(store, symbols.join('\n'))) ?? []

export const allInstruments = async (store: Store): Promise<InstrumentDocument[]> => {
  const found = await instruments.in(store).find({}).sort({ instrument_id: 1 }).toArray()
  return found.map(document => instruments.read(document))
}

export const quotes = collection('quotes', {
  schema: quote,
  indexes: [{ key: { instrument_id: 1 }, unique: true }],
  retention: 'forever',
})

/** Stores an instrument's newest prices, unless newer ones are there. */
export async function storeQuote(store: Store, { instrument_id, ...rest }: QuoteDocument): Promise<void> {
  try {
    await quotes.in(store).updateOne({ instrument_id, as_of: { $lt: rest.as_of } }, { $set: rest }, { upsert: true })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error // newer ones are there: the upsert tried to insert beside them
  }
}

export const quotesQuery = (instrument_ids: string[]) => ({ in: quotes, filter: { instrument_id: { $in: instrument_ids } } })

export const quotesOf = async (store: Store, instrument_ids: string[]) => {
  const { found } = await readTogether(store, { found: quotesQuery(instrument_ids) })
  return new Map(found.map(one => [one.instrument_id, one]))
}

/** Replaces what is known of an instrument's price. */
export const putQuote = async (store: Store, { instrument_id, ...price }: QuoteDocument): Promise<void> => {
  await quotes.in(store).updateOne({ instrument_id }, { $set: price }, { upsert: true })
}

/** Instruments that a venue has a name of its own for. */
export const instrumentsNamedAt = async (store: Store, venue: string): Promise<InstrumentDocument[]> => {
  const found = await instruments
    .in(store)
    .find({ [`broker_symbols.${venue}`]: { $exists: true } })
    .toArray()
  return found.map(document => instruments.read(document))
}

/** How brokers' adapters look instruments up. A venue's own names come before ours. */
export const instrumentNames = (store: Store) => ({
  byId: (instrument_id: string) => instrumentById(store, instrument_id),
  bySymbol: async (venue: string, symbol: string): Promise<InstrumentDocument | null> => {
    const named = await instruments.in(store).findOne({ [`broker_symbols.${venue}`]: symbol })
    return named ? instruments.read(named) : ((await instrumentsBySymbol(store, [symbol]))[0] ?? null)
  },
})
