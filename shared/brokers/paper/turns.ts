/** Runs work on one key one after another, in the order asked for, and work on different keys side by side. */
export type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** A queue a key, inside this process: workers of one account do not spoil each other's compare-and-set. */
export function turns(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work)
    const ended = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, ended)
    void ended.then(() => {
      if (last.get(key) === ended) last.delete(key)
    })
    return mine
  }
}
