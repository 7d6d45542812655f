import type { Store } from './collection.ts'

/** Facts that a person changes now and then (the hierarchy, the symbol table) and daily rates may be this old. */
const FRESH_MS = 1_000

/**
 * A read of a slow-moving fact, remembered for a second by its key. What is not there is asked for every time, so that a thing just
 * created is seen at once. Never for anything that a decision must see the latest of: the kill switch, allocations, positions, margin.
 */
export function cached<V>(read: (store: Store, key: string) => Promise<V | null>): (store: Store, key: string) => Promise<V | null> {
  const remembered = new WeakMap<Store, Map<string, { value: V; until: number }>>()
  return async (store, key) => {
    const known = remembered.get(store) ?? new Map<string, { value: V; until: number }>()
    remembered.set(store, known)
    const hit = known.get(key)
    if (hit && hit.until > performance.now()) return hit.value
    const value = await read(store, key)
    if (value === null) known.delete(key)
    else known.set(key, { value, until: performance.now() + FRESH_MS })
    return value
  }
}
