import { allCollections } from '../../shared/store/collection.ts'
import { declareCollections } from '../declare-collections.ts'

await declareCollections()

const keyOf = (key: Record<string, unknown>): string =>
  Object.keys(key)
    .map(name => `\`${name}\``)
    .join(' + ')

/** Name, key that only one document has, and how long it is kept, of every collection. */
export const collectionRows = (): string[][] =>
  allCollections
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, indexes, retention }) => {
      const unique = indexes.filter(index => index.unique).map(({ key }) => keyOf(key))
      return [`\`${name}\``, unique.join('; ') || '`_id`', retention]
    })
