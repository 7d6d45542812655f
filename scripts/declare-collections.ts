import { readdirSync } from 'node:fs'

const folder = new URL('../shared/store/', import.meta.url)

/** Loads every file of the store, so that all collections are declared: a new one needs no list to be kept. */
export async function declareCollections(): Promise<void> {
  const files = readdirSync(folder).filter(name => name.endsWith('.ts'))
  await Promise.all(files.map(name => import(new URL(name, folder).href)))
}
