import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Ends the process with how the command is called: 0 where that was asked for, 2 where it was called wrongly. */
export function showUsage(usage: string, fault?: string): never {
  if (fault === undefined) console.log(usage)
  else console.error(`${fault}\n\n${usage}`)
  process.exit(fault === undefined ? 0 : 2)
}

/** What stands on the command line. `--help` shows the usage, and so does what it does not know. */
export function readCommandLine<const C extends ParseArgsConfig>(usage: string, config: C): ReturnType<typeof parseArgs<C>> {
  if (process.argv.slice(2).includes('--help')) showUsage(usage)
  try {
    return parseArgs(config)
  } catch (error) {
    return showUsage(usage, (error as Error).message)
  }
}
