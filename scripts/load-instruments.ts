import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { instrument } from '../shared/messages/instrument.ts'
import { baseEnvironment, readEnvironment } from '../shared/runtime/configuration.ts'
import { instruments } from '../shared/store/instruments.ts'
import { closeStores, openStore } from '../shared/store/open.ts'

const usage =
  'npm run load-instruments -- FILE.yaml|FILE.json   a list of instruments; those that are there already are replaced (MONGODB_URI)'

/** Puts a file of instruments into the symbol table; nothing is written where one of them is wrong. */
async function loadInstruments(file: string): Promise<number> {
  const parsed = z.array(instrument).safeParse(parse(readFileSync(file, 'utf8')))
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`)
  const store = openStore(readEnvironment(baseEnvironment, process.env))
  for (const each of parsed.data) await instruments.in(store).replaceOne({ instrument_id: each.instrument_id }, each, { upsert: true })
  return parsed.data.length
}

const file = process.argv[2]
if (file === undefined) {
  console.error(usage)
  process.exitCode = 2
} else {
  try {
    console.log(`${await loadInstruments(file)} instruments loaded.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
  await closeStores()
}
