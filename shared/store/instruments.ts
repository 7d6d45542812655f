import { instrument, quote } from '../messages/instrument.ts'
import { collection, readOrNull, type Store } from './collection.ts'

export const instruments = collection('instruments', {
  schema: instrument,
  indexes: [{ key: { instrument_id: 1 }, unique: true }, { key: { symbol: 1 } }, { key: { continuous_of: 1 } }],
  retention: 'forever',
})

export const instrumentById = async (store: Store, instrument_id: string) =>
  readOrNull(instruments, await instruments.in(store).findOne({ instrument_id }))

export const instrumentsById = async (store: Store, instrument_ids: string[]) => {
  const found = await instruments
    .in(store)
    .find({ instrument_id: { $in: instrument_ids } })
    .toArray()
  return new Map(found.map(document => instruments.read(document)).map(document => [document.instrument_id, document]))
}

/** Every instrument that goes by this symbol or continuous symbol. Uses (symbol) and (continuous_of). */
export const instrumentsBySymbol = async (store: Store, symbol: string) => {
  const [named, continuous] = await Promise.all([
    instruments.in(store).find({ symbol }).toArray(),
    instruments.in(store).find({ continuous_of: symbol }).toArray(),
  ])
  return [...named, ...continuous].map(document => instruments.read(document))
}

export const quotes = collection('quotes', {
  schema: quote,
  indexes: [{ key: { instrument_id: 1 }, unique: true }],
  retention: 'forever',
})

export const quoteOf = async (store: Store, instrument_id: string) => readOrNull(quotes, await quotes.in(store).findOne({ instrument_id }))

export const quotesOf = async (store: Store, instrument_ids: string[]) => {
  const found = await quotes
    .in(store)
    .find({ instrument_id: { $in: instrument_ids } })
    .toArray()
  return new Map(found.map(document => quotes.read(document)).map(document => [document.instrument_id, document]))
}
